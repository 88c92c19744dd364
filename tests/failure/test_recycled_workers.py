"""A worker that has answered enough gives way to a new one, and nobody notices."""

from collections.abc import Callable

from authserver.wiring import Services
from tests.support.live_server import LiveServer
from tests.support.load import wait_until


def test_no_request_is_lost_when_a_worker_is_replaced(
    make_live_server: Callable[..., tuple[LiveServer, Services]],
) -> None:
    """The only one: those who come meanwhile wait for its successor."""
    server, _ = make_live_server(workers=1, worker_requests=30)
    first = server.worker_pids
    client = server.client()

    statuses = {client.get("/.well-known/jwks.json").status_code for _ in range(60)}

    assert statuses == {200}
    wait_until(lambda: server.worker_pids not in (first, []), 10)
