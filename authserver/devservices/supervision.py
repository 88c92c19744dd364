"""Child processes that never outlive us, and the lock that gives a folder to one of us at a time.

On Linux the kernel itself ends a child when we end, however we end: the child asks for a signal at
the death of its parent (PR_SET_PDEATHSIG, prctl(2)). Three things are to be known of it. It is
forgotten when the credentials change, so it is asked for last, after `unshare` or the change of the
user. It follows the *thread* that started the child, so only the main thread may start one. And a
parent that dies before the child has asked is not noticed, so the child looks once more whose child
it is before it becomes the server. Elsewhere only ``Child.end`` ends a child.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from authserver.devservices.errors import EmbeddedServerError
from authserver.devservices.folders import prepare_folder

POLL_SECONDS = 0.02
NOBODY = 65534
_PR_SET_PDEATHSIG = 1
_TAIL_LINES = 12
_EXEC_IF_STILL_OURS = '[ "$PPID" = "$0" ] || exit 1; exec "$@"'
# The servers need none of our settings, and must not be steered by the caller's PGPORT or LC_ALL.
_ENVIRONMENT: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Child:
    """One program that runs as our direct child, in a session of its own, and writes to a log.

    Its own session keeps a Ctrl-C in the terminal away from it: we get the signal, and end first
    what uses the server.
    """

    def __init__(self, name: str, log: Path) -> None:
        self._name = name
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._starter = 0

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EmbeddedServerError(f"The embedded {self._name} has not been started.")
        return self._process.pid

    def start(
        self,
        command: Sequence[str],
        *,
        last_signal: signal.Signals,
        as_nobody_in: Path | None = None,
    ) -> None:
        """Start ``command``; the kernel sends it ``last_signal`` when this process dies.

        A program that refuses to run as root is given ``as_nobody_in``, a folder it must be able to
        write.
        """
        if self.is_running():
            raise EmbeddedServerError(f"The embedded {self._name} is running already.")
        _set_aside(self._log)
        with open(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            self._process = spawn(command, log.fileno(), last_signal, as_nobody_in)
        self._starter = os.getpid()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait until the server answers; raise with the end of its log if it exits or does not.

        Whatever goes wrong here, a Ctrl-C included, no server is left half started.
        """
        try:
            self._poll(is_ready, seconds)
        except BaseException:
            self.end(signal.SIGKILL, seconds)
            raise

    def _poll(self, is_ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_ready():
            if not self.is_running():
                raise EmbeddedServerError(self._with_log("stopped while it was starting"))
            if time.monotonic() > deadline:
                raise EmbeddedServerError(self._with_log(f"did not answer within {seconds:g} s"))
            time.sleep(POLL_SECONDS)

    def end(self, how: signal.Signals, seconds: float) -> bool:
        """Ask the server to end; False if it is still there after ``seconds``.

        A fork of the process that started it (a worker of gunicorn) has no say in the matter.
        """
        if self._process is None or self._starter != os.getpid():
            return True
        if self.is_running():
            self._process.send_signal(how)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._process = None
        return True

    def _with_log(self, what: str) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
        return "\n".join([f"The embedded {self._name} {what}. {self._log} ends with:", *lines])


def spawn(
    command: Sequence[str],
    output: int,
    last_signal: signal.Signals,
    as_nobody_in: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` bound to the life of this process, with all it says going to ``output``."""
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedServerError(
            "Start the embedded servers from the main thread: "
            "the kernel ends each together with the thread that started it."
        )
    bound = _bound_to_us(command, last_signal, as_nobody_in if os.geteuid() == 0 else None)
    return subprocess.Popen(  # noqa: S603 - the commands are ours, nothing comes from outside.
        bound or command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=_ENVIRONMENT,
        start_new_session=True,
        preexec_fn=None if bound else _request_for_last_signal(last_signal),
    )


def _bound_to_us(
    command: Sequence[str], last_signal: signal.Signals, as_nobody_in: Path | None
) -> list[str]:
    """The command line that asks for the last signal and becomes ``command``, or an empty one."""
    if sys.platform != "linux" and as_nobody_in is None:
        return []
    ask = ["setpriv", "--pdeathsig", last_signal.name.removeprefix("SIG")]
    if not _works([*ask, "true"]):
        if as_nobody_in is not None:
            raise EmbeddedServerError(
                "PostgreSQL refuses to run as root, and the tool to run it as another user is "
                "missing. Install setpriv (package util-linux), or start as an ordinary user."
            )
        return []
    if as_nobody_in is not None:
        ask = _ask_as_nobody(ask, as_nobody_in, command[0])
    return [*ask, "sh", "-c", _EXEC_IF_STILL_OURS, str(os.getpid()), *command]


def _ask_as_nobody(ask: list[str], folder: Path, program: str) -> list[str]:
    """Root in a user namespace of its own is nobody to the server, and the files stay root's.

    Containers often forbid new namespaces, and in one root may no longer pass through the private
    folders of others. There the server runs as nobody in truth, and keeps the one capability that
    opens every folder.
    """
    namespace = ["unshare", "--user", f"--map-user={NOBODY}", "--"]
    if _works([*namespace, "sh", "-c", '[ -w "$0" ] && [ -x "$1" ]', str(folder), program]):
        return [*namespace, *ask]
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [*ask, *user, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def _works(command: Sequence[str]) -> bool:
    if shutil.which(command[0], path=os.defpath) is None:
        return False
    done = subprocess.run(  # noqa: S603 - the commands are ours, nothing comes from outside.
        command, env=_ENVIRONMENT, capture_output=True, check=False
    )
    return done.returncode == 0


def _request_for_last_signal(last_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child does between fork and exec where `setpriv` is missing.

    The library is opened before the fork: after it, little more than a system call is safe.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def request() -> None:
        prctl(_PR_SET_PDEATHSIG, int(last_signal))
        if os.getppid() != parent:
            os._exit(1)

    return request


def _set_aside(log: Path) -> None:
    """Keep the log of the run before this one, and no more."""
    if log.exists():
        log.replace(log.with_suffix(".log.old"))


class FolderLock:
    """Held by the one process that may run servers on a folder; gone with it, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "lock"
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock, or return False at once if another process has it."""
        if self._descriptor is not None:
            return True
        prepare_folder(self._folder)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        self._descriptor = descriptor
        return True

    def note(self, text: str) -> None:
        """Leave word for whoever comes second, such as the address that answers."""
        if self._descriptor is None:
            raise EmbeddedServerError(f"The lock {self._path} is not held, so it takes no note.")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def read(self) -> str:
        """What the holder has noted; empty while it is still starting."""
        return self._path.read_text() if self._path.exists() else ""

    def release(self) -> None:
        """Let the next one in; the file stays, for to remove it would let two hold a lock each."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
