"""``authserver doctor``: what is wrong with an installation, and how to mend it."""

import click

from authserver.cli.output import JSON, output_option, show_rows

_COLUMNS = ("check", "result", "finding", "mend")


@click.command()
@output_option
def doctor(output: str) -> None:
    """Find out what is wrong, and how to mend it.

    It looks at the settings, PostgreSQL, Redis, the schema, the keys and the administrators.
    Exits with 1 when something is wrong.

    \b
    Example:
      authserver doctor
    """
    from authserver.cli.checks import examine

    findings = examine()
    rows = [
        {
            "check": finding.check,
            "ok": finding.ok,
            "result": "ok" if finding.ok else "WRONG",
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
