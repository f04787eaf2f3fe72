"""``preview``: every text, to read before anything is planned."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import SystemClock, mail_line, read_inputs, settings_of
from talkcycle.cli.options import CONFIG, CYCLE, AsJson, Config, CycleFile
from talkcycle.cli.output import print_json, progress_bar, told_plainly

if TYPE_CHECKING:
    from talkcycle.domain.service import ServiceSettings
    from talkcycle.rounds.plan import Inputs
    from talkcycle.rounds.preview import PreviewedText

OUT = Path("preview")


def preview(
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.")] = OUT,
    language: Annotated[str | None, typer.Option(help="Only this language, such as sv.")] = None,
    mail: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Send every text to this one address instead, as it is, through the configured server; without the "
            "calendar parts, so that no meeting lands in a calendar.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write every text of the round with example people, to open in a browser. Stores nothing."""
    from talkcycle.rounds.preview import preview as every_text  # noqa: PLC0415

    with told_plainly():
        settings = settings_of(config, with_secrets=mail is not None)
        inputs = read_inputs(config / cycle, settings, today=SystemClock().now().date())
        page_url = None if settings.web is None else settings.web.url
        texts = every_text(inputs, sender=settings.sender, language=language, page_url=page_url)
        if mail is not None:
            _mail(texts, inputs, settings, to=mail, quiet=as_json)
        else:
            _write(texts, inputs, out)
    if as_json:
        print_json(
            [
                {"text": text.name, "language": text.language, "to": text.role.value, "subject": text.composed.subject}
                for text in texts
            ]
        )
    elif mail is not None:
        typer.echo(f"Sent {len(texts)} texts to {mail}.")
    else:
        typer.echo(f"{len(texts)} texts. Look at them: {out / 'index.html'}")


def _write(texts: Iterable["PreviewedText"], inputs: "Inputs", out: Path) -> None:
    from talkcycle.daemon.showcase import refuse_foreign  # noqa: PLC0415
    from talkcycle.rounds.preview import preview_pages  # noqa: PLC0415

    refuse_foreign(out)
    for path, content in preview_pages(inputs, texts).items():
        file = out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _mail(texts: list["PreviewedText"], inputs: "Inputs", settings: "ServiceSettings", *, to: str, quiet: bool) -> None:
    from talkcycle.daemon.rate import RateLimiter  # noqa: PLC0415
    from talkcycle.rounds.preview import mail_preview  # noqa: PLC0415

    limiter, never = RateLimiter(settings.per_minute, clock=SystemClock()), threading.Event()
    with progress_bar("Sending", quiet=quiet) as progress, mail_line(settings) as line:

        def wait(number: int) -> None:
            limiter.acquire(never)
            progress(number, len(texts))

        mail_preview(inputs, texts, line, to=to, wait=wait)
