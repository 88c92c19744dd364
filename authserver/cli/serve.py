"""``authserver serve``: the server in production."""

import click


@click.command()
@click.option("--output", type=click.Choice(["table", "json"]), help="How to tell why it fails.")
def serve(output: str | None) -> None:
    """Serve in production, until SIGTERM.

    The settings come from the environment alone. Requests that are being answered then are
    answered to their end. What they leave to be done later is done by `authserver worker`.

    \b
    Example:
      AUTHSERVER_ISSUER=https://id.example.com AUTHSERVER_DATABASE_URL_FILE=/run/secrets/db \\
        authserver serve
    """
    from authserver.cli.addresses import refuse_if_taken
    from authserver.observability.logs import configure_logs
    from authserver.settings import load_settings

    settings = load_settings()

    from authserver.cli.gunicorn_server import Manner, check_start
    from authserver.cli.gunicorn_server import serve as serve_for_ever

    configure_logs(settings.log_level, settings.log_format)
    for bind in settings.bind.split(","):
        refuse_if_taken(bind, "Stop the program that does, or change AUTHSERVER_BIND.")
    check_start(settings)
    serve_for_ever(settings, Manner())
