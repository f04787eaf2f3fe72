"""Where the server is, when service.yaml does not say: Autodiscover over SOAP (MS-OXWSADISC).

exchangelib's own search has its own trust, sends the password to whatever answers at the sender's domain, and goes on to
SRV records and redirects. Here two addresses are tried, and a password goes only where one is asked for.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import requests
from exchangelib.errors import EWSError
from exchangelib.services import GetUserSettings

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.service import ExchangeSettings
from talkcycle.transports.exchange.line import UNAUTHORIZED, Refusal, open_line
from talkcycle.transports.exchange.pauses import MISCONFIGURED_PAUSE
from talkcycle.transports.exchange.sign_in import Gate
from talkcycle.transports.exchange.tls import tls_context, verified_session

PATH = "/autodiscover/autodiscover.svc"
WANTED = ("external_ews_url", "internal_ews_url")
"""The outer one holds everywhere; some organisations have none."""
GIVE_IT = (
    "give exchange.endpoint in service.yaml (Get-WebServicesVirtualDirectory | Format-List InternalUrl, ExternalUrl)"
)


def discovered(
    settings: ExchangeSettings,
    sender: str,
    *,
    gate: Gate,
    now: Callable[[], datetime],
    places: Iterable[str] | None = None,
) -> str:
    """The endpoint that serves *sender*.

    Args:
        places: Addresses to ask; None: those of the sender's domain.

    Raises:
        TransientDeliveryError: Connection-wide: none is found, or the login was refused.
    """
    for place in _usual(sender) if places is None else places:
        if _asks_for_a_login(settings, place):
            line = open_line(settings, place, sender=sender, gate=gate, now=now)
            try:
                (user,) = list(GetUserSettings(protocol=line).call(users=[sender], settings=WANTED))
            except (EWSError, requests.RequestException, Refusal, ValueError):
                continue
            finally:
                line.close()
            told = user.user_settings or {}
            endpoint = next((told[name] for name in WANTED if str(told.get(name)).startswith("https://")), None)
            if endpoint:
                return str(endpoint)
    what = f"the address of Exchange Web Services was not found; {GIVE_IT}"
    raise TransientDeliveryError(what, retry_after=MISCONFIGURED_PAUSE, connection_wide=True)


def _usual(sender: str) -> tuple[str, ...]:
    domain = sender.rpartition("@")[2]
    return f"https://autodiscover.{domain}{PATH}", f"https://{domain}{PATH}"


def _asks_for_a_login(settings: ExchangeSettings, place: str) -> bool:
    try:
        with verified_session(place, tls_context(settings.ca_file)) as session:
            answer = session.post(place, timeout=settings.timeout.total_seconds(), allow_redirects=False)
    except (requests.RequestException, OSError):
        return False
    return answer.status_code == UNAUTHORIZED
