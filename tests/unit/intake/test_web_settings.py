"""The section ``web`` of service.yaml: what it means, and every fault it can have."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.service import WebSettings
from talkcycle.intake.service_file import read_service

ROOT = Path(__file__).parents[3]
LEAST = "smtp: {host: smtp.example.com}\nsender: talks@example.com\n"


def web(folder: Path, text: str) -> WebSettings | None:
    path = folder / "service.yaml"
    path.write_text(LEAST + text, encoding="utf-8")
    return read_service(path, {}).web


def test_without_the_section_there_are_no_pages(tmp_path: Path) -> None:
    assert web(tmp_path, "") is None


def test_an_address_is_enough(tmp_path: Path) -> None:
    assert web(tmp_path, "web: {url: https://talks.example.com/}") == WebSettings(url="https://talks.example.com")


def test_every_setting_can_be_written(tmp_path: Path) -> None:
    text = 'web: {url: https://talks.example.com/samtal, listen: "[::1]:9000", proxies: [10.1.2.3, 10.2.0.0/16]}'

    assert web(tmp_path, text) == WebSettings(
        url="https://talks.example.com/samtal", host="::1", port=9000, proxies=("10.1.2.3", "10.2.0.0/16")
    )


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [("8081", "127.0.0.1", 8081), ("0.0.0.0:80", "0.0.0.0", 80), ("localhost:1", "localhost", 1)],
)
def test_it_listens_where_it_is_told(tmp_path: Path, written: str, host: str, port: int) -> None:
    found = web(tmp_path, f"web: {{url: http://localhost:8080, listen: '{written}', proxies: 10.1.2.3}}")

    assert found == WebSettings(url="http://localhost:8080", host=host, port=port, proxies=("10.1.2.3",))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("web: {listen: 127.0.0.1:8080}", 3, "is missing. Write for example `url: https://talks.example.com`."),
        ("web:\n  url: http://talks.example.com", 4, "would cross the network unencrypted. Write https:// instead."),
        ("web:\n  url: https://talks.example.com?x=1", 4, "has more than a path."),
        ("web:\n  url: https://hr:secret@talks.example.com", 4, "a password does not belong in this file."),
        ("web:\n  url: talks.example.com", 4, '"talks.example.com" is not the address of a server.'),
        ("web:\n  url: https://t.example\n  listen: 127.0.0.1", 5, '"127.0.0.1" is no place to listen at.'),
        ("web:\n  url: https://t.example\n  listen: 127.0.0.1:99999", 5, "is no place to listen at."),
        ("web:\n  url: https://t.example\n  listen: everywhere:80", 5, '"everywhere" is no address of this machine.'),
        ("web:\n  url: https://t.example\n  proxies: [proxy]", 5, '"proxy" is neither an address nor a network.'),
        ("web:\n  url: https://t.example\n  proxies: 0.0.0.0/0", 5, "anybody could say where they come from."),
        ("web:\n  url: https://t.example\n  port: 80", 5, '"port" is not a setting.'),
        ("web: yes", 3, "must be a group of settings."),
    ],
)
def test_each_fault_says_where_it_is_and_how_to_mend_it(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(FaultyInput) as found:
        web(tmp_path, text)

    (fault,) = found.value.faults
    assert fault.line == line
    assert said in str(fault)


def test_the_guides_container_listens_where_its_files_publish_it_and_believes_the_host_alone(tmp_path: Path) -> None:
    compose = YAML(typ="safe").load(ROOT / "compose.yaml")
    guide = (ROOT / "docs" / "it.md").read_text(encoding="utf-8")
    [settings] = [each for each in re.findall(r"```yaml\n(web:.*?)```", guide, re.DOTALL) if "0.0.0.0" in each]
    found = web(tmp_path, settings)
    assert found is not None

    assert compose["services"]["talkcycle"]["ports"] == [f"127.0.0.1:8080:{found.port}"]
    assert f"\nEXPOSE {found.port}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:proxy_pass http://|reverse_proxy )(\S+?);?\n", guide)) == {"127.0.0.1:8080"}
    [network] = compose["networks"]["default"]["ipam"]["config"]
    assert found.proxies == (network["gateway"],)
    assert f"same network: [{ip_network(network['subnet'])}]" in guide
    assert f"web: listen: 0.0.0.0:{found.port}, proxies: [{network['gateway']}]" in (ROOT / "compose.yaml").read_text()
