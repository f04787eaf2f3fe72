"""Links of people who have left: worth nothing any more, while everybody else's open what they did."""

from datetime import timedelta
from pathlib import Path

from talkcycle.domain.links import Purpose
from talkcycle.domain.people import Roster
from talkcycle.intake.roster_file import roster_version
from talkcycle.rounds.roster_apply import roster_apply
from talkcycle.rounds.roster_diff import roster_diff
from web_office import NOW, WebOffice, client, web_office


def leave(office: WebOffice, person: str) -> None:
    with office.store.read() as session:
        round_ = session.rounds.get(office.round)
        assert round_ is not None
        people = tuple(each for each in session.rosters.people(round_.roster).values() if each.id != person)
    roster = Roster(version=roster_version(people), people=people)
    routing, now = office.settings.routing, office.clock.at
    diff = roster_diff(office.store, office.round, roster, {}, None, routing=routing, now=now)
    assert roster_apply(office.store, diff, who="hr", routing=routing, now=now, confirm=True).left_over == ()


def test_who_has_left_finds_nothing_behind_the_link_and_the_manager_still_sees_that_the_talk_is_off(
    tmp_path: Path,
) -> None:
    with web_office(tmp_path / "office") as office, client() as web:
        office.tick(until=NOW + timedelta(days=1))
        own, hosted, other = office.page("3"), office.page("2", Purpose.TALKS), office.page("4")
        assert [web.get(page).status_code for page in (own, hosted, other)] == [200, 200, 200]

        leave(office, "3")

        assert [web.get(page).status_code for page in (own, hosted, other)] == [404, 200, 200]
