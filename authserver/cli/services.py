"""The object graph for the length of one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from authserver.cli.found_settings import find_settings
from authserver.cli.output import RefusedError

if TYPE_CHECKING:
    from authserver.settings import Settings
    from authserver.wiring import Services


@contextmanager
def open_services() -> Iterator["Services"]:
    """The services of the server that was found, on a database with the right schema.

    Raises what :func:`find_settings` does, SchemaError, SigningKeysError and Unavailable.
    """
    from authserver.errors import Unavailable
    from authserver.storage.db import Database
    from authserver.storage.migrations import check_schema

    found = find_settings()
    with services_of(found.settings) as services:
        try:
            check_schema(services.get(Database))
        except Unavailable as error:
            if found.folder is None:
                raise
            raise RefusedError(
                "not_running",
                f"The development server in {found.folder} is not running. Start it: make run",
            ) from error
        yield services


@contextmanager
def services_of(settings: "Settings") -> Iterator["Services"]:
    """The services that settings make; their connections are closed at the end of the block."""
    from authserver.observability.logs import configure_logs
    from authserver.wiring import Stores, build

    configure_logs("WARNING", "console")
    services = build(settings)
    stores = services.get(Stores)
    try:
        yield services
    finally:
        stores.database.close()
        if stores.redis is not None:
            stores.redis.close()
