"""What is read at once is read as gunicorn reads it, line by line."""

from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from hypothesis import given
from hypothesis import strategies as st

from authserver.cli.application import Manner
from authserver.cli.gunicorn_server import options
from authserver.cli.heads import OurRequest
from authserver.settings import Settings

_SETTINGS = Settings(
    issuer="https://id.example.com", bind="127.0.0.1:8000", database_url="postgresql://x"
)
_CFG = Config()
for _name, _value in options(_SETTINGS, Manner()).items():
    _CFG.set(_name, _value)


def parse(kind: type[Request], head: bytes) -> Any:
    """Headers, scheme and whether an invitation was asked for; or the kind of the refusal."""

    class Parser(RequestParser):
        mesg_class = kind

    parser = Parser(_CFG, iter([b"GET / HTTP/1.1\r\n" + head + b"\r\n\r\n"]), ("192.0.2.1", 1))
    try:
        request = next(parser)
    except (ParseException, OSError, StopIteration) as error:
        return type(error)
    return request.headers, request.scheme, request._expected_100_continue


def same(head: bytes) -> bool:
    return parse(OurRequest, head) == parse(Request, head)


_letters = st.sampled_from(list(b'aZ9-_:; \t\r\n\x00\x7f\x80\xff,"(){}'))
_lines = st.one_of(
    st.binary(max_size=20),
    st.lists(_letters, max_size=20).map(bytes),
    st.sampled_from(
        [
            b"Host: x",
            b"host:y",
            b"Content-Length: 0",
            b"Content-Length: 5",
            b"Transfer-Encoding: chunked",
            b"Expect: 100-continue",
            b"Expect: 200-ok",
            b"X_Forwarded_For: 192.0.2.9",
            b"X-Forwarded-Proto: https",
            b"Connection: close",
            b"A : b",
            b" folded",
            b": nameless",
            b"A:",
            b"A: " + b"x" * 20_000,
        ]
    ),
)


@given(st.lists(_lines, max_size=6).map(b"\r\n".join))
def test_every_head_is_read_as_gunicorn_reads_it(head: bytes) -> None:
    """RFC 9112, section 5; CWE-444."""
    assert same(head)


@pytest.mark.parametrize("count", [99, 100, 101])
def test_the_number_of_lines_is_bounded_as_before(count: int) -> None:
    assert same(b"\r\n".join(b"X-%d: y" % number for number in range(count)))


def test_a_usual_head_takes_the_short_way() -> None:
    """Or it would not be one."""
    head = b"Host: x\r\nAuthorization: Basic YTpi\r\nContent-Type: a/b; c=d\r\nAccept: */*"
    request = object.__new__(OurRequest)
    request.limit_request_field_size, request.limit_request_fields = 8190, 100

    assert request._plain_headers(head) == parse(Request, head)[0]
