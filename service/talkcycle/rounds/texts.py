"""The frozen texts of a round, read once and kept."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from talkcycle.domain.messages import RenderedMessage
from talkcycle.domain.store import Store
from talkcycle.rendering.order import RenderOrder

if TYPE_CHECKING:
    from talkcycle.rendering.library import Library

ATTACHMENTS = "attachments/"
MOST_ROUNDS = 4
"""Texts of more rounds than this are read again when needed: a daemon at rest stays small."""


@dataclass(frozen=True, slots=True)
class RoundTexts:
    """What one round renders with: its templates, and its own files by name."""

    library: "Library"
    attachments: dict[str, bytes]


@dataclass(slots=True)
class TextShelf:
    """Renders orders with the texts their round froze. One thread at a time."""

    store: Store
    _kept: dict[str, RoundTexts] = field(default_factory=dict)

    def render(self, order: RenderOrder) -> RenderedMessage:
        """The exact bytes of *order*. Raises what rendering raises: half a text is never sent."""
        from talkcycle.rendering.message import render  # noqa: PLC0415  # heavy, and a daemon at rest renders nothing

        texts = self.of(order)
        return render(order, texts.library, texts.attachments)

    def of(self, order: RenderOrder) -> RoundTexts:
        """The texts of the order's round."""
        round_id = order.round.id
        if round_id not in self._kept:
            while len(self._kept) >= MOST_ROUNDS:
                self._kept.pop(next(iter(self._kept)))
            with self.store.read() as session:
                files = session.rounds.files(round_id)
            self._kept[round_id] = frozen_texts(files, default_language=order.round.cycle.language)
        return self._kept[round_id]


def frozen_texts(files: dict[str, bytes], *, default_language: str) -> RoundTexts:
    """The texts of a running round. Files that came with a newer talkcycle are the shipped ones, in its languages."""
    from talkcycle.rendering.template_files import shipped_files  # noqa: PLC0415

    folders = {path.rpartition("/")[0] for path in files}
    since = {path: data for path, data in shipped_files(None).items() if path.rpartition("/")[0] in folders}
    return texts_of(since | files, default_language=default_language, frozen=True)


def texts_of(files: dict[str, bytes], *, default_language: str, frozen: bool = False) -> RoundTexts:
    """Sort *files* into templates and attachments. *frozen*: as of ``Library``."""
    from talkcycle.rendering.library import Library  # noqa: PLC0415

    attachments = {path.removeprefix(ATTACHMENTS): data for path, data in files.items() if path.startswith(ATTACHMENTS)}
    templates = {path: data for path, data in files.items() if not path.startswith(ATTACHMENTS)}
    library = Library(templates, default_language=default_language, frozen=frozen)
    return RoundTexts(library=library, attachments=attachments)
