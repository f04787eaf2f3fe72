"""Texts of a cycle file, per language."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from talkcycle.intake.findings import Findings
from talkcycle.intake.languages import language_tag
from talkcycle.intake.setting_types import ALL_LANGUAGES
from talkcycle.intake.unusable import Unusable
from talkcycle.intake.yaml_lines import KeyPath

Said = TypeVar("Said")


def by_language(
    findings: Findings, path: KeyPath, said: Mapping[str, Said], *, default: str, known: Collection[str]
) -> dict[str, Said]:
    """*said* by language tag. What was written once is in the default language, to which every other falls back.

    Args:
        default: The cycle's default language.
        known: Languages there are texts in.
    """
    found: dict[str, Said] = {}
    for key, text in said.items():
        if key == ALL_LANGUAGES:
            found[default] = text
            continue
        try:
            found[language_tag(key, known)] = text
        except Unusable as error:
            findings.unusable((*path, key), error)
    if found and default not in found and default.partition("_")[0] not in found and findings.sound(path):
        mend = "Write it in that language too: people whose language has no text get that one."
        findings.fault(path, f"has no text in {default}, the cycle's default language.", mend)
    return found
