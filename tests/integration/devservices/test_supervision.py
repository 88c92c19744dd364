import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from authserver.devservices import supervision
from authserver.devservices.errors import EmbeddedServerError
from authserver.devservices.supervision import Child, FolderLock

LAUNCHER = """
import signal
# A shell starts what it puts into the background with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
import sys, time
from pathlib import Path
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey

folder = Path(sys.argv[1])
with EmbeddedPostgres(folder, durable=False) as postgres, EmbeddedValkey(folder) as valkey:
    print(postgres.pid, valkey.pid, flush=True)
    time.sleep(60)
"""

HOLDER = """
import sys, time
from pathlib import Path
from authserver.devservices.supervision import FolderLock

lock = FolderLock(Path(sys.argv[1]))
assert lock.acquire()
lock.note("http://127.0.0.1:8080")
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def python(program, *arguments):
    """Another Python that runs ``program``, and the first line that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def launcher(tmp_path):
    """A process like `authserver dev`: its Popen, and the processes of its servers."""
    with python(LAUNCHER, tmp_path) as (process, line):
        masters = [int(word) for word in line.split()]
        yield process, masters + [child for master in masters for child in children_of(master)]


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock on the folder."""
    with python(HOLDER, tmp_path) as (process, _):
        yield process


@pytest.fixture
def sleeper(tmp_path):
    child = Child("sleeper", tmp_path / "sleeper.log")
    yield child
    child.end(signal.SIGKILL, 5)


def children_of(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


def is_alive(pid):
    """Whether it runs; one that has ended and is not yet buried does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def survivors(pids, seconds=20.0):
    deadline = time.monotonic() + seconds
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_the_process_that_started_it(launcher, how):
    process, pids = launcher
    assert len(pids) > 5
    assert all(map(is_alive, pids))

    process.send_signal(how)

    assert survivors(pids) == []


def test_a_second_process_is_told_where_the_first_one_answers(holder, tmp_path):
    second = FolderLock(tmp_path)

    assert not second.acquire()
    assert second.read() == "http://127.0.0.1:8080"


def test_the_lock_goes_with_the_process_that_held_it(holder, tmp_path):
    holder.kill()
    holder.wait()
    second = FolderLock(tmp_path)

    assert second.acquire()
    assert second.read() == ""


def test_a_released_lock_lets_the_next_one_in(tmp_path):
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire()

    first.release()

    assert second.acquire()
    second.release()


def test_a_lock_that_is_not_held_takes_no_note(tmp_path):
    with pytest.raises(EmbeddedServerError, match="is not held"):
        FolderLock(tmp_path).note("http://127.0.0.1:8080")


def test_the_terminals_ctrl_c_does_not_reach_a_child(sleeper):
    sleeper.start(["sleep", "60"], last_signal=signal.SIGKILL)

    assert os.getsid(sleeper.pid) == sleeper.pid


def test_a_child_without_setpriv_still_ends_with_its_parent(tmp_path):
    program = (
        "import os, signal, sys; from authserver.devservices import supervision;"
        "supervision._works = lambda command: False;"
        "print(supervision.spawn(['sleep', '60'], 1, signal.SIGKILL).pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )

    with python(program) as (_, line):
        assert survivors([int(line)]) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become nobody.")
def test_where_root_may_not_make_a_namespace_the_child_is_nobody(sleeper, tmp_path, monkeypatch):
    works = supervision._works
    monkeypatch.setattr(supervision, "_works", lambda it: it[0] != "unshare" and works(it))

    sleeper.start(["sleep", "60"], last_signal=signal.SIGKILL, as_nobody_in=tmp_path)
    sleeper.wait_until(lambda: Path(f"/proc/{sleeper.pid}/comm").read_text() == "sleep\n", 5)

    assert os.stat(f"/proc/{sleeper.pid}").st_uid == supervision.NOBODY


def test_a_child_is_not_started_from_a_thread_that_may_end_before_us(sleeper):
    refusals = []

    def start():
        try:
            sleeper.start(["sleep", "60"], last_signal=signal.SIGKILL)
        except EmbeddedServerError as refusal:
            refusals.append(str(refusal))

    thread = Thread(target=start)
    thread.start()
    thread.join()

    assert "from the main thread" in refusals[0]


def test_a_child_that_does_not_obey_is_reported(sleeper):
    sleeper.start(["sh", "-c", "trap '' TERM; echo set; exec sleep 60"], last_signal=signal.SIGKILL)
    sleeper.wait_until(lambda: sleeper._log.read_text() == "set\n", 5)

    assert not sleeper.end(signal.SIGTERM, 0.1)


def test_a_child_that_never_answers_is_ended(sleeper):
    sleeper.start(["sleep", "60"], last_signal=signal.SIGKILL)
    pid = sleeper.pid

    with pytest.raises(EmbeddedServerError, match=r"did not answer within 0\.1 s"):
        sleeper.wait_until(lambda: False, 0.1)

    assert not is_alive(pid)


def test_a_fork_of_the_starter_does_not_end_the_child(sleeper):
    sleeper.start(["sleep", "60"], last_signal=signal.SIGKILL)

    fork = os.fork()
    if fork == 0:
        sleeper.end(signal.SIGKILL, 1)
        os._exit(0)
    os.waitpid(fork, 0)

    assert sleeper.is_running()


def test_the_log_of_the_run_before_is_kept(sleeper, tmp_path):
    for text in ("first", "second"):
        sleeper.start(["echo", text], last_signal=signal.SIGKILL)
        sleeper._process.wait()

    assert (tmp_path / "sleeper.log.old").read_text() == "first\n"
    assert (tmp_path / "sleeper.log").read_text() == "second\n"
