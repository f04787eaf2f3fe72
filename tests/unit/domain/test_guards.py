from builders import a_person
from talkcycle.domain.cycle import Guards
from talkcycle.domain.guards import roster_faults
from talkcycle.domain.people import Roster

GUARDS = Guards(roster_shrinks=0.1, managers_change=0.2)


def a_roster(managers: dict[str, str | None]) -> Roster:
    return Roster(version="any", people=tuple(a_person(id_, manager=manager) for id_, manager in managers.items()))


def twenty(manager: str = "boss", first: int = 0) -> dict[str, str | None]:
    return {f"p{number}": manager for number in range(first, 20)}


def test_the_first_roster_has_nothing_to_be_compared_with() -> None:
    assert roster_faults(None, a_roster(twenty()), GUARDS) == ()
    assert roster_faults(a_roster({}), a_roster(twenty()), GUARDS) == ()


def test_the_same_roster_passes() -> None:
    assert roster_faults(a_roster(twenty()), a_roster(twenty()), GUARDS) == ()


def test_newcomers_alone_pass() -> None:
    assert roster_faults(a_roster(twenty(first=10)), a_roster(twenty()), GUARDS) == ()


def test_a_share_at_the_threshold_passes() -> None:
    after = twenty(first=2) | {"p2": "other", "p3": "other", "p4": "other"}
    assert roster_faults(a_roster(twenty()), a_roster(after), GUARDS) == ()


def test_a_roster_that_lost_many_people_stops_the_round() -> None:
    assert roster_faults(a_roster(twenty()), a_roster(twenty(first=3)), GUARDS) == (
        "3 of 20 people of the last round's roster are not in this one (p0, p1, p2).",
    )


def test_people_who_are_gone_count_even_if_as_many_came() -> None:
    strangers: dict[str, str | None] = {f"q{number}": "boss" for number in range(20)}
    assert roster_faults(a_roster(twenty()), a_roster(strangers), GUARDS) == (
        "20 of 20 people of the last round's roster are not in this one (p0, p1, p2, p3, p4 and 15 more).",
    )


def test_an_empty_roster_stops_the_round() -> None:
    assert roster_faults(a_roster({"p0": None}), a_roster({}), GUARDS) == (
        "1 of 1 people of the last round's roster are not in this one (p0).",
    )


def test_many_changed_managers_stop_the_round() -> None:
    after = twenty() | dict.fromkeys(["p0", "p1", "p2", "p3"], "other") | {"p4": None}
    assert roster_faults(a_roster(twenty()), a_roster(after), GUARDS) == (
        "5 of 20 people have another manager than in the last round (p0, p1, p2, p3, p4).",
    )


def test_changed_managers_are_a_share_of_those_who_stayed() -> None:
    after = twenty(first=2) | dict.fromkeys(["p2", "p3", "p4", "p5"], "other")
    assert roster_faults(a_roster(twenty()), a_roster(after), GUARDS) == (
        "4 of 18 people have another manager than in the last round (p2, p3, p4, p5).",
    )


def test_both_are_said_at_once() -> None:
    after = twenty(manager="other", first=10)
    assert roster_faults(a_roster(twenty()), a_roster(after), GUARDS) == (
        "10 of 20 people of the last round's roster are not in this one (p0, p1, p2, p3, p4 and 5 more).",
        "10 of 10 people have another manager than in the last round (p10, p11, p12, p13, p14 and 5 more).",
    )


def test_no_sentence_carries_a_name() -> None:
    before = Roster(version="1", people=(a_person("p1", name="Unmistakable Name"),))
    assert roster_faults(before, a_roster({}), GUARDS) == (
        "1 of 1 people of the last round's roster are not in this one (p1).",
    )
