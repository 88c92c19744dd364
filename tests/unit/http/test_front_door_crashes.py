"""Whatever breaks behind the door, the answer is ours: JSON, an error id, all headers."""

from dataclasses import replace

import orjson
import pytest
from structlog.testing import capture_logs

from authserver.http.cors import Cors
from authserver.http.front_door import FrontDoor
from authserver.http.messages import Endpoint, HttpRequest, json_response
from authserver.http.security_headers import security_headers

ORIGIN = "https://app.example"


def crash(*_: object):
    raise ZeroDivisionError("hush-hush")


def answer(_: HttpRequest):
    return json_response(200, {})


DOOR = FrontDoor(
    application=crash,
    endpoints={"/registered": Endpoint(("GET",), answer, cors="registered")},
    cors=Cors(crash),
    security_headers=security_headers("https://id.example"),
    trusted_networks=(),
)


def ask(door: FrontDoor, path: str, method: str = "GET") -> tuple[int, dict, bytes]:
    begun = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "HTTP_HOST": "id.example",
        "HTTP_ORIGIN": ORIGIN,
        "REMOTE_ADDR": "192.0.2.1",
    }

    def start(status: str, headers: list, exc_info: object = None) -> None:
        assert not begun or exc_info, "a second answer needs a reason (PEP 3333)"
        begun.append((int(status[:3]), dict(headers)))

    body = b"".join(door(environ, start))
    return (*begun[-1], body)


@pytest.mark.parametrize(
    ("path", "method"), [("/registered", "GET"), ("/registered", "OPTIONS"), ("/elsewhere", "GET")]
)
def test_a_crash_anywhere_is_answered_in_json_with_an_id(path, method):
    """security.md, invariant 10: the server's own page would have neither."""
    status, headers, body = ask(DOOR, path, method)

    assert (status, orjson.loads(body)["error"]) == (500, "server_error")
    assert headers["X-Request-ID"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert b"hush" not in body


def test_an_application_that_breaks_after_its_headers_is_answered_for():
    """PEP 3333, start_response: with the reason, as long as nothing was sent."""

    def breaks(_: dict, start_response) -> None:
        start_response("200 OK", [])
        crash()

    status, _, body = ask(replace(DOOR, application=breaks), "/elsewhere")

    assert (status, orjson.loads(body)["error"]) == (500, "server_error")


def test_a_crash_of_the_door_itself_is_found_in_the_log_by_its_id():
    with capture_logs() as logs:
        _, _, body = ask(DOOR, "/registered")

    (crashed,) = [line for line in logs if line["event"] == "request.crashed"]
    assert crashed["error_id"] in orjson.loads(body)["error_description"]
