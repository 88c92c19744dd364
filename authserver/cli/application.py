"""The application as each worker process of a server loads it."""

import time
from collections.abc import Callable

import structlog
from flask import Flask

from authserver.app import create_app
from authserver.errors import Unavailable
from authserver.maintenance import maintain_in_background
from authserver.settings import Settings
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.storage.migrations import check_schema
from authserver.wiring import Services, build

_PAUSE = 0.5

log = structlog.get_logger(__name__)


def check_start(settings: Settings) -> None:
    """Find out, before any worker is made, whether the server can do its work.

    Raises KeyStoreError, SchemaError, SigningKeysError and Unavailable. No connection stays open:
    after the fork it would be everybody's.
    """
    services = build(settings)
    database = services.get(Database)
    try:
        check_schema(database)
        services.get(SigningService).ring()
    finally:
        database.close()


def load_application(settings: Settings, end_if_alone: Callable[[], None]) -> Flask:
    """The application of one worker, warm.

    A worker that starts while PostgreSQL is away waits for it: if it failed, the server would end
    the others with it, and these can still serve the keys. ``end_if_alone`` is asked meanwhile; it
    raises SystemExit when there is nobody left to work for.
    """
    services = build(settings)
    application = _create(settings, services, end_if_alone)
    maintain_in_background(services)
    return application


def _create(settings: Settings, services: Services, end_if_alone: Callable[[], None]) -> Flask:
    told = False
    while True:
        try:
            return create_app(settings, services)
        except Unavailable as error:
            if not told:
                log.warning("worker.waits", reason=error.detail)
            told = True
            time.sleep(_PAUSE)
            end_if_alone()
