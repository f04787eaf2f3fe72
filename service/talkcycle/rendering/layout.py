"""The one layout of every mail: the text in its HTML, with the style written into each element."""

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from talkcycle.rendering.sandbox import Compiled

if TYPE_CHECKING:
    from css_inline import CSSInliner


@cache
def _inliner() -> "CSSInliner":
    """Mail programs drop style sheets; rules that cannot be inlined (dark mode, phones) stay in the head."""
    from css_inline import CSSInliner  # noqa: PLC0415

    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def page(
    layout: Compiled,
    *,
    language: str,
    subject: str,
    preheader: str,
    organisation: str,
    body: str,
    footer: str,
    confidentiality: str,
) -> str:
    """A whole HTML mail.

    Args:
        language: A Babel tag; the page gets it as BCP 47.
        body, footer, confidentiality: HTML made from Markdown; the rest is plain text.
    """
    html = layout.text(
        {
            "language": language.replace("_", "-"),
            "subject": subject,
            "preheader": preheader,
            "organisation": organisation,
            "body": Markup(body),  # noqa: S704  # made from Markdown with raw HTML off
            "footer": Markup(footer),  # noqa: S704
            "confidentiality": Markup(confidentiality),  # noqa: S704
        }
    )
    return _inliner().inline(html)
