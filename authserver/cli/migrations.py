"""``authserver migrate``: the schema of the database."""

import tempfile
from pathlib import Path

import click

from authserver.cli.found_settings import find_settings
from authserver.cli.output import output_option, show_done


@click.command()
@output_option
def migrate(output: str) -> None:
    """Bring the database to the schema of this release.

    It waits while somebody else does the same. The schema of a later release stays as it is.

    \b
    Example:
      authserver migrate
    """
    from authserver.observability.logs import configure_logs
    from authserver.storage.migrations import migrate as bring_up_to_date

    settings = find_settings().settings
    configure_logs("WARNING", "console")
    revision = bring_up_to_date(settings.database_url)
    show_done(output, f"The database is at revision {revision}.", {"revision": revision})


@click.command(hidden=True)
@click.argument("message")
@click.option("--revision", "rev_id", help="The id of the revision. Default: a random one.")
@output_option
def migration(message: str, rev_id: str | None, output: str) -> None:
    """Write the migration that leads to the models, for developers of Authserver.

    It compares them with an embedded database that has all migrations so far.

    \b
    Example:
      authserver migration "add devices"
    """
    from authserver.devservices.postgres import EmbeddedPostgres
    from authserver.storage.migrations import make_revision
    from authserver.storage.migrations import migrate as bring_up_to_date

    with (
        tempfile.TemporaryDirectory(prefix="authserver-") as folder,
        EmbeddedPostgres(Path(folder), durable=False) as server,
    ):
        bring_up_to_date(server.url)
        make_revision(server.url, message, rev_id)
    show_done(output, "The migration is written. Read it before you commit it.", {"made": message})
