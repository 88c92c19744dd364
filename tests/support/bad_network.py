"""A network between us and a server that is slow, loses answers, swallows everything, or lies."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, Self

from tests.support.live_server import free_port

_PIECE = 65_536


class BadNetwork:
    """A TCP port in front of a Unix socket. What it does may be changed at any time.

    ``latency`` delays each piece in each direction by so many seconds. ``swallow`` takes everything
    and passes on nothing: neither side hears of the other. ``lose_answers`` passes requests on, and
    cuts the connection when their answer comes: what was asked for is done. ``rewrite`` changes
    what the server says.
    """

    def __init__(self, socket: str, host: str = "127.0.0.1") -> None:
        self._socket = socket
        self._host = host
        self.port = free_port()
        self.latency = 0.0
        self.swallow = False
        self.lose_answers = False
        self.connections = 0
        self.rewrite: Callable[[bytes], bytes] = lambda piece: piece
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    def cut(self) -> None:
        """End all connections, as a firewall does that has forgotten them."""
        self._run(self._cut()).result(5)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen()).result(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close()).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self.port)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._cut()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far, far_out = await asyncio.open_unix_connection(self._socket)
        except OSError:
            near_out.transport.abort()
            return
        self._open |= {near_out, far_out}
        try:
            await asyncio.gather(
                self._pass(near, far_out, answers=False), self._pass(far, near_out, answers=True)
            )
        finally:
            for writer in (near_out, far_out):
                writer.transport.abort()
                self._open.discard(writer)

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(_PIECE):
                if self.latency:
                    await asyncio.sleep(self.latency)
                if self.swallow:
                    continue
                if answers and self.lose_answers:
                    break
                target.write(self.rewrite(piece) if answers else piece)
                await target.drain()
        if not self.swallow:
            target.close()


@contextlib.contextmanager
def bad_network_to(url: str, host: str = "127.0.0.1") -> Iterator[tuple[str, BadNetwork]]:
    """The URL of the same server, embedded PostgreSQL or Valkey, through a bad network."""
    if url.startswith("unix://"):
        socket, _, _ = url.removeprefix("unix://").partition("?")
        with BadNetwork(socket, host) as network:
            yield f"redis://{host}:{network.port}/0", network
        return
    database, _, query = url.partition("?")
    options = dict(pair.split("=") for pair in query.split("&"))
    folder = options["host"].replace("%2F", "/")
    with BadNetwork(f"{folder}/.s.PGSQL.{options['port']}", host) as network:
        yield database.replace("@/", f"@{host}:{network.port}/"), network
