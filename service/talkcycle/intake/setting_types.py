"""Types of single settings: what people write, checked and turned into values."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from talkcycle.domain.cycle import Place, PlaceKind, When
from talkcycle.domain.people import Absence, Interval
from talkcycle.intake.addresses import mail_address
from talkcycle.intake.nearest import nearest
from talkcycle.intake.steps_grammar import parse_days, parse_repeat, parse_when
from talkcycle.intake.unusable import Unusable, quoted
from talkcycle.intake.working_week import clock_time, interval, intervals, weekday, weekdays
from talkcycle.intake.written_days import written_absences, written_day, written_moment

ALL_LANGUAGES = ""
"""The key of a text written once, for every language."""
ELSEWHERE = "others"
"""The key of the place of everybody whose site is not named."""
NO_LUNCH = "none"
LONGEST_LINE, LONGEST_TEXT = 200, 4000

_ONLINE = re.compile(r"online(?:[\s,:]+(\S.*))?", re.IGNORECASE)
_AGREE = "to be agreed"
_SITE = re.compile(r"https?://[^\s/]+\S*")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(%?)")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Section(BaseModel):
    """A group of settings. Unknown keys are faults."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
        validate_assignment=True,
        field_title_generator=lambda name, _: name.replace("_", " ").capitalize(),
    )


def setting(default: Any, about: str, *examples: Any, shown: Any = None) -> Any:
    """A setting with a default. *shown*: the default as people write it; None: said in *about*."""
    extra = None if shown is None else {"default": shown}
    return Field(default_factory=lambda: default, description=about, examples=list(examples), json_schema_extra=extra)


def required(about: str, *examples: Any) -> Any:
    """A setting without a default."""
    return Field(description=about, examples=list(examples))


def one_line(text: str) -> str:
    """*text* if it can stand in a header or a heading. Raises Unusable."""
    text = text.strip()
    if not text:
        raise Unusable("is empty.", "Write a text, or take the line away.")
    if not text.replace("\u00a0", " ").isprintable():
        raise Unusable("has a line break or a control character in it.", "Write it on one line, in plain characters.")
    if len(text) > LONGEST_LINE:
        raise Unusable(f"is longer than {LONGEST_LINE} characters.", "Write less.")
    return text


def block(text: str) -> str:
    """*text* if it can be a paragraph or several. Raises Unusable."""
    text = text.strip()
    if not text:
        raise Unusable("is empty.", "Write a text, or take the line away.")
    if any(ord(each) < 32 and each not in "\n\t" for each in text):
        raise Unusable("has a control character in it.", "Write plain characters.")
    if len(text) > LONGEST_TEXT:
        raise Unusable(f"is longer than {LONGEST_TEXT} characters.", "Write less, or link to it.")
    return text


def slug(text: str) -> str:
    """*text* if it can be an id of a step or a point. Raises Unusable."""
    if _SLUG.fullmatch(text) is None or len(text) > 40:
        raise Unusable(f"{quoted(text)} cannot be an id.", "Write small letters, digits and hyphens, such as check-in.")
    return text


def _written(value: Any) -> str:
    if not isinstance(value, str):
        raise Unusable("must be one value, not a list or a group.", "Write it behind the key, on the same line.")
    return value


def _once(value: Any) -> Any:
    return value if isinstance(value, dict) else {ALL_LANGUAGES: value}


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _place(value: Any) -> Place:
    text = one_line(_written(value))
    if text.casefold() == _AGREE:
        return Place()
    if match := _ONLINE.fullmatch(text):
        return Place(kind=PlaceKind.ONLINE, name=match[1])
    meant = nearest(text, (_AGREE, "online"), cutoff=0.8)
    if meant is not None:
        raise Unusable(f"{quoted(text)} is nearly a kind of place.", f'Did you mean "{meant}"?')
    return Place(kind=PlaceKind.NAMED, name=text)


def _days(value: Any) -> frozenset[int]:
    if isinstance(value, list):
        value = ", ".join(_written(each) for each in value)
    return weekdays(_written(value))


def _hour_list(value: Any) -> tuple[Interval, ...]:
    if isinstance(value, list):
        value = ", ".join(_written(each) for each in value)
    return intervals(_written(value))


def _lunch(value: Any) -> Interval | None:
    return None if _written(value).strip().casefold() == NO_LUNCH else interval(value)


def _clock(value: Any) -> time:
    minutes = clock_time(_written(value))
    return time(minutes // 60, minutes % 60)


def _link(value: Any) -> str:
    text = one_line(_written(value))
    if _SITE.fullmatch(text) is None:
        raise Unusable(f"{quoted(text)} is not a link.", "Write it from https:// on.")
    return text


def _share(value: Any) -> float:
    match = _SHARE.fullmatch(_written(value).strip())
    share = float(match[1]) / (100 if match[2] else 1) if match else -1
    if not 0 <= share <= 1:
        raise Unusable(f"{quoted(value)} is not a share.", "Write it as 10%.")
    return share


def _text_schema(value: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [value, {"type": "object", "additionalProperties": value}]})


_STRING = {"type": "string"}
_LIST = {"type": "array", "items": _STRING}

Line = Annotated[str, AfterValidator(one_line)]
Slug = Annotated[str, AfterValidator(slug)]
LineTexts = Annotated[dict[str, Line], BeforeValidator(_once), _text_schema(_STRING)]
BlockTexts = Annotated[dict[str, Annotated[str, AfterValidator(block)]], BeforeValidator(_once), _text_schema(_STRING)]
Questions = Annotated[
    dict[str, Annotated[list[Line], BeforeValidator(_listed), Field(max_length=8)]],
    BeforeValidator(_once),
    _text_schema(_LIST),
]
Lines = Annotated[list[Line], BeforeValidator(_listed), Field(max_length=50), WithJsonSchema({"anyOf": [_STRING, _LIST]})]
People = Annotated[
    list[Line], BeforeValidator(_listed), Field(max_length=1000), WithJsonSchema({"anyOf": [_STRING, _LIST]})
]
Places = Annotated[
    dict[str, Annotated[Place, BeforeValidator(_place)]],
    BeforeValidator(lambda value: value if isinstance(value, dict) else {ELSEWHERE: value}),
    _text_schema(_STRING),
]
Day = Annotated[
    date,
    BeforeValidator(lambda value: written_day(_written(value))),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}),
]
Clock = Annotated[time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}[:.]\d{2}$"})]
Hours = Annotated[Interval, BeforeValidator(lambda value: interval(_written(value))), WithJsonSchema(_STRING)]
HourList = Annotated[tuple[Interval, ...], BeforeValidator(_hour_list), WithJsonSchema({"anyOf": [_STRING, _LIST]})]
Lunch = Annotated[Interval | None, BeforeValidator(_lunch), WithJsonSchema(_STRING)]
Moment = Annotated[datetime, BeforeValidator(lambda value: written_moment(_written(value))), WithJsonSchema(_STRING)]
Spans = Annotated[
    tuple[Absence, ...], BeforeValidator(lambda value: written_absences(_written(value))), WithJsonSchema(_STRING)
]
Weekday = Annotated[int, BeforeValidator(lambda value: weekday(_written(value))), WithJsonSchema(_STRING)]
Weekdays = Annotated[frozenset[int], BeforeValidator(_days), WithJsonSchema({"anyOf": [_STRING, _LIST]})]
Distance = Annotated[When, BeforeValidator(lambda value: parse_when(_written(value))), WithJsonSchema(_STRING)]
Repeat = Annotated[int | None, BeforeValidator(lambda value: parse_repeat(_written(value))), WithJsonSchema(_STRING)]
Days = Annotated[
    int,
    BeforeValidator(lambda value: parse_days(_written(value))),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d+ ?(day|week)s?$"}]}),
]
Share = Annotated[
    float, BeforeValidator(_share), WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "%$"}]})
]
Link = Annotated[str, BeforeValidator(_link), WithJsonSchema({"type": "string", "pattern": "^https?://"})]
Address = Annotated[str, BeforeValidator(lambda value: mail_address(_written(value).strip())), WithJsonSchema(_STRING)]
