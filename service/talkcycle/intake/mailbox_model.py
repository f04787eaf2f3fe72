"""The settings of Exchange on-premises, Exchange Online, and of who serves whose mailbox."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from talkcycle.domain.routes import Transport
from talkcycle.domain.service import ExchangeLogin
from talkcycle.intake.service_types import (
    AddressPattern,
    Connections,
    EwsEndpoint,
    Rate,
    Size,
    Span,
    Tenant,
    WebAddress,
)
from talkcycle.intake.setting_types import Day, Line, Section, required, setting

MOST_AT_ONCE = 4
"""Requests that Exchange Online serves at once in one mailbox.

https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
"""
Many = Annotated[int, Field(ge=1, le=1_000_000)]
GRAPH, AUTHORITY = "https://graph.microsoft.com/v1.0", "https://login.microsoftonline.com"
CLIENT = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"


class ExchangeVersion(StrEnum):
    """Versions of EWS that servers still in use speak (MS-OXWSCDATA, ExchangeVersionType).

    Exchange 2019 and Subscription Edition speak that of 2016.
    """

    EXCHANGE_2010_SP2 = "Exchange2010_SP2"
    EXCHANGE_2013 = "Exchange2013"
    EXCHANGE_2013_SP1 = "Exchange2013_SP1"
    EXCHANGE_2015 = "Exchange2015"
    EXCHANGE_2016 = "Exchange2016"


class ExchangeSection(Section):
    """Exchange on-premises (EWS)."""

    endpoint: EwsEndpoint = required(
        "Address of EWS, or autodiscover: looked up for the sender's address.",
        "https://mail.example.com/EWS/Exchange.asmx",
        "autodiscover",
    )
    login: ExchangeLogin = setting(ExchangeLogin.NTLM, "How the service logs in.", "ntlm", "basic", "oauth", shown="ntlm")
    user: Line | None = setting(None, "User to log in as, with ntlm and basic.", "EXAMPLE\\svc-talks")
    password_env: Line | None = setting(None, "Environment variable with the password.", "TALKCYCLE_EXCHANGE_PASSWORD")
    password_file: Line | None = setting(None, "File with the password.", "/run/secrets/exchange_password")
    client_id: Line | None = setting(None, "Id of the registered application, with oauth.", CLIENT)
    tenant: Tenant | None = setting(None, "Id or domain of its directory, with oauth.", TENANT)
    authority: WebAddress | None = setting(
        None, "Who gives tokens, with oauth. Default: Microsoft's.", "https://login.microsoftonline.com"
    )
    secret_env: Line | None = setting(None, "Environment variable with the application's secret, with oauth.", "SECRET")
    secret_file: Line | None = setting(None, "File with that secret.", "/run/secrets/exchange_secret")
    version: ExchangeVersion = setting(
        ExchangeVersion.EXCHANGE_2016,
        "What the server speaks; 2019 and Subscription Edition speak Exchange2016.",
        "Exchange2016",
        "Exchange2013_SP1",
        shown="Exchange2016",
    )
    ca_file: Line | None = setting(None, "Certificates (PEM) of your own authority. Default: the system's.", "ca.pem")
    timeout: Span = setting(timedelta(seconds=60), "How long to wait for the server's answer.", "60 s", shown="60 s")
    per_minute: Rate = setting(30, "Most messages a minute from one mailbox.", 30, shown=30)
    connections: Connections = setting(
        1, "Connections to the server at once; never more than one writes to a mailbox.", 1, shown=1
    )
    secret_expires: Day | None = setting(
        None, "Last day of the password or secret; `talkcycle doctor` warns before.", "2027-06-01"
    )


class GraphSection(Section):
    """Exchange Online (Microsoft Graph)."""

    tenant: Tenant = required("Id or domain of the directory.", TENANT, "example.onmicrosoft.com")
    client_id: Line = required("Id of the registered application.", CLIENT)
    secret_env: Line | None = setting(
        None, "Environment variable with the application's secret; or a certificate.", "TALKCYCLE_GRAPH_SECRET"
    )
    secret_file: Line | None = setting(None, "File with that secret.", "/run/secrets/graph_secret")
    certificate_file: Line | None = setting(
        None, "Certificate and private key (PEM), instead of a secret.", "/run/secrets/graph.pem"
    )
    certificate_password_env: Line | None = setting(
        None, "Environment variable with the private key's password. Default: it has none.", "TALKCYCLE_GRAPH_KEY"
    )
    certificate_password_file: Line | None = setting(None, "File with that password.", "/run/secrets/graph_key_password")
    endpoint: WebAddress = setting(
        GRAPH,
        "Address of Graph; another one in national clouds.",
        GRAPH,
        "https://graph.microsoft.us/v1.0",
        shown=GRAPH,
    )
    authority: WebAddress = setting(
        AUTHORITY,
        "Who gives tokens; another one in national clouds.",
        AUTHORITY,
        "https://login.microsoftonline.us",
        shown=AUTHORITY,
    )
    ca_file: Line | None = setting(None, "Certificates (PEM), where a proxy opens TLS. Default: the system's.", "ca.pem")
    timeout: Span = setting(timedelta(seconds=60), "How long to wait for the server's answer.", "60 s", shown="60 s")
    per_minute: Rate = setting(30, "Most messages a minute from one mailbox.", 30, shown=30)
    connections: Connections = setting(4, "Connections at once, over all mailboxes.", 4, shown=4)
    per_mailbox: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = setting(
        1, "Requests at once into one mailbox; Exchange Online takes four.", 1, shown=1
    )
    requests_per_10_minutes: Many = setting(10_000, "Most requests to one mailbox in ten minutes.", 10_000, shown=10_000)
    recipients_per_day: Many = setting(10_000, "Most recipients from one mailbox a day.", 10_000, shown=10_000)
    upload_per_5_minutes: Size = setting(
        150_000_000, "Most that goes up into one mailbox in five minutes.", "150 MB", shown="150 MB"
    )
    online_meetings: bool = setting(
        True, "Talks that are online get a Teams link, where the cycle names no other.", False, shown=True
    )
    secret_expires: Day | None = setting(
        None, "Last day of the secret or certificate; `talkcycle doctor` warns before.", "2027-06-01"
    )


class RouteSection(Section):
    """Who serves some mailboxes."""

    address: AddressPattern = required(
        "An address, or a pattern with * for anything.", "anna@example.com", "*@shop.example.com", "*"
    )
    by: Transport = required("smtp, exchange or graph.", "smtp")
