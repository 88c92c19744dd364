"""``authserver maintenance``: what a running server does by itself, now."""

import dataclasses

import click

from authserver.cli.output import output_option, show_record
from authserver.cli.services import open_services


@click.group()
def maintenance() -> None:
    """Remove what has expired, rotate keys when due."""


@maintenance.command(name="run")
@output_option
def run_once(output: str) -> None:
    """One round of what workers do by the clock, and servers where no worker does it.

    \b
    Example:
      authserver maintenance run
    """
    from authserver.maintenance import maintain

    with open_services() as services:
        done = maintain(services)
    show_record(output, dataclasses.asdict(done))
