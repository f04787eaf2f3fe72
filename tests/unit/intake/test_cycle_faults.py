"""Every fault a cycle file can have: where it is, what is wrong, how to mend it."""

from pathlib import Path

import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.cycle_file import read_cycle

LEAST = "window: {first: 2027-03-01, last: 2027-03-26}\nroster: roster.csv\n"
WITH_STEP = LEAST + "steps:\n  - {id: invitation, when: 21 days before, to: both, calendar: true}\n"

FAULTS = [
    pytest.param(
        LEAST + "organization: X\n",
        [
            ':3: organization "organization" is not a setting. Did you mean "organisation"?',
        ],
        id="an unknown key",
    ),
    pytest.param(
        LEAST + "talk: {xyzzy: 1}\n",
        [
            (
                ':3: talk.xyzzy "xyzzy" is not a setting. The settings here are minutes, buffer, grid, '
                "days, hours, most_per_day."
            ),
        ],
        id="an unknown key like no other",
    ),
    pytest.param(
        LEAST + "talk: {minuts: 60}\n",
        [
            ':3: talk.minuts "minuts" is not a setting. Did you mean "minutes"?',
        ],
        id="an unknown key within a group",
    ),
    pytest.param(
        "roster: roster.csv\n",
        [
            ": window is missing. Write for example `window: {first: 2027-03-01, last: 2027-03-26}`.",
        ],
        id="a missing window",
    ),
    pytest.param(
        "window: {first: 2027-03-01}\nroster: roster.csv\n",
        [
            ":1: window.last is missing. Write for example `last: 2027-03-26`.",
        ],
        id="a window without an end",
    ),
    pytest.param(
        LEAST + "strategy:\n",
        [
            ":3: strategy has no value. Write one, or take the line away: then the default holds.",
        ],
        id="a setting without a value",
    ),
    pytest.param(
        LEAST + "language: sv\nlanguage: en\n",
        [
            ":4: language stands twice; first on line 3. Keep one of them.",
        ],
        id="a setting that stands twice",
    ),
    pytest.param(
        LEAST + "talk: {minutes: an hour}\n",
        [
            ':3: talk.minutes "an hour" is not a whole number. Write digits only.',
        ],
        id="text for a number",
    ),
    pytest.param(
        LEAST + "talk: {minutes: [60]}\n",
        [
            ":3: talk.minutes must be a whole number. Write digits behind the key.",
        ],
        id="a list for a number",
    ),
    pytest.param(
        LEAST + "talk: [60]\n",
        [
            ":3: talk must be a group of settings. Write them below it, indented.",
        ],
        id="a list for a group",
    ),
    pytest.param(
        LEAST + "organisation: {sv: X}\n",
        [
            (":3: organisation must be one text. Write it behind the key; a list or a group does not belong here."),
        ],
        id="a group for a text",
    ),
    pytest.param(
        LEAST + "agenda: none\n",
        [
            ":3: agenda must be a list. Write each point on a line of its own, beginning with a dash.",
        ],
        id="a text for a list",
    ),
    pytest.param(
        "window: {first: {y: 1}, last: 2027-03-26}\nroster: roster.csv\n",
        [
            (":1: window.first must be one value, not a list or a group. Write it behind the key, on the same line."),
        ],
        id="a group for a date",
    ),
    pytest.param(
        LEAST + "digests: {hr: maybe}\n",
        [
            ':3: digests.hr "maybe" is neither true nor false. Write true or false.',
        ],
        id="a word for true or false",
    ),
    pytest.param(
        LEAST + "talk: {minutes: 10}\n",
        [
            ':3: talk.minutes "10" is too little. The least is 15.',
        ],
        id="too short a talk",
    ),
    pytest.param(
        LEAST + "talk: {buffer: 180}\n",
        [
            ':3: talk.buffer "180" is too much. The most is 120.',
        ],
        id="too long a buffer",
    ),
    pytest.param(
        "window: {first: 2027-03-26, last: 2027-03-01}\nroster: roster.csv\n",
        [
            (
                ":1: window.last 2027-03-01 comes before 2027-03-26: the window is reversed. Let `last` "
                "be the same day as `first` or a later one."
            ),
        ],
        id="a reversed window",
    ),
    pytest.param(
        "window: {first: 2027-03-01, last: 2029-03-01}\nroster: roster.csv\n",
        [
            (":1: window.last the window is longer than a year. Write a shorter window, and `repeat` if it returns."),
        ],
        id="a window of two years",
    ),
    pytest.param(
        "window: {first: 2027-02-30, last: 2027-03-26}\nroster: roster.csv\n",
        [
            ':1: window.first "2027-02-30" is not in the calendar. Write it as 2027-03-01.',
        ],
        id="a date that is none",
    ),
    pytest.param(
        "window: {first: 01/03/2027, last: 2027-03-26}\nroster: roster.csv\n",
        [
            ':1: window.first "01/03/2027" may be read as two different days. Write it as 2027-03-01.',
        ],
        id="a date with two meanings",
    ),
    pytest.param(
        "window: {first: 2027-03-01, last: 2027-06-26}\nroster: roster.csv\nrepeat: every month\n",
        [
            (":3: repeat the window returns before it has ended. Write a shorter window or a longer repetition."),
        ],
        id="a repetition within the window",
    ),
    pytest.param(
        LEAST + "repeat: sometimes\n",
        [
            (':3: repeat "sometimes" does not say how often. Write "once", "every 6 months" or "every year".'),
        ],
        id="a repetition nobody understands",
    ),
    pytest.param(
        LEAST + "zone: Europe/Stokholm\n",
        [
            ':3: zone "Europe/Stokholm" is not a time zone. Did you mean "Europe/Stockholm"?',
        ],
        id="an unknown zone",
    ),
    pytest.param(
        LEAST + "language: klingon\n",
        [
            (':3: language "klingon" is not a language there are texts in. There are texts in en or sv.'),
        ],
        id="an unknown language",
    ),
    pytest.param(
        LEAST + "country: XX\n",
        [
            (
                ':3: country "XX" is not a country whose holidays are known. Write the country\'s two '
                "letters, and its part where holidays differ: SE, FI, GB-ENG."
            ),
        ],
        id="an unknown country",
    ),
    pytest.param(
        LEAST + "country: GB-LDN\n",
        [
            (':3: country "GB-LDN" is not a part of GB whose holidays are known. Its parts are ENG, NIR, SCT, WLS.'),
        ],
        id="an unknown part of a country",
    ),
    pytest.param(
        LEAST + "country: GB\n",
        [
            (':3: country "GB" has different holidays in its parts. Write GB-ENG, GB-SCT, GB-WLS or GB-NIR.'),
        ],
        id="a country whose parts differ",
    ),
    pytest.param(
        LEAST + "hr: {zone: Mars/Base, language: xx}\n",
        [
            ':3: hr.language "xx" is not a language there are texts in. There are texts in en or sv.',
            ':3: hr.zone "Mars/Base" is not a time zone. Write a name such as Europe/Stockholm.',
        ],
        id="hr in an unknown zone",
    ),
    pytest.param(
        LEAST + "hr: {email: hr@@example.com}\n",
        [
            (
                ':3: hr.email "hr@@example.com" is not an address: it needs exactly one @. Write one '
                "address such as anna.berg@example.com."
            ),
        ],
        id="hr without an address that can be one",
    ),
    pytest.param(
        LEAST + 'organisation: "X\\nBcc: y"\n',
        [
            (
                ":3: organisation has a line break or a control character in it. Write it on one line, "
                "in plain characters."
            ),
        ],
        id="a line break in a name",
    ),
    pytest.param(
        LEAST + "notice: 5 days\n",
        [
            (":3: notice 5 days are under the least notice. Write at least 7 days: people need time to prepare."),
        ],
        id="a notice under the least",
    ),
    pytest.param(
        LEAST + "notice: 20\nearliest: 2 weeks\n",
        [
            ":4: earliest is shorter than the notice of 20 days. Write at least 20 days.",
        ],
        id="an earliest under the notice",
    ),
    pytest.param(
        LEAST + "talk: {hours: 09:00-09:45}\n",
        [
            (":3: talk.hours a talk of 60 minutes does not fit into these hours. Widen the hours, or shorten the talk."),
        ],
        id="hours shorter than the talk",
    ),
    pytest.param(
        LEAST + "talk: {grid: 25}\n",
        [
            ":3: talk.grid 25 minutes do not divide an hour. Write one of 5, 10, 15, 20, 30, 60.",
        ],
        id="a grid that does not divide the hour",
    ),
    pytest.param(
        LEAST + "talk: {days: [mon, tyu]}\n",
        [
            (
                ':3: talk.days "tyu" is not a day of the week. Write days such as mon-thu or mon, wed, '
                "fri (mån-tors, mån, ons, fre)."
            ),
        ],
        id="a day nobody knows",
    ),
    pytest.param(
        LEAST + "place: to be agred\n",
        [
            ':3: place "to be agred" is nearly a kind of place. Did you mean "to be agreed"?',
        ],
        id="a place that is nearly a kind",
    ),
    pytest.param(
        LEAST + "strategy_link: intranet\n",
        [
            ':3: strategy_link "intranet" is not a link. Write it from https:// on.',
        ],
        id="a link that is none",
    ),
    pytest.param(
        LEAST + "name: {en: Talks}\n",
        [
            (
                ":3: name has no text in sv, the cycle's default language. Write it in that language "
                "too: people whose language has no text get that one."
            ),
        ],
        id="a text without the default language",
    ),
    pytest.param(
        LEAST + "name: {sv: Samtal, xx: Talks}\n",
        [
            ':3: name.xx "xx" is not a language there are texts in. There are texts in en or sv.',
        ],
        id="a text in an unknown language",
    ),
    pytest.param(
        LEAST + "agenda:\n  - {id: situation, minutes: 60}\n",
        [
            (
                ":3: agenda takes 65 minutes, the talk has 60. Shorten points or lengthen the talk "
                "(talk.minutes); the summary always takes part."
            ),
        ],
        id="an agenda longer than the talk",
    ),
    pytest.param(
        LEAST + "agenda:\n  - {id: summary, minutes: 5}\n  - {id: situation, minutes: 5}\n",
        [
            (":4: agenda[1].id the summary is not the last point. Move it to the end: every talk ends with a summary."),
        ],
        id="a summary that is not last",
    ),
    pytest.param(
        LEAST + "agenda:\n  - {id: travel, minutes: 5}\n",
        [
            (
                ':4: agenda[1].id "travel" is not a shipped point and has no title. Write `title: ...`, '
                "or use a shipped point: previous, situation, strategy, competence, expectations, "
                "follow-up, summary."
            ),
        ],
        id="a point without a title",
    ),
    pytest.param(
        LEAST + "agenda:\n  - {id: situation, minutes: 5}\n  - {id: situation, minutes: 5}\n",
        [
            ':5: agenda[2].id "situation" is the id of two points. Give one of them another id.',
        ],
        id="two points with one id",
    ),
    pytest.param(
        WITH_STEP + 2 * "  - {id: reminder, when: 2 days before, to: employee}\n",
        [
            ':6: steps[3].id "reminder" is the id of two steps. Give one of them another id.',
        ],
        id="two steps with one id",
    ),
    pytest.param(
        WITH_STEP + "  - {id: cancellation, when: 2 days before, to: employee, template: reminder}\n",
        [
            ':5: steps[2].id "cancellation" is the name of a built-in step. Give the step another id.',
        ],
        id="a step with a built in name",
    ),
    pytest.param(
        WITH_STEP + "  - {id: last, when: 2 days before, to: employee, template: remindr}\n",
        [
            (
                ':5: steps[2].template there is no text "remindr" in sv, the cycle\'s default language. '
                'Did you mean "reminder"?'
            ),
        ],
        id="a step that names no text there is",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 2 days, to: employee}\n",
        [
            (
                ':5: steps[2].when "2 days" does not say when. Write it as "14 days before", "1 day '
                'after", "at approval", "3 days after approval" or "5 days before the window".'
            ),
        ],
        id="a step that does not say when",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 2 days before approval, to: employee}\n",
        [
            (
                ':5: steps[2].when "2 days before approval" cannot be: nothing is sent before HR has '
                'approved the round. Write it as "14 days before", "1 day after", "at approval", "3 days '
                'after approval" or "5 days before the window".'
            ),
        ],
        id="a step before approval",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 2 days before, to: emploee}\n",
        [
            ':5: steps[2].to "emploee" is not one of the choices. Did you mean "employee"?',
        ],
        id="a step to nobody known",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 2 days before, to: employee, attach: guide.pdf}\n",
        [
            (
                ':5: steps[2].attach[1] "guide.pdf" is not there. Put the file beside the cycle file or '
                "in a folder there, and write its path from there; or write agenda or self-review."
            ),
        ],
        id="a missing attachment",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 2 days before, to: employee, attach: [big.pdf, small.pdf]}\n",
        [
            (
                ":5: steps[2].attach the files of this message take 1.1 MB, the limit is 1.0 MB. Shrink "
                "a file, or link to it from the text; IT sets the limit (attachment_limit)."
            ),
        ],
        id="an attachment over the limit",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 2 days before, to: employee, attach: [../secret, /etc/passwd]}\n",
        [
            (
                ':5: steps[2].attach[1] "../secret" leads out of the cycle file\'s folder. Put the file '
                "beside the cycle file or in a folder there, and write its path from there."
            ),
            (
                ':5: steps[2].attach[2] "/etc/passwd" leads out of the cycle file\'s folder. Put the file '
                "beside the cycle file or in a folder there, and write its path from there."
            ),
        ],
        id="an attachment outside the folder",
    ),
    pytest.param(
        LEAST + "steps:\n  - {id: reminder, when: 2 days before, to: employee}\n",
        [
            (":3: steps no step puts the talk into calendars. Write `calendar: true` in the step that invites."),
        ],
        id="no step with the calendar entry",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 21 days before, to: both, calendar: true}\n",
        [
            (
                ":5: steps[2].calendar a second step puts the talk into calendars. Leave it to one step: "
                "a talk has one calendar entry."
            ),
        ],
        id="two steps with the calendar entry",
    ),
    pytest.param(
        LEAST + "steps:\n  - {id: invitation, when: 10 days before, to: both, calendar: true}\n",
        [
            (
                ":4: steps[1].when the invitation would break the notice of 14 days. Write at least 14 "
                "days before, or lower the notice."
            ),
        ],
        id="an invitation that breaks the notice",
    ),
    pytest.param(
        LEAST + "earliest: 20\nsteps:\n  - {id: invitation, when: 21 days before, to: both, calendar: true}\n",
        [
            (
                ":5: steps[1].when the invitation would go out 21 days ahead, over `earliest`. Write at "
                "most 20 days before, or raise `earliest`."
            ),
        ],
        id="an invitation before the earliest",
    ),
    pytest.param(
        LEAST + "steps:\n  - {id: invitation, when: 21 days before, to: employee, calendar: true}\n",
        [
            ":4: steps[1].to the calendar entry is for the two who talk. Write `to: both`.",
        ],
        id="an invitation to one side",
    ),
    pytest.param(
        LEAST + "steps:\n  - {id: invitation, when: 21 days after, to: both, calendar: true}\n",
        [
            (":4: steps[1].when the step with the calendar entry must lie before the talk. Write 21 days before."),
        ],
        id="an invitation after the talk",
    ),
    pytest.param(
        WITH_STEP + "  - {id: announcement, when: at approval, to: both, attach: agenda}\n",
        [
            (
                ":5: steps[2].attach agenda belongs to a talk, and this step is about the round. Attach "
                "it to a step counted from the talk."
            ),
        ],
        id="an agenda with a step about the round",
    ),
    pytest.param(
        WITH_STEP + "  - {id: announcement, when: at approval, to: both, applies: {sites: X}}\n",
        [
            (
                ":5: steps[2].applies works for steps counted from the talk only. Take it away, or count "
                "the step from the talk."
            ),
        ],
        id="a condition of a step about the round",
    ),
    pytest.param(
        WITH_STEP + "  - {id: x, when: 2 days before, to: both, template: reminder,\n"
        "     applies: {countries: [XX], languages: [xx], places: [moon]}}\n",
        [
            (
                ':6: steps[2].applies.countries[1] "XX" is not a country whose holidays are known. Write '
                "the country's two letters, and its part where holidays differ: SE, FI, GB-ENG."
            ),
            (':6: steps[2].applies.languages[1] "xx" is not a language there are texts in. There are texts in en or sv.'),
            (':6: steps[2].applies.places[1] "moon" is not one of the choices. Write agree, online or named.'),
        ],
        id="a condition on unknown things",
    ),
    pytest.param(
        WITH_STEP + "  - {id: reminder, when: 2 days before, to: employee, latest: 2}\n",
        [
            (
                ":5: steps[2].latest is not later than the step's own day. Write less than 2: the step "
                "could never be sent on its day."
            ),
        ],
        id="a latest day before the steps own",
    ),
    pytest.param(
        WITH_STEP + "  - {id: follow-up, when: 2 days after, to: employee, latest: 2}\n",
        [
            ":5: steps[2].latest works for steps before the talk only. Take it away.",
        ],
        id="a latest day after the talk",
    ),
    pytest.param(
        LEAST + "steps: {change: {remindr: {when: 3 days before}}, remove: [checkin], replace: x}\n",
        [
            ':3: steps.change.remindr "remindr" is not a shipped step. Did you mean "reminder"?',
            ':3: steps.remove[1] "checkin" is not a shipped step. Did you mean "check-in"?',
            ':3: steps.replace "replace" is not a setting. The settings here are change, remove, add.',
        ],
        id="a change of a step that is not shipped",
    ),
    pytest.param(
        LEAST + "steps:\n  change:\n    reminder: {when: soon}\n    check-in: {id: x}\n",
        [
            (
                ':5: steps.change.reminder.when "soon" does not say when. Write it as "14 days before", '
                '"1 day after", "at approval", "3 days after approval" or "5 days before the window".'
            ),
            (
                ':6: steps.change.check-in.id "id" is not a setting. The settings here are when, to, '
                "template, at, attach, calendar, latest, again_when_moved, applies."
            ),
        ],
        id="a change that is faulty",
    ),
    pytest.param(
        LEAST + "steps: {remove: invitation}\n",
        [
            (":3: steps no step puts the talk into calendars. Write `calendar: true` in the step that invites."),
        ],
        id="removing the invitation",
    ),
    pytest.param(
        LEAST + "name: &x Talks\norganisation: *x\n",
        [
            ':4: an alias (*) is not used here. Write the value out, or put "quotes" around it.',
        ],
        id="an alias",
    ),
    pytest.param(
        LEAST + "name: !!python/object:os.system x\n",
        [
            ':3: a tag (!) is not used here. Write the value plainly, or put "quotes" around it.',
        ],
        id="a tag",
    ),
    pytest.param(
        LEAST + "---\nname: x\n",
        [
            ":3: a second document begins here. Take the line with --- away.",
        ],
        id="two documents",
    ),
    pytest.param(
        LEAST + "talk: {minutes: 60\nname: x\n",
        [
            (
                ":4: is not valid YAML: \"expected ',' or '}', but got ':'\". Check indentation (spaces, "
                "not tabs), colons and quotes on this line and the one before."
            ),
        ],
        id="broken yaml",
    ),
    pytest.param(
        "- window\n",
        [
            ": is not a list of settings. Write settings, one a line, as `key: value`.",
        ],
        id="a list instead of settings",
    ),
    pytest.param(
        "# nothing\n",
        [
            ": is empty. Write settings, one a line, as `key: value`.",
        ],
        id="an empty file",
    ),
    pytest.param(
        LEAST + "guards: {roster_shrinks: 110%}\n",
        [
            ':3: guards.roster_shrinks "110%" is not a share. Write it as 10%.',
        ],
        id="a share that is none",
    ),
    pytest.param(
        LEAST + "retention: {messages: 0, round: x, agreed: 0 days}\n",
        [
            ":3: retention.agreed is less than a day. Write at least 1 day.",
            ":3: retention.messages is less than a day. Write at least 1 day.",
            ':3: retention.round "x" is not a number of days. Write it as 14 days.',
        ],
        id="keeping nothing",
    ),
    pytest.param(
        LEAST + "digests: {most_mails: 0}\n",
        [
            ':3: digests.most_mails "0" is too little. The least is 1.',
        ],
        id="no mail at all",
    ),
]


def faults(path: Path, text: str, templates: dict[str, set[str]]) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultyInput) as raised:
        read_cycle(path, templates=templates, default_contact="talks@example.com", attachment_limit=1_000_000)
    return [str(fault).removeprefix(str(path)) for fault in raised.value.faults]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_fault_is_located_and_says_how_to_mend_it(
    tmp_path: Path, templates: dict[str, set[str]], text: str, expected: list[str]
) -> None:
    (tmp_path / "big.pdf").write_bytes(b"x" * 900_000)
    (tmp_path / "small.pdf").write_bytes(b"x" * 200_000)
    assert faults(tmp_path / "cycle.yaml", text, templates) == expected


def test_every_fault_of_a_file_is_named_at_once_in_the_order_of_lines(
    tmp_path: Path, templates: dict[str, set[str]]
) -> None:
    text = """
window: {first: 2027-03-26, last: 2027-03-01}
rooster: roster.csv
zone: Europe/Stokholm
notice: 5 days
talk: {minutes: long, buffr: 3, hours: 9-8}
hr: {email: nobody, zone: Nowhere}
steps:
  - {id: a, when: 21 days before, to: both, template: invitation, calendar: yes}
  - {id: a, when: 3 days befor, to: bot, template: invitaton, attach: [agenda, gone.pdf], nope: 1}
agenda: {}
"""
    found = faults(tmp_path / "cycle.yaml", text, templates)
    assert [fault.split(" ")[:2] for fault in found] == [
        [":", "roster"],
        [":2:", "window.last"],
        [":3:", "rooster"],
        [":4:", "zone"],
        [":5:", "notice"],
        [":6:", "talk.buffr"],
        [":6:", "talk.hours"],
        [":6:", "talk.minutes"],
        [":7:", "hr.email"],
        [":7:", "hr.zone"],
        [":10:", "steps[2].attach[2]"],
        [":10:", "steps[2].id"],
        [":10:", "steps[2].nope"],
        [":10:", "steps[2].template"],
        [":10:", "steps[2].to"],
        [":10:", "steps[2].when"],
        [":11:", "agenda"],
    ]


def test_a_file_that_is_not_there_says_so(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    path = tmp_path / "cycle.yaml"
    with pytest.raises(FaultyInput) as raised:
        read_cycle(path, templates=templates, default_contact="talks@example.com")
    assert str(raised.value) == f"{path}: does not exist. Check the path; `talkcycle init` writes an example."


def test_a_file_that_is_not_utf_8_names_the_line(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    path = tmp_path / "cycle.yaml"
    path.write_bytes(b"roster: roster.csv\norganisation: Sj\xf6\n")
    with pytest.raises(FaultyInput) as raised:
        read_cycle(path, templates=templates, default_contact="talks@example.com")
    assert str(raised.value) == f"{path}:2: is not UTF-8 text. Save the file with encoding UTF-8."


def test_a_file_over_a_megabyte_is_not_read(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    path = tmp_path / "cycle.yaml"
    path.write_text(LEAST + "#" * 1_000_000, encoding="utf-8")
    with pytest.raises(FaultyInput) as raised:
        read_cycle(path, templates=templates, default_contact="talks@example.com")
    assert [fault.problem for fault in raised.value.faults] == ["is larger than 1 MB."]


def test_the_file_name_is_the_cycles_id_and_has_to_be_plain(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    found = faults(tmp_path / "Våren 2027.yaml", LEAST, templates)
    assert found == [
        (
            ': "Våren 2027.yaml" cannot be a cycle\'s name. Name it in small letters, digits and hyphens, '
            "such as development.yaml: this is the cycle's id."
        )
    ]


def test_an_attachment_cannot_leave_the_folder_by_a_link(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    outside = tmp_path / "outside.pdf"
    outside.write_bytes(b"x")
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "guide.pdf").symlink_to(outside)
    step = "  - {id: reminder, when: 2 days before, to: employee, attach: guide.pdf}\n"
    found = faults(folder / "cycle.yaml", WITH_STEP + step, templates)
    assert [fault.partition(".")[0] for fault in found] == [":5: steps[2]"]
