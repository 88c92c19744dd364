"""``/livez`` and ``/readyz``."""

import orjson
import pytest
from structlog.testing import capture_logs

from authserver.errors import Unavailable
from authserver.http.health import health_endpoints
from authserver.http.messages import HttpRequest, HttpResponse
from authserver.signing.keys import SigningKeysError


def ready(**probes) -> HttpResponse:
    return health_endpoints(probes)["/readyz"].handle(HttpRequest({}))


def failing(error: Exception):
    def probe() -> None:
        raise error

    return probe


def test_a_server_that_has_what_it_needs_is_ready():
    assert ready(postgresql=lambda: None).status == 200


@pytest.mark.parametrize("error", [Unavailable(), SigningKeysError("no key"), ZeroDivisionError()])
def test_whatever_a_probe_raises_the_server_is_not_ready(error):
    """An answer of 500 would read as a fault of the probe, not of the server."""
    answer = ready(postgresql=lambda: None, signing_keys=failing(error))

    assert answer.status == 503
    assert orjson.loads(answer.body)["checks"] == {"postgresql": "ok", "signing_keys": "failing"}


def test_what_nobody_foresaw_is_in_the_log_and_not_in_the_answer():
    """security.md, invariant 10."""
    with capture_logs() as logs:
        answer = ready(signing_keys=failing(SigningKeysError("hush-hush")))

    assert [line["event"] for line in logs] == ["probe.crashed"]
    assert b"hush" not in answer.body
