"""``authserver worker``: the process that does the jobs."""

import click


@click.command()
@click.option("--once", is_flag=True, help="Do what is due, and end.")
@click.option("--output", type=click.Choice(["table", "json"]), help="How to tell why it fails.")
def worker(once: bool, output: str | None) -> None:
    """Do the jobs that requests leave behind, and the upkeep, until SIGTERM.

    Requests leave logout notices; the upkeep rotates keys, seals the audit record and removes what
    has expired.
    `authserver serve` needs one beside it, or more; `authserver dev` has its own. A job that fails
    is tried again, and that of a worker that was killed is done by another one. The settings come
    from the environment alone.

    \b
    Example:
      AUTHSERVER_ISSUER=https://id.example.com AUTHSERVER_DATABASE_URL_FILE=/run/secrets/db \\
        authserver worker
    """
    from authserver.cli.job_worker import work, work_once
    from authserver.cli.metrics_server import check_metrics_address
    from authserver.cli.telemetry import load_telemetry
    from authserver.observability.logs import catch_strays, configure_logs
    from authserver.settings import load_settings

    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    catch_strays()
    load_telemetry(settings)
    if once:
        work_once(settings)
    else:
        check_metrics_address(settings)
        work(settings)
