"""What processes count, added up by another one, also when they are gone."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from authserver.observability import metrics_folder as folders
from authserver.observability.metrics import PROCESSES, REQUEST_SECONDS, SIGN_INS, THROTTLED
from authserver.observability.metrics_folder import MetricsFolder, metrics_folder
from authserver.observability.recording import Recording
from tests.support.metrics import Figures, parse


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folders, "_MEMORY", tmp_path)
    return tmp_path


@pytest.fixture
def shared(folder: Path):
    with metrics_folder() as shared:
        yield shared


def figures(folder: MetricsFolder) -> Figures:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(folder)
    return parse(generate_latest(registry).decode())


def in_process(life: Callable[[], None], *, end: Callable[[], None] = lambda: None) -> None:
    """``life`` in a process of its own, until it has ended."""
    pid = os.fork()
    if pid == 0:
        try:
            life()
            end()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def counting(folder: MetricsFolder, times: int) -> Callable[[], None]:
    def live() -> None:
        recording = Recording(folder.path, lambda: PROCESSES.of("server").set(1))
        recording.start()
        SIGN_INS.of("failed").add(times)
        REQUEST_SECONDS.of("/a").add(0.003)
        recording.write()

    return live


def test_what_one_process_counts_another_one_tells(shared):
    told: list[float] = []
    reading, writing = os.pipe()

    def live() -> None:
        counting(shared, 3)()
        os.write(writing, b"1")
        os.read(waiting, 1)

    waiting, going_on = os.pipe()
    pid = os.fork()
    if pid == 0:
        live()
        os._exit(0)
    os.read(reading, 1)
    found = figures(shared)
    told += [found.of("authserver_sign_in_attempts_total", outcome="failed")]
    told += [found.of("authserver_processes", kind="server")]
    os.write(going_on, b"1")
    os.waitpid(pid, 0)

    assert told == [3, 1]


def test_what_the_dead_counted_stays_counted(shared):
    for times in (3, 4, 5):
        in_process(counting(shared, times))
        figures(shared)

    assert figures(shared).of("authserver_sign_in_attempts_total", outcome="failed") == 12


def test_durations_of_the_dead_stay_in_their_buckets(shared):
    for _ in range(3):
        in_process(counting(shared, 1))

    found = figures(shared)
    name = "authserver_http_request_duration_seconds"
    assert found.of(f"{name}_bucket", le="0.0025") == 0
    assert found.of(f"{name}_bucket", le="0.005") == 3
    assert found.of(f"{name}_count") == 3


def test_the_dead_leave_no_gauge_behind(shared):
    in_process(counting(shared, 1))

    assert figures(shared).of("authserver_processes") == 0


def test_the_files_of_the_dead_go(shared):
    for _ in range(5):
        in_process(counting(shared, 1))
    shared.bury()

    names = {path.name for path in shared.path.iterdir()}
    assert names == {"lock", "counter_past.db", "histogram_past.db"}


def test_a_process_does_not_tell_what_its_parent_counted(shared):
    THROTTLED.of("sign_in").add(1_000)

    in_process(counting(shared, 1))

    assert figures(shared).of("authserver_throttle_refusals_total") == 0


def test_what_cannot_be_measured_keeps_nothing_from_being_told(shared):
    def fail() -> None:
        raise OSError

    def live() -> None:
        recording = Recording(shared.path, fail)
        recording.start()
        SIGN_INS.of("failed").add(2)
        recording.write()

    in_process(live)

    assert figures(shared).of("authserver_sign_in_attempts_total", outcome="failed") == 2


def test_nobody_else_may_look_into_the_folder(shared):
    assert shared.path.stat().st_mode & 0o777 == 0o700


def test_the_folder_goes_with_its_server(folder):
    with metrics_folder() as shared:
        path = shared.path

    assert not path.exists()


def test_the_folder_stays_when_a_worker_ends(shared):
    def live() -> None:
        with metrics_folder():
            pass

    in_process(live)

    assert shared.path.exists()


def test_the_folder_of_a_server_that_was_killed_goes_with_the_next(folder):
    def live() -> None:
        with metrics_folder():
            os._exit(1)

    in_process(live)
    left_behind = set(folder.iterdir())

    with metrics_folder() as shared:
        assert left_behind
        assert set(folder.iterdir()) == {shared.path}


def test_the_folder_of_another_server_that_lives_stays(shared):
    with metrics_folder() as other:
        assert shared.path.exists()
        assert other.path != shared.path


def test_a_file_that_cannot_be_read_stops_nobody(shared: MetricsFolder) -> None:
    """Of a process that was killed when it had only just made it."""
    (shared.path / "counter_1-abc.db").touch()
    (shared.path / "1-abc.lock").touch()

    with pytest.raises(Exception, match="unpack"):
        shared.bury()

    assert figures(shared) is not None
    assert list(shared.path.glob("counter_1-abc.db")) == []


def test_a_folder_is_never_seen_without_a_lock_that_is_held(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server that starts at this moment would take it for one that was left behind."""
    flock = fcntl.flock

    def look_first(descriptor: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        folders._remove_left_behind(folder)
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", look_first)
    with metrics_folder() as made:
        assert made.path.exists()
