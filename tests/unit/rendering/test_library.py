"""Faults in texts are found when they are read, and languages fall back as a whole."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from talkcycle.domain.faults import Fault
from talkcycle.rendering.library import Library
from talkcycle.rendering.template_faults import faults_of, warnings_of
from talkcycle.rendering.template_files import shipped_files

HEAD = "---\nsubject: Hej {{ recipient_name }}\npreheader: En rad\nvariables: [recipient_name]\n---\n"


@pytest.fixture
def with_mail(mini_files: Mapping[str, bytes]) -> Callable[[str], Library]:
    """The library with another reminder."""

    def build(text: str) -> Library:
        return Library({**mini_files, "templates/sv/reminder.md": text.encode()}, default_language="sv")

    return build


def only_fault(library: Library) -> tuple[str, int, str]:
    (fault,) = faults_of(library)
    return fault.file, fault.line, fault.problem


def test_complete_templates_have_no_faults_and_no_warnings(mini: Library) -> None:
    assert (faults_of(mini), warnings_of(mini), mini.languages) == ((), (), frozenset({"sv"}))


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (HEAD + "Hej\n\n{{ oter_name }}\n", 8, "the variable oter_name is unknown."),
        (HEAD + "Hej\n{% if is_manager %}x{% endif %}\n", 7, "the variable is_manager is not declared."),
        (HEAD + "{% if false %}{{ recipient_nam }}{% endif %}\n", 6, "the variable recipient_nam is unknown."),
        (HEAD.replace("recipient_name]", "recipient_name, wek]"), 4, "the variable wek is unknown."),
        (HEAD.replace("recipient_name]", "recipient_name, week]"), 4, "the variable week cannot be used in this text."),
        (HEAD + "{% if x %}\n", 6, "a mistake in the template: Unexpected end of template."),
        (HEAD + "Hej\n{{ recipient_name | shout }}\n", 7, "a mistake in the template: No filter named 'shout'."),
        (
            HEAD + "{% include 'agenda.md' %}\n",
            6,
            "it wants to include another file, which texts cannot do.",
        ),
        (HEAD + "{% if false %}\n{{ recipient_name.tilte }}\n{% endif %}\n", 7, "nothing has a .tilte."),
        ("Hej!\n", 1, "it does not begin with front matter between two lines of ---."),
        ("---\npreheader: x\n---\nHej\n", 1, "it has no subject."),
        ("---\nsubject: x\nsubjekt: y\n---\nHej\n", 1, "its front matter has the unknown key subjekt."),
        ("---\nsubject: x\nvariables: recipient_name\n---\nHej\n", 1, "its variables are not a list of names."),
        ("---\nsubject: {{ recipient_name }\n---\nHej\n", 3, None),
        ("---\nsubject: Hej {{\n---\nHej\n", 2, None),
    ],
)
def test_a_fault_is_named_with_its_line(
    with_mail: Callable[[str], Library], text: str, line: int, problem: str | None
) -> None:
    file, found_line, found = only_fault(with_mail(text))

    assert (file, found_line) == ("templates/sv/reminder.md", line)
    assert found == (problem or found)


@pytest.mark.parametrize("where", ["subject: {0}", "subject: x\npreheader: {0}"])
def test_what_people_wrote_is_kept_from_subjects_and_preheaders(mini_files: Mapping[str, bytes], where: str) -> None:
    step = "'{% for step in next_steps %}{{ step.what }}{% endfor %}'"
    text = f"---\n{where.format(step)}\nvariables: [next_steps]\n---\nHej\n"
    library = Library({**mini_files, "templates/sv/agreed.md": text.encode()}, default_language="sv")

    assert only_fault(library) == (
        "templates/sv/agreed.md",
        text.splitlines().index(f"{where.format(step).splitlines()[-1]}") + 1,
        "the variable next_steps stands in the subject or the preheader, which others may see.",
    )


def test_every_fault_is_reported_at_once(mini_files: Mapping[str, bytes]) -> None:
    files = {
        **mini_files,
        "templates/sv/reminder.md": (HEAD + "{{ a }}\n{{ b }}\n").encode(),
        "templates/sv/words.yaml": mini_files["templates/sv/words.yaml"] + b"hr_sender2: '{{ nobody }}'\n",
        "templates/layout.html": b"{{ body }}{{ boddy }}",
    }

    faults = faults_of(Library(files, default_language="sv"))

    assert [(fault.file, fault.line, fault.problem) for fault in faults if "/sv/words" not in fault.file] == [
        ("templates/layout.html", 0, "the variable boddy is unknown."),
        ("templates/sv/reminder.md", 6, "the variable a is unknown."),
        ("templates/sv/reminder.md", 7, "the variable b is unknown."),
    ]
    assert ("templates/sv/words.yaml", 14) in [(fault.file, fault.line) for fault in faults]


def test_a_misspelt_variable_gets_the_nearest_known_one(with_mail: Callable[[str], Library]) -> None:
    (fault,) = faults_of(with_mail(HEAD + "{{ oter_name }}"))

    assert fault.mend == "Did you mean other_name?"


def test_an_incomplete_language_is_a_fault_and_is_not_used(mini_files: Mapping[str, bytes]) -> None:
    library = Library({**mini_files, "templates/nb/reminder.md": HEAD.encode()}, default_language="sv")

    assert library.languages == {"sv"}
    assert Fault(file="templates/nb/moved.md", problem="this text is missing.", mend=_mend()) in faults_of(library)
    assert library.mail("reminder", "nb").language == "sv"


def _mend() -> str:
    return "Add it, or remove the folder: a language is used when it is complete."


def test_a_regional_folder_needs_only_what_differs(mini_files: Mapping[str, bytes]) -> None:
    words = b"calendar_title: Utvecklingssamtal\n"
    library = Library({**mini_files, "templates/sv_FI/words.yaml": words}, default_language="en")

    text = library.mail("invitation", "sv_FI")

    assert faults_of(library) == ()
    assert library.languages == {"sv", "sv_FI"}
    assert (text.language, text.words.say("calendar_title", {})) == ("sv_FI", "Utvecklingssamtal")
    assert text.words.agenda["title"] == "Samtalspunkter"


def test_a_text_that_exists_nowhere_is_an_error_not_an_empty_mail(mini: Library) -> None:
    with pytest.raises(LookupError):
        mini.mail("farewell", "sv")


def test_dropping_what_must_not_happen_is_a_warning(mini_files: Mapping[str, bytes]) -> None:
    files = {**mini_files, "templates/sv/preparation-manager.md": (HEAD + "Hej!\n").encode()}
    library = Library(files, default_language="sv")

    assert faults_of(library) == ()
    assert [warning.file for warning in warnings_of(library)] == ["templates/sv/preparation-manager.md"]


def test_a_text_that_needs_a_talk_says_so(mini: Library) -> None:
    assert (mini.needs_a_talk("invitation"), mini.needs_a_talk("announcement")) == (True, False)


def test_a_faulty_text_is_left_to_the_faults(with_mail: Callable[[str], Library]) -> None:
    assert not with_mail("Hej!\n").needs_a_talk("reminder")


def test_the_texts_a_cycle_can_use_follow_its_language(mini_files: Mapping[str, bytes]) -> None:
    files = {**mini_files, "templates/sv/extra.md": HEAD.encode(), "templates/en/spare.md": HEAD.encode()}
    library = Library(files, default_language="en")

    assert library.names == {"spare"}
    assert {"extra", "spare", "reminder"} <= library.names_for("sv_FI")


def test_hrs_own_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "sv").mkdir()
    (tmp_path / "sv" / "extra.md").write_text(HEAD, encoding="utf-8")
    (tmp_path / "layout.html").write_text("own", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a template", encoding="utf-8")

    files, shipped = shipped_files(tmp_path), shipped_files(None)

    assert files == shipped | {"templates/sv/extra.md": HEAD.encode(), "templates/layout.html": b"own"}


def test_hrs_own_text_of_a_language_reaches_its_regions_too(tmp_path: Path) -> None:
    (tmp_path / "sv").mkdir()
    (tmp_path / "sv" / "invitation.md").write_text(HEAD, encoding="utf-8")

    library = Library(shipped_files(tmp_path), default_language="sv")

    assert library.mail("invitation", "sv_FI").template == library.mail("invitation", "sv").template
    assert library.mail("announcement", "sv_FI").template != library.mail("announcement", "sv").template


def test_a_document_that_would_fetch_a_package_is_a_fault(mini_files: Mapping[str, bytes]) -> None:
    files = {**mini_files, "templates/agenda.typ": b'\n#import "@preview/cetz:0.3.0"\n'}

    assert only_fault(Library(files, default_language="sv")) == (
        "templates/agenda.typ",
        2,
        "it uses a package, which would have to be fetched.",
    )


def test_a_mistake_in_a_design_is_found_before_a_round_uses_it(mini_files: Mapping[str, bytes]) -> None:
    source = mini_files["templates/agenda.typ"].replace(b"data.ground_rules", b"data.grounds")

    file, line, problem = only_fault(Library({**mini_files, "templates/agenda.typ": source}, default_language="sv"))

    assert (file, source.splitlines()[line - 1].strip()) == ("templates/agenda.typ", b"text(size: 0.92em, data.grounds)")
    assert "grounds" in problem
