"""``authserver openapi``: the description of the REST API."""

import click


@click.command()
@click.option("--issuer", default="https://id.example.com", show_default=True, help="Its server.")
@click.option("--output", type=click.Choice(["json"]), default="json", help="Always JSON.")
def openapi(issuer: str, output: str) -> None:
    """Print the OpenAPI document of the REST API.

    It needs neither settings nor a database.

    \b
    Example:
      authserver openapi > openapi.json
    """
    from authserver.app import assemble
    from authserver.ids import new_secret
    from authserver.observability.logs import configure_logs
    from authserver.settings import Settings
    from authserver.wiring import build

    configure_logs("WARNING", "console")
    # Nobody is asked for anything, so any database and any key will do.
    settings = Settings(
        issuer=issuer, database_url="postgresql://localhost/none", key_encryption_key=new_secret()
    )
    application = assemble(settings, build(settings))
    click.echo(application.test_client().get("/api/openapi.json").text)
