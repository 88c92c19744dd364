"""When a request has arrived: what decides which of them a thread is given to."""

import pytest

from authserver.cli.arrivals import MAX_HEAD, Arrival, State
from authserver.http.messages import MAX_BODY

POST = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def state_of(data: bytes) -> State:
    return Arrival(data).state()


def states_of(data: bytes) -> list[State]:
    """After each of its bytes."""
    arrival, states = Arrival(), []
    for byte in data:
        arrival.add(bytes([byte]))
        states.append(arrival.state())
    return states


WHOLE = {
    "without a body": GET,
    "with an empty body": POST + b"Content-Length: 0\r\n\r\n",
    "with a body": POST + b"Content-Length: 3\r\n\r\nabc",
    "with zeros before its length": POST + b"content-length:\t" + b"0" * 30 + b"3 \r\n\r\nabc",
    "with a header that begins like another": POST
    + b"Content-Length-X: 1\r\nTransfer-Encoding-X: chunked\r\nContent-Length: 3\r\n\r\nabc",
    "in chunks": CHUNKED + b"3\r\nabc\r\n000000000002;a=b\r\nde\r\n0\r\n\r\n",
    "in chunks with a trailer": CHUNKED + b"3;x\r\nabc\r\n0\r\nX-A: b\r\n\r\n",
    "in one empty chunk": CHUNKED + b"0\r\n\r\n",
    "after an empty line": b"\r\n" + GET,
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE.keys())
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_bytes: bytes) -> None:
    """RFC 9112, sections 6.3 and 7.1."""
    states = states_of(request_bytes)

    assert states == [State.UNFINISHED] * (len(states) - 1) + [State.WHOLE]


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE.keys())
def test_it_is_the_same_in_one_piece_and_with_the_next_one_behind_it(request_bytes: bytes) -> None:
    assert state_of(request_bytes) is State.WHOLE
    assert state_of(request_bytes + GET[:9]) is State.WHOLE


@pytest.mark.parametrize(
    "request_bytes",
    [
        POST + b"Content-Length: +3\r\n\r\n",
        POST + b"Content-Length: 3, 3\r\n\r\n",
        CHUNKED + b"0x3\r\n",
        CHUNKED + b"3\r\nabcd\r\n-1\r\n",
        b"GET /livez HTTP/1.1\nHost: x\n\n",
    ],
    ids=["a sign", "two lengths", "0x", "a longer chunk", "bare line feeds"],
)
def test_for_what_cannot_be_counted_nobody_waits(request_bytes: bytes) -> None:
    """The parser refuses it."""
    assert state_of(request_bytes) is State.WHOLE


def test_for_a_body_that_nobody_reads_nobody_waits() -> None:
    assert (
        state_of(POST + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1))
        is State.TOO_LARGE_TO_WAIT_FOR
    )


def test_a_head_has_an_end() -> None:
    """CWE-770."""
    endless = GET[:-2] + b"X-A: " + b"a" * MAX_HEAD

    assert state_of(endless) is State.HEAD_TOO_LARGE
    assert state_of(endless + b"\r\n\r\n") is State.HEAD_TOO_LARGE


@pytest.mark.parametrize(
    "body",
    [b"fffffff\r\n", b"1;" + b"x" * 300_000, b"1\r\na\r\n" * 60_000, b"0\r\n" + b"x" * 300_000],
    ids=["one", "an extension", "small ones", "trailers"],
)
def test_chunks_have_an_end(body: bytes) -> None:
    """CWE-770; CVE-2024-6827."""
    assert state_of(CHUNKED + body) is State.BODY_TOO_LARGE


@pytest.mark.parametrize(("line", "expects"), [(b"Expect: 100-continue\r\n", True), (b"", False)])
def test_it_says_who_waits_for_an_invitation(line: bytes, expects: bool) -> None:
    """RFC 9110, section 10.1.1."""
    arrival = Arrival(POST + line + b"Content-Length: 3\r\n\r\n")

    assert arrival.state() is State.UNFINISHED
    assert arrival.expects_continue is expects
