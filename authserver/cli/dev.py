"""``authserver dev``: everything at once on a developer's machine."""

from pathlib import Path

import click

from authserver.cli.output import output_option


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), envvar="PORT", default=8000, show_default=True
)
@click.option(
    "--var",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="VAR",
    default="var",
    show_default=True,
    help="The folder for everything that it keeps.",
)
@click.option("--end-with-parent", is_flag=True, hidden=True, help="For make.")
@output_option
def dev(port: int, var: Path, end_with_parent: bool, output: str) -> None:
    """Run a server for development.

    It brings a PostgreSQL and a Valkey of its own; AUTHSERVER_DATABASE_URL and
    AUTHSERVER_REDIS_URL, when set, are used instead. It ends with Ctrl-C and leaves nothing
    running; the data stay in the folder.

    \b
    Example:
      authserver dev --port 8123 --var /tmp/authserver
    """
    from authserver.cli.dev_server import run

    run(port, var.absolute(), output, end_with_parent=end_with_parent)
