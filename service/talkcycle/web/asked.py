"""What somebody asks of a page, and what goes back, without a word of HTTP but its status codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MOST_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody looks at a page, or sends the form on it.

    Attributes:
        token: What stands in the link.
        path: What follows it, such as ``times``: each page has its own below what the link opens, which is empty.
        fields: What a form sent; None: it is only looked at, and nothing may change.
        done: What a form did that led here.
        languages: What the browser asks for, for a link that opens nothing.
    """

    token: str
    path: str = ""
    fields: Mapping[str, str] | None = None
    done: str = ""
    languages: str = ""

    def text(self, name: str) -> str:
        """What was written into the field *name*; empty if there is none."""
        return (self.fields or {}).get(name, "").strip()

    def number(self, name: str) -> int | None:
        text = self.text(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None

    def instant(self, name: str) -> datetime | None:
        """UTC."""
        try:
            instant = datetime.fromisoformat(self.text(name)[:40])
            return None if instant.tzinfo is None else instant.astimezone(UTC)
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back: a template with its values, or, with *location*, nothing but the way."""

    template: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    location: str = ""
