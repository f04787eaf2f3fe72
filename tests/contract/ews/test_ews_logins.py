"""Who gets into the fake of Exchange, and as whom."""

from datetime import timedelta

import certifi
import pytest
import requests
from exchangelib import BASIC, NTLM, OAUTH2, Configuration, Credentials, Identity, OAuth2Credentials
from exchangelib.errors import (
    ErrorImpersonateUserDenied,
    ErrorInvalidExchangeImpersonationHeaderData,
    ErrorNonExistentMailbox,
    UnauthorizedError,
)
from exchangelib.protocol import FailFast

from dispatching import JumpingClock
from ews_office import ANNA, BO, NOW, OLLE
from servers.ews_client import KNOWN, Client, TrustingAutodiscover, ews_client
from servers.ews_server import ACCOUNT, EwsServer, ews_server
from servers.ews_soap import MESSAGES, SOAP
from servers.organisation import Organisation


def test_impersonation_ends_where_its_scope_or_the_server_does(client: Client, server: EwsServer) -> None:
    with pytest.raises(ErrorNonExistentMailbox):
        client.open(OLLE).calendar.all().count()
    server.settings.scope = frozenset({BO})
    client.open(BO).calendar.all().count()
    with pytest.raises(ErrorImpersonateUserDenied):
        client.open(ANNA).calendar.all().count()
    assert [each.mailbox for each in server.requests][-1] == ANNA


def test_a_wrong_password_is_refused_and_counted(server: EwsServer) -> None:
    with ews_client(server, password="wrong") as client, pytest.raises(UnauthorizedError):
        client.open(BO).calendar.all().count()
    assert [(each.scheme, each.granted) for each in server.logins] == [("basic", False)]
    assert server.requests == []


def test_ntlm_logs_in_once_a_connection(organisation: Organisation) -> None:
    with ews_server(organisation, user="NORRSKEN\\hr-samtal") as server:
        with ews_client(server, auth_type=NTLM) as client:
            assert client.open(BO).calendar.all().count() == 0
        assert [(each.scheme, each.user, each.granted) for each in server.logins] == [
            ("ntlm", "NORRSKEN\\hr-samtal", True)
        ]
        with ews_client(server, auth_type=NTLM, password="wrong") as client, pytest.raises(UnauthorizedError):
            client.open(BO).calendar.all().count()
        assert [each.granted for each in server.logins] == [True, False]


def test_login_and_version_can_be_found_out(server: EwsServer) -> None:
    with ews_client(server, auth_type=None, version=None) as client:
        assert client.open(BO).calendar.all().count() == 0
        assert (client.protocol.auth_type, str(client.protocol.version.build)) == (NTLM, "15.1.2507.6")


class TokensOfTheFake(OAuth2Credentials):  # type: ignore[misc]  # exchangelib has no types
    url = ""

    @property
    def token_url(self) -> str:
        return self.url


def test_tokens_are_for_those_with_the_secret_and_end_by_the_clock(server: EwsServer, clock: JumpingClock) -> None:
    me = Identity(primary_smtp_address=ACCOUNT)
    gate = server.gate
    credentials = TokensOfTheFake(gate.client_id, gate.client_secret, tenant_id=gate.tenant, identity=me)
    credentials.url = f"{server.authority}/{gate.tenant}/oauth2/v2.0/token"
    with ews_client(server, credentials=credentials, auth_type=OAUTH2) as client:
        assert list(client.protocol.get_roomlists())
        clock.jump(gate.token_lifetime)
        with pytest.raises(UnauthorizedError):
            client.open(BO).calendar.all().count()
    schemes = [(each.scheme, each.granted) for each in server.logins]
    assert schemes[:3] == [("client_credentials", True), ("bearer", True), ("bearer", False)]


def test_an_application_has_no_mailbox_of_its_own(server: EwsServer) -> None:
    gate = server.gate
    credentials = TokensOfTheFake(gate.client_id, gate.client_secret, tenant_id=gate.tenant)
    credentials.url = f"{server.authority}/{gate.tenant}/oauth2/v2.0/token"
    with (
        ews_client(server, credentials=credentials, auth_type=OAUTH2) as client,
        pytest.raises(ErrorInvalidExchangeImpersonationHeaderData),
    ):
        list(client.protocol.get_roomlists())


def test_nobody_gets_in_who_does_not_trust_the_authority(server: EwsServer) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.post(server.endpoint, timeout=10, verify=certifi.where())
    assert server.requests == []


def test_autodiscover_tells_where_a_mailbox_is_served(server: EwsServer) -> None:
    config = Configuration(
        service_endpoint=server.autodiscover,
        credentials=Credentials(server.user, server.password),
        auth_type=BASIC,
        version=KNOWN,
        retry_policy=FailFast(),
    )
    protocol = TrustingAutodiscover(config=config)
    found, other = (protocol.get_user_settings(address, ["external_ews_url"]) for address in (BO, OLLE))
    protocol.close()
    assert found.user_settings["external_ews_url"] == server.endpoint
    assert other.error_code == "InvalidUser"


def test_the_end_of_the_password_is_told(server: EwsServer) -> None:
    server.settings.password_expires = NOW + timedelta(days=9)
    body = f'<m:GetPasswordExpirationDate xmlns:m="{MESSAGES}"/>'
    envelope = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(server.ca_file)
        told = session.post(server.endpoint, data=envelope, auth=(server.user, server.password), timeout=10)
    assert "<m:PasswordExpirationDate>2027-03-10T08:00:00Z<" in told.text
