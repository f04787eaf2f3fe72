"""Meetings at the fake of Exchange, seen through exchangelib."""

from datetime import timedelta

import pytest
from exchangelib import FileAttachment, HTMLBody, Q
from exchangelib.errors import ErrorIrresolvableConflict, ErrorItemNotFound
from exchangelib.items import NEVER_OVERWRITE, SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE

from ews_office import ANNA, BO, NOW, PROPERTY_SET, ROOM, START, a_meeting, invited, somebody
from servers.ews_client import Client
from servers.ews_server import ACCOUNT
from servers.organisation import Organisation, Response, property_key


def test_nobody_is_told_before_a_request_says_so_and_files_go_with_the_invitation(
    client: Client, organisation: Organisation
) -> None:
    item = a_meeting(
        client.open(BO),
        body=HTMLBody("<p>Välkommen</p>"),
        required_attendees=[somebody(ANNA)],
        sensitivity="Private",
        reminder_is_set=True,
        reminder_minutes_before_start=15,
    )
    item.save(send_meeting_invitations=SEND_TO_NONE)
    item.attach(FileAttachment(name="Dagordning.pdf", content=b"%PDF-1.7", content_type="application/pdf"))
    assert organisation.told == []

    item.location = "Måsen"
    item.save(update_fields=["location"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)

    (told,) = organisation.told
    assert (told.to, told.what, told.files, told.text) == (ANNA, "invitation", ("Dagordning.pdf",), "<p>Välkommen</p>")
    (theirs,) = client.open(ANNA).calendar.all()
    assert (theirs.start, theirs.location, theirs.sensitivity) == (START, "Måsen", "Private")
    assert (theirs.reminder_minutes_before_start, theirs.attachments[0].content) == (15, b"%PDF-1.7")


def test_a_change_tells_everybody_and_whoever_is_taken_out(client: Client, organisation: Organisation) -> None:
    item = invited(client.open(BO))
    item.required_attendees = [somebody(ACCOUNT)]
    item.save(update_fields=["required_attendees"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)

    assert [told.what for told in organisation.told_to(ANNA)] == ["invitation", "cancellation"]
    assert [told.what for told in organisation.told_to(ROOM)] == ["invitation", "update"]
    assert [told.what for told in organisation.told_to(ACCOUNT)] == ["invitation"]


def test_answers_stand_in_the_organizers_item_alone(client: Client) -> None:
    mine = invited(client.open(BO))
    (theirs,) = client.open(ANNA).calendar.all()
    proposed = START + timedelta(days=1)
    theirs.decline(proposed_start=proposed, proposed_end=proposed + timedelta(hours=1))

    mine.refresh()
    (anna,), (room,) = mine.required_attendees, mine.resources
    assert (anna.response_type, anna.last_response_time, anna.proposed_start) == ("Decline", NOW, proposed)
    assert room.response_type == "Accept"
    theirs.refresh()
    assert theirs.required_attendees[0].response_type == "Unknown"


def test_a_cancelled_meeting_leaves_every_calendar_and_says_why(client: Client, organisation: Organisation) -> None:
    mine = invited(client.open(BO))
    mine.cancel(new_body="Inställt")

    assert organisation.told_to(ANNA, "cancellation")[0].text == "Inställt"
    assert client.open(ANNA).calendar.all().count() == 0
    with pytest.raises(ErrorItemNotFound):
        mine.refresh()


def test_a_changed_item_is_not_overwritten_by_those_who_forbid_it(client: Client) -> None:
    account = client.open(BO)
    mine = a_meeting(account).save()
    other = account.calendar.get(id=mine.id)
    other.subject = "theirs"
    other.save(update_fields=["subject"])

    mine.subject = "mine"
    with pytest.raises(ErrorIrresolvableConflict):
        mine.save(update_fields=["subject"], conflict_resolution=NEVER_OVERWRITE)
    mine.save(update_fields=["subject"])
    other.refresh()
    assert other.subject == "mine"


def test_entries_are_found_by_extended_properties_which_do_not_reach_attendees(
    client: Client, organisation: Organisation
) -> None:
    account = client.open(BO)
    for label in ("a", "b", "c"):
        invited(account, label=label)

    found = account.calendar.filter(Q(label="a") | Q(label="c", subject="Samtal")).only("label")
    assert {item.label for item in found} == {"a", "c"}
    assert client.open(ANNA).calendar.filter(label="a").count() == 0
    assert len(organisation.find(BO, **{property_key(PROPERTY_SET, "Label"): "b"})) == 1


def test_finding_and_following_tell_no_attendees_and_getting_does(client: Client) -> None:
    account = client.open(BO)
    mine = invited(account)
    (change,) = account.calendar.sync_items(only_fields=["subject", "required_attendees"])
    assert change[1].required_attendees is None
    assert account.calendar.get(id=mine.id).required_attendees is not None


def test_what_people_do_shows(client: Client, organisation: Organisation) -> None:
    mine = invited(client.open(BO), uid="u1@talkcycle.example")
    organisation.answer(ANNA, "u1@talkcycle.example", Response.TENTATIVE)
    mine.refresh()
    assert mine.required_attendees[0].response_type == "Tentative"
