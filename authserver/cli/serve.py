"""``authserver serve``: the server in production."""

from collections.abc import Callable
from typing import Any

import click

from authserver.cli.output import RefusedError

GUNICORN = "gunicorn"
GRANIAN = "granian"


@click.command()
@click.option(
    "--server",
    type=click.Choice([GUNICORN, GRANIAN]),
    default=GUNICORN,
    show_default=True,
    help="granian is faster, and needs a proxy in front that buffers requests.",
)
@click.option("--output", type=click.Choice(["table", "json"]), help="How to tell why it fails.")
def serve(server: str, output: str | None) -> None:
    """Serve in production, until SIGTERM.

    The settings come from the environment alone. Requests that are being answered then are
    answered to their end. What they leave to be done later is done by `authserver worker`.

    \b
    Example:
      AUTHSERVER_ISSUER=https://id.example.com AUTHSERVER_DATABASE_URL_FILE=/run/secrets/db \\
        authserver serve
    """
    from authserver.cli.addresses import refuse_if_taken
    from authserver.observability.logs import catch_strays, configure_logs
    from authserver.settings import load_settings

    settings = load_settings()
    serve_for_ever = _server(server)

    from authserver.cli.application import Manner, allow_many_files, check_start
    from authserver.cli.metrics_server import check_metrics_address
    from authserver.cli.telemetry import load_telemetry

    configure_logs(settings.log_level, settings.log_format)
    catch_strays()
    load_telemetry(settings)
    for bind in settings.bind.split(","):
        refuse_if_taken(bind, "Stop the program that does, or change AUTHSERVER_BIND.")
    check_metrics_address(settings)
    allow_many_files()
    check_start(settings)
    serve_for_ever(settings, Manner())


def _server(name: str) -> Callable[..., Any]:
    if name == GUNICORN:
        from authserver.cli.gunicorn_server import serve as gunicorn

        return gunicorn
    try:
        from authserver.cli.granian_server import serve as granian
    except ModuleNotFoundError as error:
        if error.name != GRANIAN:
            raise
        raise RefusedError(
            "not_installed", "granian is not installed. Do: pip install 'authserver[granian]'"
        ) from error
    return granian
