"""What ``deploy/backup`` refuses, keeps and removes, without a server."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from authserver.clock import SystemClock
from tests.support.archiving_postgres import SCRIPTS, BackupScripts

FIRST = "000000010000000000000001"
USAGES = {
    "dump.sh": ("one too many",),
    "dump-verify.sh": (),
    "dump-restore.sh": (),
    "base.sh": ("one too many",),
    "base-verify.sh": ("two", "too many"),
    "restore-to.sh": (),
    "wal-archive.sh": ("only one",),
    "wal-fetch.sh": ("only one",),
    "prune.sh": ("one too many",),
}


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    return folder


@pytest.fixture
def scripts(vault: Path, tmp_path: Path) -> BackupScripts:
    conf = tmp_path / "backup.conf"
    conf.write_text(f"BACKUP_DIR={vault}\nBACKUP_KEEP_DAYS=7\n")
    return BackupScripts(conf, {})


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    path = tmp_path / "segment"
    path.write_bytes(b"the log" * 1000)
    return path


def days_ago(days: float) -> str:
    then = SystemClock().now() - timedelta(days=days)
    return then.strftime("%Y%m%dT%H%M%SZ")


def put_base(vault: Path, name: str, first_wal: str) -> Path:
    folder = vault / "base" / name
    folder.mkdir(parents=True)
    (folder / "facts").write_text(
        f"first_wal={first_wal}\nwal_segment_size=16777216\nrestores_from=1700000000\n"
    )
    return folder


def put_log(vault: Path, *numbers: int) -> None:
    folder = vault / "wal"
    folder.mkdir(exist_ok=True)
    for number in numbers:
        for suffix in ("wal", "sha256"):
            (folder / f"{'0' * 7}1{number:016X}.{suffix}").touch()


def kept_log(vault: Path) -> list[int]:
    return sorted(int(path.stem[8:], 16) for path in (vault / "wal").glob("*.wal"))


# Messages and exit codes ----------------------------------------------------------------------


def test_every_script_is_known_here():
    runnable = {path.name for path in SCRIPTS.glob("*.sh") if os.access(path, os.X_OK)}

    assert runnable == set(USAGES)


@pytest.mark.parametrize("name", USAGES)
def test_a_wrong_command_line_is_told_from_a_failure(scripts, name):
    done = scripts.run(name, *USAGES[name])

    assert done.code == 2
    assert done.said.startswith(f"{name}: Usage: {name}")


def test_without_settings_it_says_where_they_should_be(tmp_path):
    done = BackupScripts(tmp_path / "missing.conf", {}).run("dump.sh")

    assert done.code == 1
    assert f"{tmp_path}/missing.conf cannot be read" in done.said


def test_a_disk_that_is_not_mounted_is_no_empty_folder(scripts, vault):
    vault.rmdir()

    done = scripts.run("dump.sh")

    assert (done.code, f"BACKUP_DIR={vault} is not there" in done.said) == (1, True)


def test_shellcheck_is_told_where_the_shared_file_lies():
    """`make check` runs it on all of them; without this line it would follow nothing."""
    assert "source-path=SCRIPTDIR" in (SCRIPTS / ".shellcheckrc").read_text()


def test_the_example_is_a_file_that_the_scripts_can_read(tmp_path, vault):
    """Only its folder is another one on each machine."""
    example = (SCRIPTS / "backup.conf.example").read_text()
    conf = tmp_path / "example.conf"
    conf.write_text(example.replace("/var/backups/authserver", str(vault)))

    assert BackupScripts(conf, {}).run("prune.sh").code == 0


# The log --------------------------------------------------------------------------------------


def test_what_was_archived_comes_back(scripts, segment, tmp_path):
    assert scripts.run("wal-archive.sh", segment, FIRST).code == 0

    done = scripts.run("wal-fetch.sh", FIRST, tmp_path / "back")

    assert done.code == 0, done.said
    assert (tmp_path / "back").read_bytes() == segment.read_bytes()


def test_the_same_file_may_be_archived_twice(scripts, segment):
    """PostgreSQL does so after a crash, and would stop archiving if it were refused."""
    codes = [scripts.run("wal-archive.sh", segment, FIRST).code for _ in range(2)]

    assert codes == [0, 0]


def test_another_file_never_replaces_one_that_is_kept(scripts, segment, vault):
    scripts.run("wal-archive.sh", segment, FIRST)
    before = (vault / "wal" / f"{FIRST}.wal").read_bytes()
    segment.write_bytes(b"of another server")

    done = scripts.run("wal-archive.sh", segment, FIRST)

    assert (done.code, "with other content" in done.said) == (1, True)
    assert (vault / "wal" / f"{FIRST}.wal").read_bytes() == before


def test_a_file_that_could_not_be_sealed_is_not_acknowledged(scripts, segment, vault):
    """PostgreSQL keeps what was not acknowledged, and asks again."""
    with scripts.conf.open("a") as settings:
        settings.write("BACKUP_ENCRYPT=false\n")

    done = scripts.run("wal-archive.sh", segment, FIRST)

    assert done.code == 1
    assert not (vault / "wal" / f"{FIRST}.wal").exists()


def test_the_end_of_the_log_is_told_from_a_damaged_file(scripts, segment, vault, tmp_path):
    """Taken for the end, it would let PostgreSQL open too early; above 125 it gives up."""
    scripts.run("wal-archive.sh", segment, FIRST)
    (vault / "wal" / f"{FIRST}.sha256").write_text("another\n")

    missing = scripts.run("wal-fetch.sh", "000000010000000000000002", tmp_path / "back")
    damaged = scripts.run("wal-fetch.sh", FIRST, tmp_path / "back")

    assert (missing.code, damaged.code) == (1, 200)


# Restoring --------------------------------------------------------------------------------------


def test_a_folder_with_data_is_not_touched(scripts, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("18")

    done = scripts.run("restore-to.sh", tmp_path / "data")

    assert (done.code, "is not empty" in done.said) == (1, True)


@pytest.mark.parametrize("time", ["yesterday-ish", "2026-11-22 12:00:00"])
def test_a_time_that_may_be_misread_is_refused(scripts, tmp_path, time):
    """Without a zone it would be that of whoever runs it."""
    done = scripts.run("restore-to.sh", tmp_path / "data", time)

    assert (done.code, "Write it so: 2026-11-22 12:00:00+00" in done.said) == (1, True)


def test_no_base_backup_serves_a_time_before_its_end(scripts, vault, tmp_path):
    put_base(vault, days_ago(1), FIRST)

    done = scripts.run("restore-to.sh", tmp_path / "data", "2023-11-14 00:00:00+00")

    assert (done.code, "Name a later time" in done.said) == (1, True)


# Pruning ----------------------------------------------------------------------------------------


def test_dumps_of_the_kept_days_stay(scripts, vault):
    (vault / "dumps").mkdir()
    names = [f"{days_ago(days)}.dump" for days in (6, 8, 30)]
    for name in names:
        (vault / "dumps" / name).touch()
        (vault / "dumps" / f"{name}.sha256").touch()

    done = scripts.run("prune.sh")

    left = {path.name for path in (vault / "dumps").iterdir()}
    assert done.code == 0, done.said
    assert left == {names[0], f"{names[0]}.sha256"}


def test_the_last_backup_stays_however_old_it_is(scripts, vault):
    (vault / "dumps").mkdir()
    (vault / "dumps" / f"{days_ago(300)}.dump").touch()
    put_base(vault, days_ago(300), FIRST)

    scripts.run("prune.sh")

    assert len(list((vault / "dumps").iterdir())) == len(list((vault / "base").iterdir())) == 1


def test_the_oldest_day_can_still_be_restored(scripts, vault):
    """It needs the base backup before it, and the log from there on; what is older goes."""
    for days, first in ((20, 1), (9, 5), (3, 9)):
        put_base(vault, days_ago(days), f"{'0' * 7}1{first:016X}")
    put_log(vault, *range(1, 12))

    scripts.run("prune.sh")

    assert sorted(path.name[:8] for path in (vault / "base").iterdir()) == [
        days_ago(9)[:8],
        days_ago(3)[:8],
    ]
    assert kept_log(vault) == list(range(5, 12))
    assert len(list((vault / "wal").glob("*.sha256"))) == 7


def test_without_a_base_backup_the_log_is_not_touched(scripts, vault):
    put_log(vault, 1, 2)

    scripts.run("prune.sh")

    assert kept_log(vault) == [1, 2]


@pytest.mark.parametrize("days", ["0", "-1", "two weeks", "1; true"])
def test_days_that_are_no_number_remove_nothing(scripts, vault, days):
    (vault / "dumps").mkdir()
    for age in (100, 200):
        (vault / "dumps" / f"{days_ago(age)}.dump").touch()
    with scripts.conf.open("a") as settings:
        settings.write(f"BACKUP_KEEP_DAYS='{days}'\n")

    done = scripts.run("prune.sh")

    assert (done.code, "expected a number of days" in done.said) == (1, True)
    assert len(list((vault / "dumps").iterdir())) == 2


def test_the_scripts_run_without_a_terminal_and_without_a_home(scripts):
    """As cron and PostgreSQL run them."""
    done = subprocess.run(
        ["env", "-i", f"PATH={scripts.path}", f"BACKUP_CONF={scripts.conf}", SCRIPTS / "prune.sh"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
