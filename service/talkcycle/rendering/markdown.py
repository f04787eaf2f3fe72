"""One Markdown source gives HTML and plain text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import TextWrapper

from markdown_it import MarkdownIt
from markdown_it.token import Token

WIDTH = 76
_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).disable("image")


@dataclass(frozen=True, slots=True)
class BothForms:
    """The same text twice."""

    html: str
    text: str


def both_forms(source: str) -> BothForms:
    """Parse *source* (CommonMark; raw HTML is shown, not run) once and write it as HTML and as plain text."""
    tokens = _PARSER.parse(source)
    return BothForms(html=_PARSER.renderer.render(tokens, _PARSER.options, {}), text=plain_text(tokens))


def paragraphs(source: str) -> list[str]:
    """The plain lines of *source*, unwrapped, for a document that wraps by itself."""
    return [line for line in plain_text(_PARSER.parse(source), width=1_000_000).splitlines() if line.strip()]


def plain_text(tokens: Sequence[Token], *, width: int = WIDTH) -> str:
    """Lines of at most *width* characters where words allow it; links as "text (address)", lists with dashes."""
    writer = _Writer(width)
    for token in tokens:
        writer.take(token)
    return "\n".join(writer.lines).strip("\n") + "\n"


@dataclass(slots=True)
class _List:
    """A list being written. *number*: of the next point; None: dashes."""

    number: int | None


@dataclass(slots=True)
class _Writer:
    width: int
    lines: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    quotes: int = 0
    mark: str = ""

    def take(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._write(_inline(token.children or ()))
            case "paragraph_close" if token.hidden:
                pass
            case "paragraph_close" | "heading_close":
                self._blank()
            case "fence" | "code_block":
                self.lines.extend(token.content.splitlines())
                self._blank()
            case "hr":
                self.lines.extend(["-" * 3, ""])
            case _:
                self._nest(token)

    def _nest(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self.lists.append(_List(None))
            case "ordered_list_open":
                self.lists.append(_List(int(token.attrGet("start") or 1)))
            case "bullet_list_close" | "ordered_list_close":
                self.lists.pop()
                self._blank()
            case "list_item_open":
                self.mark = self._next_mark()
            case "list_item_close":
                self.mark = ""
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1

    def _next_mark(self) -> str:
        points = self.lists[-1]
        if points.number is None:
            return "- "
        points.number += 1
        return f"{points.number - 1}. "

    def _write(self, text: str) -> None:
        indent = "  " * (max(0, len(self.lists) - 1) + self.quotes)
        hanging = indent + ("  " if self.lists else "")
        for number, line in enumerate(text.split("\n")):
            first = f"{indent}{self.mark}" if number == 0 and self.mark else hanging
            wrapper = TextWrapper(
                width=self.width,
                initial_indent=first,
                subsequent_indent=hanging,
                break_long_words=False,
                break_on_hyphens=False,
            )
            self.lines.extend(wrapper.wrap(line) or [""])
        self.mark = ""

    def _blank(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def _inline(children: Sequence[Token]) -> str:
    """The words of one block; only hard breaks are line breaks."""
    pieces: list[str] = []
    links: list[tuple[int, str]] = []
    for token in children:
        match token.type:
            case "softbreak":
                pieces.append(" ")
            case "hardbreak":
                pieces.append("\n")
            case "link_open":
                links.append((len(pieces), str(token.attrGet("href"))))
            case "link_close":
                since, address = links.pop()
                pieces.append(_address("".join(pieces[since:]), address))
            case _:
                pieces.append(token.content)
    return "".join(pieces)


def _address(text: str, href: str) -> str:
    """What follows a link's text: its address, unless the text is the address."""
    shown = href.removeprefix("mailto:").removeprefix("tel:")
    return "" if text.strip() in {href, shown} else f" ({shown})"
