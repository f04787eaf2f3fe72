"""``links``: the links to pages that mails carry."""

from typing import Annotated

import typer

from talkcycle.bootstrap import open_application
from talkcycle.cli.options import CONFIG, Config, Yes
from talkcycle.cli.output import told_plainly

links = typer.Typer(no_args_is_help=True, help="The links to people's own pages.")


@links.command()
def revoke(
    person: Annotated[str, typer.Argument(help="Roster id of whose links they are.")],
    config: Config = CONFIG,
    *,
    round_: Annotated[str | None, typer.Option("--round", help="Only of this round; of every one if not given.")] = None,
    yes: Yes = False,
) -> None:
    """Have none of somebody's links open anything any more: a mail was forwarded, a telephone is lost.

    The next mail to them carries a new link.
    """
    from talkcycle.rounds.page_links import revoke_links  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        if not yes:
            typer.confirm("Have none of the links in earlier mails to this person open anything any more?", abort=True)
        count = revoke_links(app.store, person, round_=round_, who=app.who, now=app.clock.now())
    typer.echo(f"Revoked in {count} {'round' if count == 1 else 'rounds'}. The next mail carries a new link.")
