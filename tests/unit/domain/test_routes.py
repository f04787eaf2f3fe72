"""Which transport serves whose mailbox, and who keeps the entries of whose talks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkcycle.domain.routes import Route, RouteRule, Routing, Transport

SMTP, EXCHANGE, GRAPH = Transport.SMTP, Transport.EXCHANGE, Transport.GRAPH
SENDER = "talks@example.com"
RULES = (
    RouteRule(address="*@shop.example.com", transport=EXCHANGE),
    RouteRule(address="eva@example.com", transport=SMTP),
    RouteRule(address="*@example.com", transport=GRAPH),
    RouteRule(address="*@*.example.com", transport=SMTP),
)
ROUTING = Routing(sender=SENDER, rules=RULES, available=frozenset(Transport))


@pytest.mark.parametrize(
    ("address", "transport"),
    [
        ("anna@shop.example.com", EXCHANGE),
        ("eva@example.com", SMTP),
        ("anna@example.com", GRAPH),
        ("anna@plant.example.com", SMTP),
        ("anna@elsewhere.example", SMTP),
        ("anna@shop.example.com.evil.example", SMTP),
    ],
)
def test_the_first_rule_that_fits_counts_and_else_the_default(address: str, transport: Transport) -> None:
    assert ROUTING.serving(address) is transport


def test_what_fits_no_rule_goes_where_it_says() -> None:
    routing = Routing(sender=SENDER, rules=RULES[:1], otherwise=GRAPH, available=frozenset(Transport))
    assert routing.serving("anna@elsewhere.example") is GRAPH


@pytest.mark.parametrize("address", ["ANNA@SHOP.EXAMPLE.COM", "Åsa@Shop.Example.com", "straße@shop.example.COM"])
def test_case_does_not_matter_in_addresses(address: str) -> None:
    assert ROUTING.serving(address) is EXCHANGE


def test_case_does_not_matter_in_rules() -> None:
    routing = Routing(sender=SENDER, rules=(RouteRule(address="ÅSA@Example.COM", transport=GRAPH),))
    assert routing.serving("åsa@example.com") is GRAPH


@given(
    st.lists(st.tuples(st.sampled_from(["*", "a*", "*@example.com", "anna@*"]), st.sampled_from(Transport)), max_size=4),
    st.sampled_from(Transport),
)
def test_a_rule_behind_one_that_fits_everybody_changes_nothing(
    more: list[tuple[str, Transport]], transport: Transport
) -> None:
    rules = (RouteRule(address="*", transport=transport), *(RouteRule(address=a, transport=t) for a, t in more))
    assert Routing(sender=SENDER, rules=rules).serving("anna@example.com") is transport


def test_the_rosters_word_comes_before_the_rules() -> None:
    assert ROUTING.serving("anna@example.com", "exchange") is EXCHANGE
    assert ROUTING.serving("anna@shop.example.com", "smtp") is SMTP


def test_the_rosters_word_does_not_count_where_that_transport_is_not_configured() -> None:
    routing = Routing(sender=SENDER, rules=RULES, available=frozenset({SMTP, GRAPH}))
    assert routing.serving("anna@example.com", "exchange") is GRAPH


def test_mails_go_by_the_transport_that_serves_the_service_itself() -> None:
    assert ROUTING.mail is GRAPH
    assert Routing(sender="talks@shop.example.com", rules=RULES).mail is EXCHANGE
    assert Routing(sender="talks@elsewhere.example").mail is SMTP


def test_a_host_whose_server_keeps_calendars_organizes_in_their_own() -> None:
    assert ROUTING.hosting("Bo@shop.example.com") == Route(transport=EXCHANGE, organizer="Bo@shop.example.com")
    assert ROUTING.hosting("bo@example.com") == Route(transport=GRAPH, organizer="bo@example.com")
    assert ROUTING.hosting("bo@elsewhere.example", "graph") == Route(transport=GRAPH, organizer="bo@elsewhere.example")


@pytest.mark.parametrize("email", [None, "bo@elsewhere.example"], ids=["without a mailbox", "reached by mail"])
def test_for_any_other_host_the_service_organizes_by_mail(email: str | None) -> None:
    assert ROUTING.hosting(email) == Route(transport=SMTP, organizer=SENDER)
    assert ROUTING.hosting(email, "smtp") == Route(transport=SMTP, organizer=SENDER)


@pytest.mark.parametrize("email", [None, "bo@elsewhere.example"], ids=["without a mailbox", "reached by mail"])
def test_without_smtp_the_service_organizes_in_its_own_calendar(email: str | None) -> None:
    routing = Routing(sender=SENDER, rules=RULES, available=frozenset({EXCHANGE, GRAPH}))
    assert routing.hosting(email) == Route(transport=GRAPH, organizer=SENDER)


def test_the_rosters_word_about_a_host_without_a_mailbox_says_nothing() -> None:
    assert ROUTING.hosting(None, "graph") == Route(transport=SMTP, organizer=SENDER)


@pytest.mark.parametrize(("transport", "keeps"), [(SMTP, False), (EXCHANGE, True), (GRAPH, True)])
def test_only_mail_servers_with_calendars_keep_them(transport: Transport, *, keeps: bool) -> None:
    assert transport.keeps_calendars is keeps
