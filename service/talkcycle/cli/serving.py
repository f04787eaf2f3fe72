"""``serve``: the pages alone, beside a ``run`` on another machine or behind another proxy."""

from talkcycle.bootstrap import logger, open_application
from talkcycle.cli.options import CONFIG, Config
from talkcycle.cli.output import told_plainly
from talkcycle.domain.faults import Refused


def serve(config: Config = CONFIG) -> None:
    """Serve the pages of employees and managers until told to stop; `run` does it too where service.yaml has `web`."""
    from talkcycle.daemon.run import stop_on_signals  # noqa: PLC0415
    from talkcycle.web.serve import serving  # noqa: PLC0415  # Litestar and uvicorn are heavy

    stop = stop_on_signals()
    with told_plainly():
        app = open_application(config)
        web = app.settings.web
        if web is None:
            raise Refused(
                "service.yaml says nothing of pages. Write for example `web: {url: https://talks.example.com}`."
            )
        with serving(app, web, logger(app.settings), stop):
            stop.wait()
