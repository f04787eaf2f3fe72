"""Which mailboxes doctor looks at: a few of each kind and each transport, the same every time."""

from builders import a_cycle, a_person
from talkcycle.domain.people import Person
from talkcycle.domain.routes import RouteRule, Routing, Transport
from talkcycle.domain.wishes import SiteRoom
from talkcycle.rounds.doctor import sample_of, spread

SENDER, HR = "samtal@example.com", "hr@example.com"
ALL = frozenset(Transport)
SPLIT = Routing(
    sender=SENDER,
    rules=(
        RouteRule(address="*@shop.example.com", transport=Transport.SMTP),
        RouteRule(address="*@cloud.example.com", transport=Transport.GRAPH),
    ),
    otherwise=Transport.EXCHANGE,
    available=ALL,
)
BY_MAIL = Routing(sender=SENDER)


def people(*domains: str, each: int = 10) -> list[Person]:
    """In each of *domains* a manager ``boss`` and nine who report to them."""
    found = []
    for domain in domains:
        boss = f"boss-{domain}"
        found.append(a_person(boss, email=f"boss@{domain}", manager=None))
        found += [a_person(f"{number}-{domain}", email=f"{number}@{domain}", manager=boss) for number in range(1, each)]
    return found


def test_each_transport_looks_at_managers_and_employees_it_serves() -> None:
    everybody = people("example.com", "cloud.example.com", "shop.example.com")

    sample = sample_of(SPLIT, a_cycle(), everybody, few=2)

    assert sample.served == {
        Transport.SMTP: ("boss@shop.example.com", "1@shop.example.com", "5@shop.example.com"),
        Transport.EXCHANGE: (SENDER, "boss@example.com"),
        Transport.GRAPH: ("boss@cloud.example.com",),
    }
    assert sample.told == {
        Transport.SMTP: (),
        Transport.EXCHANGE: ("1@example.com", "5@example.com"),
        Transport.GRAPH: ("1@cloud.example.com", "5@cloud.example.com"),
    }


def test_where_mails_go_by_smtp_its_server_is_asked_about_everybody_in_the_sample() -> None:
    routing = Routing(
        sender=SENDER,
        rules=(RouteRule(address="*@cloud.example.com", transport=Transport.GRAPH),),
        available=frozenset({Transport.SMTP, Transport.GRAPH}),
    )

    sample = sample_of(routing, a_cycle(), people("example.com", "cloud.example.com", each=2), few=2)

    assert sample.served[Transport.SMTP] == (
        HR,
        SENDER,
        "boss@example.com",
        "1@example.com",
        "boss@cloud.example.com",
        "1@cloud.example.com",
    )
    assert sample.served[Transport.GRAPH] == ("boss@cloud.example.com",)
    assert sample.told == {Transport.SMTP: (), Transport.GRAPH: ("1@cloud.example.com",)}


def test_the_rosters_word_comes_before_the_rules() -> None:
    everybody = [a_person("anna", mailbox="graph"), a_person("bo", manager=None)]

    assert sample_of(SPLIT, a_cycle(), everybody, few=2).told[Transport.GRAPH] == ("anna@example.com",)
    named = sample_of(SPLIT, None, everybody, few=0, named=["ANNA@example.com"])
    assert named.told[Transport.GRAPH] == ("ANNA@example.com",)


def test_a_stranger_who_is_named_may_be_a_manager() -> None:
    assert sample_of(SPLIT, None, (), few=0, named=["new@cloud.example.com"]).served[Transport.GRAPH] == (
        "new@cloud.example.com",
    )


def test_rooms_are_looked_at_by_who_serves_them_and_never_mailed() -> None:
    rooms = tuple(SiteRoom(name=name, seats=4, address=f"{name}@cloud.example.com") for name in "abc")
    cycle = a_cycle(rooms={"lund": (*rooms, SiteRoom(name="without", seats=4))})
    routing = Routing(
        sender=SENDER,
        rules=(RouteRule(address="*@cloud.example.com", transport=Transport.GRAPH),),
        available=frozenset({Transport.SMTP, Transport.GRAPH}),
    )

    sample = sample_of(routing, cycle, (), few=2)

    assert sample.served == {Transport.SMTP: (HR, SENDER), Transport.GRAPH: ()}
    assert sample.told == {Transport.SMTP: (), Transport.GRAPH: ("a@cloud.example.com", "b@cloud.example.com")}


def test_without_hrs_files_only_the_sender_and_what_is_named_are_looked_at() -> None:
    sample = sample_of(BY_MAIL, None, (), few=2, named=["a@example.com"], outside=["ceo@example.com"])

    assert sample.served == {Transport.SMTP: (SENDER, "a@example.com")}
    assert sample.outside == ("ceo@example.com",)


def test_nobody_is_looked_at_twice_nor_without_a_mailbox_nor_when_left_out() -> None:
    everybody = [
        a_person("bo", manager=None, excluded="on leave"),
        a_person("anna", email=None),
        a_person("ceo", manager=None, excluded="no talk"),
    ]

    sample = sample_of(BY_MAIL, a_cycle(), everybody, few=3, named=["bo@example.com", SENDER])

    assert sample.served[Transport.SMTP] == (HR, SENDER, "bo@example.com")


def test_a_sample_is_spread_over_all_and_begins_with_the_first() -> None:
    assert spread(range(10), 3) == [0, 3, 6]
    assert spread(range(2), 3) == [0, 1]
    assert spread(range(10), 0) == []
