"""``authserver doctor``: what is wrong with an installation, and how to mend it."""

import click

from authserver.cli.output import JSON, output_option, show_rows
from authserver.cli.pages import every
from authserver.cli.services import open_services

_COLUMNS = ("check", "result", "finding", "mend")
_DEVIATION_COLUMNS = ("client_id", "profile", "deviation", "mend")


@click.command()
@click.option(
    "--clients",
    is_flag=True,
    help="Check the registered clients against the profiles, and nothing else.",
)
@output_option
def doctor(clients: bool, output: str) -> None:
    """Find out what is wrong, and how to mend it.

    It looks at the settings, PostgreSQL, Redis, the schema, the keys, the administrators and the
    jobs, and changes nothing. Exits with 1 when something is wrong; an advice is nothing wrong.

    With --clients it says of each client where it deviates from OAuth 2.1, RFC 9700 (best current
    practice) and FAPI 2.0, and exits with 0.

    \b
    Example:
      authserver doctor
    """
    if clients:
        _show_deviations(output)
    else:
        _show_findings(output)


def _show_findings(output: str) -> None:
    from authserver.cli.checks import examine

    findings = examine()
    rows = [
        {
            "check": finding.check,
            "ok": finding.ok,
            "result": finding.result,
            "finding": finding.finding,
            "mend": finding.mend,
        }
        for finding in findings
    ]
    show_rows(output, rows, _COLUMNS, "")
    wrong = sum(not finding.ok for finding in findings)
    if output != JSON:
        click.echo(f"{wrong} of {len(findings)} checks failed." if wrong else "All is well.")
    if wrong:
        click.get_current_context().exit(1)


def _show_deviations(output: str) -> None:
    from authserver.cli.client_deviations import deviations
    from authserver.clients.service import ClientService

    with open_services() as services:
        service = services.get(ClientService)
        found = every(
            lambda last, size: service.list(after=last.client_id if last else None, limit=size)
        )
    rows = [dict(row) for client in found if client.enabled for row in deviations(client)]
    show_rows(output, rows, _DEVIATION_COLUMNS, "No client deviates from any of the profiles.")
