"""The worker that does the jobs, told what our settings mean for it."""

import time
from pathlib import Path

import structlog

from authserver.cli.metrics_server import metrics_of
from authserver.cli.telemetry import follow_services, start_telemetry
from authserver.errors import Unavailable
from authserver.gauges import WORKER, record
from authserver.jobs import jobs
from authserver.settings import Settings
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.storage.job_worker import JobWorker
from authserver.storage.migrations import check_schema
from authserver.storage.notices import RedisNotices
from authserver.wiring import Services, Stores, build

log = structlog.get_logger(__name__)
_PAUSE = 0.5


def work(settings: Settings) -> None:
    """Do jobs until told to end. Raises KeyStoreError, SigningKeysError and SchemaError."""
    with metrics_of(settings) as metrics:
        _work(settings, metrics)


def _work(settings: Settings, metrics: Path | None) -> None:
    start_telemetry(settings)
    services = build(settings)
    follow_services(services)
    if metrics is not None:
        record(services, metrics, WORKER, jobs(services))
    _wait_until_ready(services)
    stores = services.get(Stores)
    if isinstance(stores.notices, RedisNotices):
        stores.notices.start()
    JobWorker(settings.database_url, jobs(services)).run()
    stores.database.close()


def work_once(settings: Settings) -> None:
    """Do what is due now. Raises what :func:`work` does, and Unavailable."""
    start_telemetry(settings)
    services = build(settings)
    follow_services(services)
    database = services.get(Database)
    try:
        _check(services)
        JobWorker(settings.database_url, jobs(services)).run_until_empty()
    finally:
        database.close()


def _check(services: Services) -> None:
    """Whether it can do its work, as servers find out when they start."""
    check_schema(services.get(Database))
    services.get(SigningService).ring()
    services.get(InstallationSecret).read()


def _wait_until_ready(services: Services) -> None:
    """A worker that starts while PostgreSQL is away waits for it, as those of the server do."""
    told = False
    while not _is_ready(services, told=told):
        told = True
        time.sleep(_PAUSE)


def _is_ready(services: Services, *, told: bool) -> bool:
    try:
        _check(services)
    except Unavailable as error:
        if not told:
            log.warning("worker.waits", reason=error.detail)
        return False
    return True
