"""The data folder of PostgreSQL is lost, and restored to a point in time by ``deploy/backup``.

One installation for all tests here, and one loss: each looks at a session of its own.
"""

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from authserver.devservices.errors import EmbeddedServerError
from authserver.settings import Settings
from authserver.signing.keys import SigningKeysError
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.storage.migrations import check_schema, head_revision
from authserver.wiring import build
from tests.attacks.rows import attack
from tests.factories.clients import AUDIENCE
from tests.support.archiving_postgres import ArchivingPostgres, BackupScripts, Ran
from tests.support.jwks_verifier import JwksVerifier
from tests.support.lost_database import ADDRESS, Held, Installation, install

IS_THERE = "SELECT EXISTS (SELECT FROM users WHERE id = %s::uuid)"


@dataclass(frozen=True)
class Restored:
    """The installation after the loss, and what the scripts said."""

    now: Installation
    held: Held
    verified: Ran
    told: Ran


@pytest.fixture(scope="module")
def restored() -> Iterator[Restored]:
    folder = Path(tempfile.mkdtemp(prefix="authserver-backups-"))
    try:
        with install(folder) as now:
            assert now.scripts.run("base.sh").code == 0
            # A base backup serves every time from the second after it on.
            time.sleep(1.1)
            held, point = now.live_on()
            verified = now.scripts.run("base-verify.sh")
            shutil.copytree(now.vault, folder / "vault at the loss")
            now.lose_everything()
            yield Restored(now, held, verified, now.restore_to(point))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def copy(restored: Restored, tmp_path: Path) -> BackupScripts:
    """The scripts on a copy of the backups, which a test may damage, as they were at the loss."""
    shutil.copytree(restored.now.folder / "vault at the loss", tmp_path / "vault")
    conf = tmp_path / "backup.conf"
    before = restored.now.scripts.conf.read_text()
    conf.write_text(before.replace(str(restored.now.vault), str(tmp_path / "vault")))
    return replace(restored.now.scripts, conf=conf)


@pytest.fixture
def another(copy: BackupScripts) -> Iterator[tuple[BackupScripts, ArchivingPostgres]]:
    """A machine with nothing but a copy of the backups."""
    folder = Path(tempfile.mkdtemp(prefix="authserver-another-"))
    postgres = ArchivingPostgres(folder, copy.conf)
    yield copy, postgres
    postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_backup_and_its_log_are_found_whole(restored):
    """The folder with the dates is what operators look at: what cannot be restored is no backup."""
    assert restored.verified.code == 0, restored.verified.said
    assert re.search(r"any time can be restored from \d{4}-", restored.verified.said)


def test_whoever_restores_is_told_what_to_do_next(restored):
    assert "authserver session end --all" in restored.told.said


def test_tokens_of_before_are_verified_by_the_same_keys(restored):
    """The keys are in the database, sealed by a key that is not."""
    verifier = JwksVerifier(restored.now.party.http, restored.now.server.base)

    claims = verifier.claims(restored.held.untouched["access_token"], AUDIENCE)

    assert claims["sub"] == str(restored.now.user.id)


@attack("FT-24")
def test_sessions_of_before_go_on(restored):
    assert restored.now.refresh(restored.held.untouched) == (200, None)


def test_what_was_done_after_the_point_is_gone(restored):
    ask = restored.now.postgres.ask

    assert ask(IS_THERE, str(restored.held.newcomer.id)) is False
    assert ask(IS_THERE, str(restored.now.user.id)) is True


def test_a_session_born_after_the_point_is_refused_in_good_order(restored):
    """RFC 6749, section 5.2: the client learns that it must ask its user again."""
    assert restored.now.refresh(restored.held.born_after) == (400, "invalid_grant")


@attack("FT-24")
def test_a_token_of_a_session_born_after_the_point_is_inactive(restored):
    answer = restored.now.party.introspect(restored.held.born_after["access_token"])

    assert answer.json == {"active": False}


@attack("FT-24")
def test_the_successor_that_was_handed_out_after_the_point_is_refused(restored):
    """The session is at the generation of before, so its client has to sign in again ..."""
    assert restored.now.refresh(restored.held.rotated_after) == (400, "invalid_grant")


def test_the_token_that_was_spent_after_the_point_works_again(restored):
    """... and whoever kept the spent token can use it: why all sessions are ended after this."""
    assert restored.now.refresh(restored.held.spent) == (200, None)


def test_a_session_revoked_after_the_point_lives_again(restored):
    """The same: a revocation (RFC 7009) is lost with everything else."""
    assert restored.now.refresh(restored.held.revoked_after) == (200, None)


def test_somebody_disabled_after_the_point_may_sign_in_again(restored):
    """For the list of what is to be done by hand again."""
    assert restored.now.party.password(restored.held.disabled_after).status_code == 200


def test_new_sessions_begin_after_the_restore(restored):
    answer = restored.now.party.password(restored.now.user)

    assert answer.status_code == 200
    assert restored.now.refresh(answer.json) == (200, None)


def test_the_schema_is_that_of_before(restored):
    services = build(restored.now.settings)
    with contextlib.closing(services.get(Database)) as database:
        assert check_schema(database) == head_revision()


def test_with_another_key_encryption_key_nothing_starts(restored, tmp_path):
    """A backup is worth nothing without the key; the refusal names the setting."""
    values = restored.now.server.settings_env | {"keys_dir": tmp_path}
    services = build(Settings(**values))

    with (
        contextlib.closing(services.get(Database)),
        pytest.raises(SigningKeysError, match="AUTHSERVER_KEY"),
    ):
        services.get(SigningService).ring()


def test_an_encrypted_backup_tells_nobody_anything(restored):
    kept = [
        path
        for path in restored.now.vault.rglob("*")
        if path.suffix == ".wal" or path.stem == "data"
    ]
    told = [path for path in kept if ADDRESS.encode() in path.read_bytes()]
    zipped = [path for path in kept if path.read_bytes().startswith(b"\x1f\x8b")]

    assert len(kept) > 3
    assert told == zipped == []


def test_the_archive_goes_on_after_the_restore(restored):
    """In another timeline, so that what was lost is not overwritten."""
    restored.now.postgres.archive_everything()

    assert list((restored.now.vault / "wal").glob("00000002*.wal"))
    assert (restored.now.vault / "wal" / "00000002.history.wal").exists()


def test_without_a_time_it_goes_to_the_end_of_the_log(restored, another):
    scripts, postgres = another
    done = scripts.run_as_postgres("restore-to.sh", postgres.data.parent, postgres.data)
    assert done.code == 0, done.said

    postgres.start()

    assert postgres.ask(IS_THERE, str(restored.held.newcomer.id)) is True


def test_a_time_that_the_log_does_not_reach_opens_nothing(another):
    """Whoever asks for a time must not be given an earlier one in silence."""
    scripts, postgres = another
    scripts.run_as_postgres(
        "restore-to.sh", postgres.data.parent, postgres.data, "2999-01-01 00:00:00+00"
    )

    with pytest.raises(EmbeddedServerError, match="before configured recovery target was reached"):
        postgres.start()


def test_a_gap_in_the_log_is_found(copy, tmp_path):
    """PostgreSQL would restore up to the gap, and nobody would know before it matters."""
    segments = sorted((tmp_path / "vault" / "wal").glob("00000001????????????????.wal"))
    segments[-2].unlink()

    done = copy.run("base-verify.sh")

    assert (done.code, f"a gap before {segments[-1].name}" in done.said) == (1, True), done.said


def test_a_damaged_log_is_found(copy, tmp_path):
    last = max((tmp_path / "vault" / "wal").glob("00000001????????????????.wal"))
    last.write_bytes(last.read_bytes()[:-100])

    done = copy.run("base-verify.sh")

    assert (done.code, f"{last.name} cannot be used" in done.said) == (1, True), done.said


def test_a_damaged_base_backup_is_found(copy, tmp_path):
    (data,) = (tmp_path / "vault" / "base").glob("*/data")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)

    done = copy.run("base-verify.sh")

    assert (done.code, "is damaged" in done.said) == (1, True), done.said
