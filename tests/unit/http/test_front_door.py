"""What every request passes, before and after everything else."""

import json
import re
from io import BytesIO

import orjson
import pytest
from structlog.testing import capture_logs

from authserver.http.cors import Cors
from authserver.http.front_door import FrontDoor
from authserver.http.messages import Endpoint, HttpRequest, HttpResponse, json_response
from authserver.http.security_headers import security_headers
from authserver.observability.logs import configure_logs


def inner(environ, start_response):
    """What lies behind the door: it says what it was told."""
    start_response("200 OK", [("X-Frame-Options", "SAMEORIGIN"), ("X-Inner", "yes")])
    return [environ["authserver.address"].encode()]


def crash(_: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("hush-hush")


def echo(request: HttpRequest) -> HttpResponse:
    return json_response(200, {"body": request.body.decode(), "header": request.header("x-a")})


def where(request: HttpRequest) -> HttpResponse:
    return json_response(200, {"path": request.path})


DOOR = FrontDoor(
    application=inner,
    endpoints={
        "/echo": Endpoint(("GET", "POST"), echo),
        "/crash": Endpoint(("GET",), crash),
        "/cors": Endpoint(("GET",), echo, cors="any"),
        "/things/": Endpoint(("GET",), where),
    },
    cors=Cors(lambda _: False),
    security_headers=security_headers("https://id.example"),
    trusted_networks=(),
)


class Answer:
    def __init__(self, path: str, method: str = "GET", body: bytes = b"", **environ) -> None:
        sent = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "HTTP_HOST": "id.example",
            "REMOTE_ADDR": "192.0.2.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        sent = {name: value for name, value in (sent | environ).items() if value is not None}
        self.body = b"".join(DOOR(sent, self._start))

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status = int(status[:3])
        self.headers = dict(headers)
        assert len(self.headers) == len(headers), "a header is repeated"

    @property
    def json(self):
        return orjson.loads(self.body)


def test_an_endpoint_is_found_by_its_exact_path():
    assert Answer("/echo", "POST", b"hello").json["body"] == "hello"


@pytest.mark.parametrize("path", ["/things/", "/things/1", "/things/%2e"])
def test_an_endpoint_may_have_a_folder(path):
    assert Answer(path).json["path"] == path


@pytest.mark.parametrize("path", ["/things", "/things/1/2", "/other/things/1", "/Things/1"])
def test_a_folder_is_no_deeper_than_one_name(path):
    assert Answer(path).headers["X-Inner"] == "yes"


@pytest.mark.parametrize("path", ["/echo/", "//echo", "/Echo", "/echo%20", ""])
def test_everything_else_is_for_the_application(path):
    assert Answer(path).headers["X-Inner"] == "yes"


def test_every_answer_carries_the_security_headers():
    """OWASP ASVS 5.0, section 3.4."""
    for path in ("/echo", "/crash", "/elsewhere"):
        headers = Answer(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_an_answer_may_say_otherwise_itself():
    assert Answer("/elsewhere").headers["X-Frame-Options"] == "SAMEORIGIN"


def test_plain_http_on_a_developers_machine_is_not_pinned():
    names = [name for name, _ in security_headers("http://localhost:8000")]

    assert "Strict-Transport-Security" not in names


# The id of a request ------------------------------------------------------------------------------


def test_every_answer_has_an_id_of_its_own():
    first, second = (Answer("/echo").headers["X-Request-ID"] for _ in range(2))

    assert first != second


def test_the_callers_id_is_kept():
    assert Answer("/echo", HTTP_X_REQUEST_ID="abc-123.DEF_4").headers["X-Request-ID"] == (
        "abc-123.DEF_4"
    )


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f", "a\r\nSet-Cookie: x", "é" * 9]
)
def test_an_id_that_could_do_harm_is_replaced(given):
    """CWE-117, CWE-113."""
    assert re.fullmatch(
        "[0-9a-f]{32}", Answer("/echo", HTTP_X_REQUEST_ID=given).headers["X-Request-ID"]
    )


# Refusals -----------------------------------------------------------------------------------------


def test_a_request_without_host_is_refused():
    """RFC 9112, section 3.2."""
    assert Answer("/echo", HTTP_HOST=None).status == 400
    assert Answer("/elsewhere", HTTP_HOST="").status == 400


def test_a_method_that_is_not_allowed_is_told_which_are():
    """RFC 9110, section 15.5.6."""
    answer = Answer("/echo", "DELETE")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")


def test_head_is_get_without_the_body():
    """RFC 9110, section 9.3.2."""
    get, head = Answer("/echo"), Answer("/echo", "HEAD")

    assert head.body == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.body))


def test_options_is_for_browsers_where_they_may_call():
    assert Answer("/cors", "OPTIONS").status == 204
    assert Answer("/echo", "OPTIONS").status == 405


@pytest.mark.parametrize("length", ["65537", "9" * 30])
def test_a_body_that_says_it_is_too_large_is_not_read(length):
    answer = Answer("/echo", "POST", CONTENT_LENGTH=length, **{"wsgi.input": None})

    assert (answer.status, answer.headers["Connection"]) == (413, "close")


def test_a_body_that_comes_in_pieces_is_not_read_beyond_the_limit():
    """RFC 9112, section 7.1: no length is said."""
    options = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}

    assert Answer("/echo", "POST", b"x" * 65_536, **options).status == 200
    assert Answer("/echo", "POST", b"x" * 65_537, **options).status == 413


def test_a_body_without_length_and_end_is_none():
    assert Answer("/echo", "POST", b"hello", CONTENT_LENGTH="").json["body"] == ""


@pytest.mark.parametrize("length", ["x", "-1", "+5", "\u00b2"])
def test_a_length_that_is_none_is_no_reason_to_crash(length):
    assert Answer("/echo", "POST", b"hello", CONTENT_LENGTH=length).status == 200


def test_a_crash_tells_its_id_and_nothing_else():
    """security.md, invariant 10."""
    answer = Answer("/crash")

    assert (answer.status, answer.json["error"]) == (500, "server_error")
    assert b"hush" not in answer.body
    assert b"ZeroDivision" not in answer.body


def test_a_crash_is_found_in_the_log_by_its_id():
    with capture_logs() as logs:
        answer = Answer("/crash")

    (crashed,) = [line for line in logs if line["event"] == "request.crashed"]
    assert crashed["error_id"] in answer.json["error_description"]


def test_each_request_is_one_line_in_the_log_without_its_query(capfd):
    """CWE-532: codes and tokens travel in queries."""
    configure_logs("INFO", "json")

    Answer("/echo", QUERY_STRING="code=hush-hush")

    (line,) = map(json.loads, capfd.readouterr().err.splitlines())
    assert (line["method"], line["path"], line["status"]) == ("GET", "/echo", 200)
    assert line["address"] == "192.0.2.1"
    assert "hush" not in repr(line)
