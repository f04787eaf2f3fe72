"""A purged round leaves no page behind."""

from pathlib import Path

from talkcycle.rounds.plan_pages import drop_pages, page_of


def test_the_pages_of_purged_rounds_are_deleted_and_no_others(tmp_path: Path) -> None:
    kept, purged = page_of(tmp_path, "talks-2027-03"), page_of(tmp_path, "talks-2025-03")
    kept.parent.mkdir()
    for page in (kept, purged):
        page.write_text("names and times")

    drop_pages(tmp_path, ["talks-2025-03", "never-planned-2024-03"])

    assert kept.exists()
    assert not purged.exists()
