"""A worker for gunicorn, whose threads take turns in waiting.

gunicorn's own threaded worker gives a thread to each connection that has sent its first byte: as
many clients as there are threads stop it by sending no second one (CWE-400, "Slowloris"). And it
hands each request from a thread that waits to one that works, and back, which costs more than most
of our answers. Here every thread waits for all connections at once, and goes on with the one that
speaks first: it takes what has come, answers when that is a whole request, and waits again. No
request changes threads, and no thread waits for one client alone.
"""

import math
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

import structlog
from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.workers.base import Worker as BaseWorker

from authserver import turns
from authserver.cli.arrivals import State
from authserver.cli.connections import Connection, prepare_listener

# The main thread looks after the others so often, and more often when they are to end.
_LOOK_SECONDS = 1.0
_DRAIN_LOOK_SECONDS = 0.1
# Told to end, we wait so long for a request on a connection that was kept alive: it may be on its
# way already.
_LAST_REQUEST_SECONDS = 2.0
# So many connections that the kernel has taken already are taken over at the end.
_BACKLOG = 256
_ONCE = select.EPOLLIN | select.EPOLLONESHOT
_ONCE_WRITABLE = select.EPOLLOUT | select.EPOLLONESHOT
_REFUSALS = {
    State.HEAD_TOO_LARGE: (431, "Request Header Fields Too Large"),
    State.BODY_TOO_LARGE: (413, "Content Too Large"),
}


class Worker(BaseWorker):  # type: ignore[misc]
    """As many requests at once as there are threads, and many more that are on their way."""

    alive: bool

    def run(self) -> None:
        """Serve until told to end, and then until what has begun is done."""
        self._epoll = select.epoll()
        self._open: set[Connection] = set()
        self._busy_since = math.inf
        # Who may speak. Whoever takes a connection out of here, has it to himself.
        self._waiting: dict[int, Connection] = {}
        self._listeners = {listener.fileno(): listener for listener in self.sockets}
        for listener in self.sockets:
            prepare_listener(listener)
            self._epoll.register(listener, _ONCE)
        for number in range(self.cfg.threads):
            threading.Thread(target=self._serve, name=f"requests-{number}", daemon=True).start()
        while self.alive and self.ppid == os.getppid():
            self._look_after(_LOOK_SECONDS)
        self._drain()

    # The main thread -----------------------------------------------------------------------------

    def _look_after(self, seconds: float) -> None:
        """Show that we live, and hang up on who took too long. A signal ends the waiting."""
        self.notify()
        if select.select([self.PIPE[0]], [], [], seconds)[0]:
            os.read(self.PIPE[0], 4096)
        now = time.monotonic()
        for connection in list(self._waiting.values()):
            if connection.until <= now:
                self._hang_up(connection)
        if now - self._busy_since > _LOOK_SECONDS:
            # It waits for something that nobody thought of.
            turns.take_away()

    def _drain(self) -> None:
        """Take nothing new but what the kernel has taken already, and wait for what there is."""
        for listener in self._listeners.values():
            self._epoll.unregister(listener)
            for connection in islice(iter(partial(self._accept, listener), None), _BACKLOG):
                self._wait_for(connection)
            listener.close()
        now = time.monotonic()
        while self._open and time.monotonic() < now + self.cfg.graceful_timeout:
            for connection in list(self._waiting.values()):
                if connection.is_idle:
                    connection.until = min(connection.until, now + _LAST_REQUEST_SECONDS)
            self._look_after(_DRAIN_LOOK_SECONDS)

    def _hang_up(self, connection: Connection) -> None:
        """Unless a thread has just begun to go on with it, or its number is another one's now."""
        number = connection.fileno
        if self._waiting.get(number) is connection:
            taken = self._waiting.pop(number, None)
            if taken is connection:
                self._close(connection)

    # All other threads ---------------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            turns.take()
            self._busy_since = math.inf
            events = self._epoll.poll(maxevents=1)
            self._busy_since = time.monotonic()
            for ready, _ in events:
                connection = self._waiting.pop(ready, None)
                if connection is not None:
                    self._attend(connection)
                elif ready in self._listeners:
                    self._welcome(self._listeners[ready])

    def _welcome(self, listener: socket.socket) -> None:
        connection = self._accept(listener)
        with suppress(OSError, ValueError):
            # It may have been closed meanwhile: we are to end.
            self._epoll.modify(listener, _ONCE)
        if connection is not None:
            self._attend(connection)

    def _accept(self, listener: socket.socket) -> Connection | None:
        """A new connection, if there is one. For it the slowest of the others makes room."""
        if len(self._open) >= self.cfg.worker_connections:
            self._make_room()
        try:
            sock, client = listener.accept()
        except OSError:
            return None
        connection = Connection(self.cfg, sock, client, listener.getsockname())
        self._open.add(connection)
        return connection

    def _make_room(self) -> None:
        """Hang up on the slowest of those who may speak."""
        waiting = list(self._waiting.values())
        if waiting:
            self._hang_up(min(waiting, key=_until))

    def _attend(self, connection: Connection) -> None:
        """Go on with a connection, as far as one can without waiting for it."""
        try:
            state = connection.go_on()
            if state is State.WHOLE:
                connection.may_stay = self._answer(connection, self.alive)
                state = connection.await_next()
        except Exception:
            self.log.exception("A connection has failed.")
            state = State.GONE
        if state is State.UNFINISHED:
            connection.invite()
            self._wait_for(connection)
        elif state is State.WAITS_TO_SEND:
            self._wait_for(connection, _ONCE_WRITABLE)
        elif state is State.GONE:
            self._close(connection)
        else:
            self._part(connection, state)

    def _part(self, connection: Connection, state: State) -> None:
        """Say the last there is to say, and end our side."""
        if state in (State.TOO_LARGE_TO_WAIT_FOR, State.CUT_OFF):
            # Behind a body that nobody reads, nobody knows where the next request begins.
            self._answer(connection, may_stay=False)
        elif state in _REFUSALS:
            with suppress(OSError):
                util.write_error(connection.sock, *_REFUSALS[state], "")
        if connection.linger():
            self._wait_for(connection)
        else:
            self._close(connection)

    def _wait_for(self, connection: Connection, event: int = _ONCE) -> None:
        self._waiting[connection.fileno] = connection
        with suppress(OSError, ValueError):
            # It may have been hung up on meanwhile.
            if connection.is_watched:
                self._epoll.modify(connection.fileno, event)
            else:
                connection.is_watched = True
                self._epoll.register(connection.fileno, event)

    def _close(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.close()

    # One request ---------------------------------------------------------------------------------

    def _answer(self, connection: Connection, may_stay: bool) -> bool:
        """Whether the connection may bring another request."""
        request = None
        try:
            request = connection.request()
            return self._respond(connection, request, may_stay)
        except (NoMoreData, StopIteration, OSError):
            # Its sender has gone, or has said all.
            return False
        except ParseException as error:
            # It never became a request of ours: the id in this thread is that of the one before.
            structlog.contextvars.clear_contextvars()
            self.handle_error(request, connection.sock, connection.client, _unquoting(error))
            return False

    def _respond(self, connection: Connection, request: Any, may_stay: bool) -> bool:
        response, environ = wsgi.create(
            request, connection, connection.client, connection.server, self.cfg
        )
        environ["wsgi.multithread"] = True
        if self._was_the_last() or not may_stay:
            response.force_close()
        body = self.wsgi(environ, response.start_response)
        try:
            _write(body, response.write)
            response.close()
            connection.flush()
        finally:
            if hasattr(body, "close"):
                body.close()
        return not response.should_close() and bool(connection.parser.finish_body())

    def _was_the_last(self) -> bool:
        """After enough requests a worker gives way to a new one."""
        self.nr += 1
        if self.nr < self.max_requests:
            return False
        if self.alive:
            self.log.info("A worker has answered %s requests and gives way to a new one.", self.nr)
            self.alive = False
            os.write(self.PIPE[1], b"1")
        return True


def _unquoting(error: ParseException) -> ParseException:
    """The same mistake, told by its kind: what gunicorn quotes of a request is in the log then.

    A request that no parser takes has its secrets as any other (CWE-532).
    """
    kind: Any = type(error)
    silent: Any = type(kind.__name__, (kind,), {"__str__": lambda _: kind.__name__})
    same: ParseException = silent.__new__(silent)
    return same


def _until(connection: Connection) -> float:
    return connection.until


def _write(body: Iterable[bytes], write: Callable[[bytes], None]) -> None:
    for piece in body:
        write(piece)
