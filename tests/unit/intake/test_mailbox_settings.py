"""Exchange, Graph and routes in service.yaml: what they mean, and every fault they can have."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.routes import Route, RouteRule, Transport
from talkcycle.domain.service import ExchangeLogin, ExchangeSettings, GraphSettings, Limits, ServiceSettings
from talkcycle.intake.service_file import read_service

SENDER = "sender: talks@example.com\n"
SMTP = "smtp: {host: smtp.example.com}\n"
EXCHANGE = "exchange: {endpoint: https://mail.example.com/EWS/Exchange.asmx, user: EX\\talks, password_env: SET}\n"
GRAPH = "graph: {tenant: example.onmicrosoft.com, client_id: app, secret_env: SET}\n"


def read(folder: Path, text: str, *, with_secrets: bool = True, **env: str) -> ServiceSettings:
    path = folder / "service.yaml"
    path.write_text(SENDER + text, encoding="utf-8")
    return read_service(path, env, with_secrets=with_secrets)


def test_exchange_alone_needs_an_endpoint_and_a_login(tmp_path: Path) -> None:
    settings = read(tmp_path, EXCHANGE, SET="hunter2")
    assert settings.smtp is None
    assert settings.exchange == ExchangeSettings(
        endpoint="https://mail.example.com/EWS/Exchange.asmx", user="EX\\talks", secret="hunter2"
    )
    assert settings.routing.available == {Transport.EXCHANGE}
    assert settings.routing.mail is Transport.EXCHANGE
    assert "hunter2" not in repr(settings)


def test_graph_alone_needs_an_application(tmp_path: Path) -> None:
    settings = read(tmp_path, GRAPH, SET="hunter2")
    assert settings.graph == GraphSettings(tenant="example.onmicrosoft.com", client_id="app", secret="hunter2")
    assert settings.routing.serving("anna@example.com") is Transport.GRAPH
    assert "hunter2" not in repr(settings)


def test_every_setting_of_exchange_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "password").write_text("hunter2\n", encoding="utf-8")
    settings = read(
        tmp_path,
        """
exchange:
  endpoint: Autodiscover
  login: basic
  user: talks@example.com
  password_file: password
  version: Exchange2013_SP1
  ca_file: ca.pem
  timeout: 2 min
  per_minute: no limit
  connections: 3
  secret_expires: 2027-06-01
""",
    )
    assert settings.exchange == ExchangeSettings(
        endpoint=None,
        login=ExchangeLogin.BASIC,
        user="talks@example.com",
        secret="hunter2",
        version="Exchange2013_SP1",
        ca_file=tmp_path / "ca.pem",
        timeout=timedelta(minutes=2),
        secret_expires=date(2027, 6, 1),
        limits=Limits(per_minute=None, connections=3, per_mailbox=1),
    )


def test_exchange_takes_an_application_instead_of_a_user(tmp_path: Path) -> None:
    text = """
exchange:
  endpoint: https://mail.example.com/EWS/Exchange.asmx
  login: oauth
  client_id: app
  tenant: 0f8fad5b-d9cb-469f-a165-70867728950e
  authority: https://login.partner.microsoftonline.cn/
  secret_env: SET
"""
    assert read(tmp_path, text, SET="hunter2").exchange == ExchangeSettings(
        endpoint="https://mail.example.com/EWS/Exchange.asmx",
        login=ExchangeLogin.OAUTH,
        secret="hunter2",
        client_id="app",
        tenant="0f8fad5b-d9cb-469f-a165-70867728950e",
        authority="https://login.partner.microsoftonline.cn",
    )


def test_every_setting_of_graph_can_be_written(tmp_path: Path) -> None:
    for name in ("graph.pem", "ca.pem"):
        (tmp_path / name).touch()
    settings = read(
        tmp_path,
        """
graph:
  tenant: example.com
  client_id: app
  certificate_file: graph.pem
  certificate_password_env: SET
  endpoint: https://graph.microsoft.us/v1.0/
  authority: https://login.microsoftonline.us
  ca_file: ca.pem
  timeout: 30
  per_minute: 20
  connections: 8
  per_mailbox: 4
  requests_per_10_minutes: 5000
  recipients_per_day: 2000
  upload_per_5_minutes: 50 MB
  online_meetings: no
  secret_expires: 2027-06-01
""",
        SET="hunter2",
    )
    assert settings.graph == GraphSettings(
        tenant="example.com",
        client_id="app",
        certificate=tmp_path / "graph.pem",
        certificate_password="hunter2",
        endpoint="https://graph.microsoft.us/v1.0",
        authority="https://login.microsoftonline.us",
        ca_file=tmp_path / "ca.pem",
        timeout=timedelta(seconds=30),
        requests_per_10_minutes=5000,
        recipients_per_day=2000,
        upload_bytes_per_5_minutes=50_000_000,
        online_meetings=False,
        secret_expires=date(2027, 6, 1),
        limits=Limits(per_minute=20, connections=8, per_mailbox=4),
    )


def test_a_server_on_this_machine_may_be_reached_without_tls(tmp_path: Path) -> None:
    text = EXCHANGE.replace("https://mail.example.com", "http://127.0.0.1:8080")
    settings = read(tmp_path, text, SET="x")
    assert settings.exchange is not None
    assert settings.exchange.endpoint == "http://127.0.0.1:8080/EWS/Exchange.asmx"


def test_who_rehearses_needs_neither_secrets_nor_certificates(tmp_path: Path) -> None:
    text = GRAPH.replace("secret_env: SET", "certificate_file: gone.pem, certificate_password_env: UNSET")
    settings = read(tmp_path, text + EXCHANGE.replace("SET", "UNSET") + SMTP, with_secrets=False)
    assert settings.graph is not None
    assert settings.exchange is not None
    assert (settings.graph.certificate, settings.graph.certificate_password, settings.exchange.secret) == (None,) * 3


def test_the_first_rule_that_fits_serves_a_mailbox_and_the_roster_comes_before(tmp_path: Path) -> None:
    rules = 'routes:\n  - {address: "*@shop.example.com", by: smtp}\n  - {address: "*@Example.com", by: exchange}\n'
    settings = read(tmp_path, SMTP + EXCHANGE + GRAPH + rules, SET="x")
    assert settings.routes == (
        RouteRule(address="*@shop.example.com", transport=Transport.SMTP),
        RouteRule(address="*@Example.com", transport=Transport.EXCHANGE),
    )
    routing = settings.routing
    assert routing.serving("bo@shop.example.com") is Transport.SMTP
    assert routing.serving("bo@example.com") is Transport.EXCHANGE
    assert routing.serving("bo@elsewhere.example") is Transport.SMTP
    assert routing.hosting("bo@shop.example.com", "graph") == Route(
        transport=Transport.GRAPH, organizer="bo@shop.example.com"
    )


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        (EXCHANGE, Transport.EXCHANGE),
        (GRAPH, Transport.GRAPH),
        (SMTP, Transport.SMTP),
        (SMTP + GRAPH, Transport.SMTP),
        (EXCHANGE + GRAPH + 'routes: [{address: "*", by: graph}]\n', Transport.GRAPH),
    ],
)
def test_without_a_rule_the_only_one_serves_or_else_smtp(tmp_path: Path, text: str, transport: Transport) -> None:
    assert read(tmp_path, text, SET="x").routing.serving("anna@example.com") is transport


FAULTS = [
    pytest.param(
        "exchange: {}\ngraph: {}\n",
        [
            (
                ":2: exchange.endpoint is missing. "
                "Write for example `endpoint: https://mail.example.com/EWS/Exchange.asmx`."
            ),
            (":2: exchange.user is missing: ntlm logs in with a user. Write for example `user: EXAMPLE\\svc-talks`."),
            ":3: graph has neither a certificate nor a secret. Write certificate_file, secret_env or secret_file.",
            ":3: graph.client_id is missing. Write for example `client_id: 3f2504e0-4f89-41d3-9a0c-0305e82c3301`.",
            ":3: graph.tenant is missing. Write for example `tenant: 0f8fad5b-d9cb-469f-a165-70867728950e`.",
            (
                ": routes nothing says whether exchange or graph serves a mailbox that fits no rule. "
                'Write below `routes:` `- {address: "*", by: exchange}`.'
            ),
        ],
        id="sections without anything in them",
    ),
    pytest.param(
        "exchange: yes\ngraph:\nsmtp: {host: h.example.com}\n",
        [
            ":2: exchange must be a group of settings. Write them below it, indented.",
            ":3: graph has no value. Write one, or take the line away: then the default holds.",
        ],
        id="sections that are none",
    ),
    pytest.param(
        EXCHANGE.replace("password_env: SET", "password: hunter2")
        + GRAPH.replace("secret_env: SET", "client_secret: hunter2, certificate_password: hunter2")
        + SMTP,
        [
            (
                ":2: exchange.password a secret does not belong in this file. Take it away, and name an environment "
                "variable (password_env) or a file (password_file) that has it."
            ),
            (
                ":3: graph.certificate_password a secret does not belong in this file. Take it away, and name an "
                "environment variable (certificate_password_env) or a file (certificate_password_file) that has it."
            ),
            (
                ":3: graph.client_secret a secret does not belong in this file. Take it away, and name an environment "
                "variable (secret_env) or a file (secret_file) that has it."
            ),
        ],
        id="secrets in the file",
    ),
    pytest.param(
        EXCHANGE.replace("mail.example", "u:hunter2@mail.example")
        + GRAPH.replace("client_id", "endpoint: http://graph.example.com/v1.0, authority: login.example.com, client_id")
        + SMTP,
        [
            ":2: exchange.endpoint a password does not belong in this file. Take away what stands before the @.",
            ':3: graph.authority "login.example.com" is not the address of a server. Write it from https:// on.',
            (":3: graph.endpoint everything, secrets too, would cross the network unencrypted. Write https:// instead."),
        ],
        id="servers that must not be talked to like this",
    ),
    pytest.param(
        "exchange:\n  endpoint: https://mail.example.com/EWS/Exchange.asmx?x=1\n  user: EX\\talks\n"
        "  tenant: example.com\n  secret_env: SET\n  version: Exchange2019\n  ca_file: gone.pem\n"
        "  connections: 0\n  secret_expires: soon\n",
        [
            (
                ':3: exchange.endpoint "https://mail.example.com/EWS/Exchange.asmx?x=1" has more than a path. '
                "Take away what begins with ? or #."
            ),
            ":4: exchange.user there is no password for this user. Write password_env or password_file.",
            ":5: exchange.tenant is of no use with ntlm. Take it away, or write `login: oauth`.",
            ":6: exchange.secret_env is of no use with ntlm. Take it away, or write `login: oauth`.",
            ':7: exchange.version "Exchange2019" is not one of the choices. Did you mean "Exchange2016"?',
            ':8: exchange.ca_file "gone.pem" is not a file that is there. Check the path; it is counted from this file.',
            ':9: exchange.connections "0" is too little. The least is 1.',
            ':10: exchange.secret_expires "soon" is not a date. Write it as 2027-03-01.',
        ],
        id="several in exchange",
    ),
    pytest.param(
        "exchange:\n  endpoint: autodiscover\n  login: oauth\n  user: u\n  client_id: app\n",
        [
            (
                ":2: exchange.tenant is missing: oauth logs in with the directory's id. "
                "Write for example `tenant: 0f8fad5b-d9cb-469f-a165-70867728950e`."
            ),
            ":5: exchange.user is of no use with oauth. Take it away, or write `login: ntlm`.",
            ":6: exchange.client_id there is no secret for this application. Write secret_env or secret_file.",
        ],
        id="an application without what it needs",
    ),
    pytest.param(
        GRAPH.replace("secret_env: SET", "secret_env: SET, certificate_file: gone.pem"),
        [
            (
                ":2: graph.certificate_file there is a secret as well. "
                "Keep it and take secret_env away, or the other way round."
            ),
        ],
        id="a secret and a certificate",
    ),
    pytest.param(
        "graph:\n  tenant: common\n  client_id: app\n  certificate_file: gone.pem\n  per_mailbox: 4\n"
        "  connections: 2\n  upload_per_5_minutes: 1 MB\n",
        [
            ":3: graph.tenant \"common\" is nobody's own tenant. Write your organisation's: its id, or example.com.",
            (
                ':5: graph.certificate_file "gone.pem" is not a file that is there. '
                "Check the path; it is counted from this file."
            ),
            ":6: graph.per_mailbox is more than all connections together. Write 2 at most, or more connections.",
            (
                ":8: graph.upload_per_5_minutes one message's files could never go up. "
                "Write more, or less for `attachment_limit`."
            ),
        ],
        id="several in graph",
    ),
    pytest.param(
        GRAPH.replace("SET", "UNSET, certificate_password_env: SET"),
        [
            (
                ":2: graph.certificate_password_env there is no certificate for this password. "
                "Write certificate_file, or take this away."
            ),
            (
                ':2: graph.secret_env the environment has no "UNSET". '
                "Set it where the service is started, or check its name."
            ),
        ],
        id="a password without a certificate",
    ),
    pytest.param(
        SMTP + EXCHANGE + 'routes:\n  - {address: "*@a.example", by: graph}\n  - {address: shop.example.com, by: stmp}\n'
        '  - {address: "*@*.example", by: smtp}\n  - {address: "bo@B.example", by: exchange}\n'
        '  - {address: "*", by: exchange}\n  - {address: "?@c.com", by: smtp}\n  - {by: smtp}\n',
        [
            (
                ':5: routes[1].by "graph" is not configured in this file. '
                "Write a section `graph:`, or smtp or exchange here."
            ),
            (
                ':6: routes[2].address "shop.example.com" is not a pattern of addresses. '
                'Write "*@example.com", one whole address, or "*" for all; * stands for anything.'
            ),
            ':6: routes[2].by "stmp" is not one of the choices. Did you mean "smtp"?',
            (
                ':8: routes[4].address is never reached: "*@*.example" comes first. '
                "Put the narrower rule first, or take this one away."
            ),
            (
                ':10: routes[6].address is never reached: "*" comes first. '
                "Put the narrower rule first, or take this one away."
            ),
            ":11: routes[7].address is missing. Write for example `address: anna@example.com`.",
        ],
        id="rules that cannot be followed",
    ),
    pytest.param(
        EXCHANGE + GRAPH + 'routes:\n  - {address: "*@a.example", by: graph}\n',
        [
            (
                ":4: routes nothing says whether exchange or graph serves a mailbox that fits no rule. "
                'End with `- {address: "*", by: exchange}`.'
            )
        ],
        id="mailboxes that no rule takes",
    ),
    pytest.param(
        SMTP + "routes: {address: x, by: smtp}\n",
        [
            (
                ":3: routes must be a list of rules. "
                'Write each on a line of its own, such as `- {address: "*@shop.example.com", by: smtp}`.'
            )
        ],
        id="rules that are no list",
    ),
]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_fault_is_located_and_says_how_to_mend_it(tmp_path: Path, text: str, expected: list[str]) -> None:
    with pytest.raises(FaultyInput) as raised:
        read(tmp_path, text, SET="x")
    found = [str(fault).removeprefix(f"{tmp_path}/service.yaml") for fault in raised.value.faults]
    assert sorted(found) == sorted(expected)
    assert "hunter2" not in str(raised.value)
