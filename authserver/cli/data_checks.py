"""Checks of ``authserver doctor`` of what an installation owns: schema, keys, people, jobs."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from authserver.cli.administrators import has_administrator
from authserver.cli.findings import Advice, UnwellError
from authserver.cli.services import services_of
from authserver.job_queue.job import Status
from authserver.job_queue.service import JobQueueService
from authserver.settings import Settings
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.storage.migrations import check_schema, head_revision
from authserver.wiring import Services, Stores

_KEY_FILE = "key_encryption_key"
# A job is begun as soon as it is left, and one that failed waits by itself until it is due.
_LONGEST_WAIT = 300
_START_WORKER = "Start `authserver worker` beside the servers; its log says why it ends."


def schema(settings: Settings) -> str:
    """Whether this release suits the database."""
    with _services(settings) as services:
        revision, ours = check_schema(services.get(Database)), head_revision()
    if revision == ours:
        return f"At revision {revision}, which this release needs."
    return (
        f"At revision {revision}, which is newer than this release ({ours}) and suits it as well."
    )


def keys_folder(settings: Settings) -> str:
    """Who may write there may put another key in the place of ours (CWE-732)."""
    folder = settings.keys_dir
    if settings.key_encryption_key:
        return "Not needed: the key comes from the settings."
    if not folder.exists():
        return f"{folder} is not there yet."
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnwellError(
            f"Others may write to {folder} (mode {mode:04o}), and so put another key there.",
            f"Expected 0700: run `chmod 700 {folder}`.",
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UnwellError(
            f"{folder} cannot be read by this user.",
            f"Run as its owner, or give it to this user: `chown` {folder}.",
        )
    return f"{folder} is its owner's alone."


def key_encryption_key(settings: Settings) -> str | Advice:
    """Wiring reads it, or says what is wrong with it."""
    with _services(settings) as services:
        if services.get(Stores).key_store.size > 1:
            return Advice(
                "It is being exchanged: there are several, of which the first seals.",
                "When all servers and workers have the new one first, run `authserver key reseal`, "
                "and then take the others away.",
            )
        if settings.key_encryption_key:
            return "From the settings."
        return f"In {settings.keys_dir / _KEY_FILE}."


def signing_keys(settings: Settings) -> str:
    """Opens all that the server needs: only the right key-encryption key does."""
    with _services(settings) as services:
        services.get(InstallationSecret).read()
        signing = services.get(SigningService)
        signing.ring()
        active = {key.algorithm for key in signing.list_keys() if key.state == "active"}
    missing = [name for name in settings.signing_algorithms if name not in active]
    if missing:
        raise UnwellError(
            f"No key signs by {', '.join(missing)} yet.",
            "Run `authserver bootstrap`; a new algorithm signs some minutes after that.",
        )
    return f"{', '.join(settings.signing_algorithms)}: one signs by each."


def administrator(settings: Settings) -> str:
    """Somebody has to be able to appoint the others."""
    with _services(settings) as services:
        if has_administrator(services):
            return "There is one who can sign in."
    raise UnwellError(
        "There is none who can sign in.",
        "Run `authserver bootstrap --admin-email ...`, or `authserver user enable ...`.",
    )


def jobs(settings: Settings) -> str | Advice:
    """Whether anybody does what requests leave behind."""
    with _services(settings) as services:
        queue = services.get(JobQueueService)
        figures, workers = queue.figures(), queue.living_workers()
    late = [each for each in figures if each.waiting_seconds]
    waiting = sum(each.number for each in late)
    longest = max((each.waiting_seconds for each in late), default=0.0)
    failed = sum(each.number for each in figures if each.status is Status.FAILED)
    jobs_wait = f"Jobs wait ({waiting}, one for {longest / 60:.0f} min)"
    if waiting and not workers:
        raise UnwellError(f"{jobs_wait}, and no worker gives a sign of life.", _START_WORKER)
    if longest > _LONGEST_WAIT:
        raise UnwellError(
            f"{jobs_wait} although {workers} workers live.",
            "Look into the log of the workers for what fails, or start more of them.",
        )
    if not workers:
        return Advice("No worker gives a sign of life, and nothing waits for one.", _START_WORKER)
    if failed:
        return Advice(
            f"Given up during the last week: {failed} jobs.",
            "See which with `authserver jobs list --status failed`; why is in the log of the "
            "workers (job.given_up). `authserver jobs retry ID` lets one be done again.",
        )
    return f"Workers that live: {workers}; jobs that are due: {waiting}."


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    """The services, unless that would make a key-encryption key: a doctor only looks."""
    path = settings.keys_dir / _KEY_FILE
    if not settings.key_encryption_key and not path.exists():
        raise UnwellError(
            f"There is none: neither AUTHSERVER_KEY_ENCRYPTION_KEY nor {path}.",
            "Restore it from your backup; for a new installation run `authserver bootstrap`.",
        )
    with services_of(settings) as services:
        yield services
