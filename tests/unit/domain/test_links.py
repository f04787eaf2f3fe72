"""Until when a link opens its page."""

from datetime import date, timedelta

from builders import a_cycle, a_round, a_talk, at
from talkcycle.domain.cycle import Window
from talkcycle.domain.links import Link, Purpose, link_ends

CYCLE = a_cycle(window=Window(first=date(2027, 3, 1), last=date(2027, 3, 31)))
ROUND = a_round(cycle=CYCLE)
OWN = Link(round=ROUND.id, person="anna", purpose=Purpose.TALK, talk="anna")
HOSTED = Link(round=ROUND.id, person="bo", purpose=Purpose.TALKS)


def test_the_page_of_a_talk_opens_until_two_weeks_after_the_window() -> None:
    midnight_in_stockholm = at(2027, 4, 14, 22)

    assert link_ends(OWN, ROUND, a_talk()) == midnight_in_stockholm
    assert link_ends(OWN, ROUND, a_talk(start=None)) == midnight_in_stockholm


def test_of_a_talk_after_the_window_until_two_weeks_after_the_talk() -> None:
    late = a_talk(start=at(2027, 4, 7, 9))

    assert link_ends(OWN, ROUND, late) == link_ends(OWN, ROUND, a_talk()) + timedelta(days=7)


def test_the_page_of_a_manager_opens_as_long_as_anything_is_sent() -> None:
    assert link_ends(HOSTED, ROUND, None) == at(2027, 5, 14, 22)


def test_so_do_pages_of_what_was_agreed_and_until_two_weeks_after_the_last_day_of_it() -> None:
    follow_up = Link(round=ROUND.id, person="anna", purpose=Purpose.FOLLOW_UP, talk="anna")
    actions = Link(round=ROUND.id, person="anna", purpose=Purpose.ACTIONS)

    for link in (follow_up, actions, HOSTED):
        assert link_ends(link, ROUND, None) == at(2027, 5, 14, 22)
        assert link_ends(link, ROUND, None, date(2027, 4, 1)) == at(2027, 5, 14, 22)
        assert link_ends(link, ROUND, None, date(2027, 9, 1)) == at(2027, 9, 15, 22)
    assert link_ends(follow_up, ROUND, a_talk(), date(2027, 9, 1)) == at(2027, 9, 15, 22)


def test_the_page_of_the_talk_itself_ends_as_it_does_without_anything_agreed() -> None:
    assert link_ends(OWN, ROUND, a_talk(), date(2027, 9, 1)) == link_ends(OWN, ROUND, a_talk())


def test_only_pages_of_one_talk_name_it() -> None:
    assert {each for each in Purpose if each.of_one_talk} == {Purpose.TALK, Purpose.HOSTED, Purpose.FOLLOW_UP}
