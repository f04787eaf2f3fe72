"""The fake of Exchange takes what the schemas allow and what it knows, and nothing else."""

import pytest
from exchangelib import Mailbox
from exchangelib.errors import ErrorSchemaValidation, SOAPError, TransportError
from exchangelib.services import GetUserOofSettings

from ews_office import BO
from servers.ews_client import ews_client
from servers.ews_schema import WHY_ABSENT, schemas_are_here
from servers.ews_server import Complaints, ews_server
from servers.organisation import Organisation


@pytest.mark.skipif(not schemas_are_here(), reason=WHY_ABSENT)
def test_a_request_that_violates_the_schema_is_refused_and_fails_the_test(organisation: Organisation) -> None:
    with (
        pytest.raises(Complaints, match="ResolveNames violates the schema"),
        ews_server(organisation) as server,
        ews_client(server) as client,
        pytest.raises(ErrorSchemaValidation, match="UnresolvedEntry"),
    ):
        client.protocol.resolve_names(["one", "two at once"])


def test_asking_what_the_fake_does_not_know_fails_the_test(organisation: Organisation) -> None:
    with (
        pytest.raises(Complaints, match="GetUserOofSettings"),
        ews_server(organisation) as server,
        ews_client(server) as client,
        pytest.raises((TransportError, SOAPError)),
    ):
        list(GetUserOofSettings(account=client.open(BO)).call(mailbox=Mailbox(email_address=BO)))
