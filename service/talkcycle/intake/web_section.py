"""The section ``web`` of service.yaml: where the pages are, and who stands before them."""

from ipaddress import ip_address, ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from talkcycle.domain.service import WebSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.service_types import WebAddress
from talkcycle.intake.setting_types import Section, required, setting
from talkcycle.intake.unusable import Unusable, quoted

DEFAULT = WebSettings(url="")


def _listen(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if not host and text.isdecimal() else host
    mend = "Write an address of this machine and a port, such as 127.0.0.1:8080, or [::1]:8080."
    if not (port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65_535):
        raise Unusable(f"{quoted(value)} is no place to listen at.", mend)
    try:
        if host != "localhost":
            ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise Unusable(f"{quoted(host)} is no address of this machine.", mend) from None
    return f"{host}:{port}"


def _proxy(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        mend = "Write 10.1.2.3, or 10.1.2.0/24."
        raise Unusable(f"{quoted(value)} is neither an address nor a network.", mend) from None
    if network.prefixlen == 0:
        raise Unusable("anybody could say where they come from.", "Name your proxies alone.")
    return text


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_STRING = {"type": "string"}

Listen = Annotated[str, BeforeValidator(_listen), WithJsonSchema(_STRING)]
Proxies = Annotated[
    list[Annotated[str, BeforeValidator(_proxy)]],
    BeforeValidator(_listed),
    Field(max_length=50),
    WithJsonSchema({"anyOf": [_STRING, {"type": "array", "items": _STRING}]}),
]


class WebSection(Section):
    """Pages for employees and managers, which a proxy of yours shows to the world with TLS."""

    url: WebAddress = required("What links begin with; a path is the pages' own.", "https://talks.example.com")
    listen: Listen = setting(
        f"{DEFAULT.host}:{DEFAULT.port}",
        "Where the service listens. Default: 127.0.0.1:8080.",
        "127.0.0.1:8080",
        shown="127.0.0.1:8080",
    )
    proxies: Proxies = setting(
        list(DEFAULT.proxies),
        "Whose X-Forwarded-For is believed: addresses or networks. Default: this machine's.",
        ["10.1.2.3"],
    )


def web_settings(section: WebSection, findings: Findings) -> WebSettings | None:
    """Where the pages are; None when something in *section* is wrong."""
    if not findings.sound(("web",)):
        return None
    host, _, port = section.listen.rpartition(":")
    return WebSettings(
        url=section.url,
        host=host.removeprefix("[").removesuffix("]"),
        port=int(port),
        proxies=tuple(section.proxies),
    )
