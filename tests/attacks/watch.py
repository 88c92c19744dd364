"""What holds for every attack, whatever its row says: checked at each answer, by the client itself.

No answer is a 5xx but where a test says so, none takes two seconds, none shows a stack or SQL,
each speaks the dialect of its surface, and no secret of the exchange stands in the log.
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request

from tests.support.relying_party import FORM

SECONDS = 2.0
# Shorter ones stand in a log by chance.
_SHORTEST_SECRET = 8
_MOST_READ = 65_536
_SECRET_NAMES = re.compile(r"password|secret|token$|assertion$|^code$", re.IGNORECASE)
_NOT_SECRET = frozenset({"id_token_hint", "token_type"})
# Traces of a stack and of SQL, as Python and PostgreSQL write them.
_INNARDS = re.compile(
    r"Traceback|File \"|\.py\b|psycopg|sqlalchemy|SELECT .* FROM|INSERT INTO|UPDATE \w+ SET|"
    r"DELETE FROM|pg_catalog|relation \""
)
_OAUTH = ("/oauth2/", "/.well-known/")
# Where people come with their browsers: an error is a page, for which there is a place on it.
_PAGES = ("/oauth2/authorize", "/oauth2/end_session")
_ERROR_ON_PAGE = 'id="error"'


class WatchedClient(FlaskClient):
    """Flask's test client, watchful. ``may_fail`` allows 503, for tests that take something away.

    ``secrets`` collects what was sent and answered that must not be seen in a log; ``seconds`` is
    how long the last answer took.
    """

    secrets: set[str]
    may_fail: bool = False
    seconds: float = 0.0

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """As :meth:`FlaskClient.open`; asserts what holds for every answer."""
        started = time.monotonic()
        answer = super().open(*args, **kwargs)
        self.seconds = time.monotonic() - started
        self.secrets.update(found for found in _secrets(answer) if len(found) >= _SHORTEST_SECRET)
        assert_decent(answer, may_fail=self.may_fail)
        assert self.seconds < SECONDS, f"{answer.request.path} took {self.seconds:.1f} s"
        return answer


def assert_decent(answer: Any, *, may_fail: bool = False) -> None:
    """What holds for every answer but its speed; for a Flask response and for a live one."""
    status = answer.status_code
    assert status < 500 or (may_fail and status == 503), f"{status}: {answer.text}"
    assert not _INNARDS.search(answer.text), answer.text
    path = answer.request.path
    if status < 400 or not path.startswith((*_OAUTH, "/api/")):
        return
    if path in _PAGES and answer.headers["Content-Type"].startswith("text/html"):
        assert _ERROR_ON_PAGE in answer.text, answer.text
        return
    wanted = {"error"} if path.startswith(_OAUTH) else {"code", "message"}
    if answer.text:
        assert wanted <= answer.json.keys(), f"the dialect of {path}: {answer.text}"


def assert_hidden(secrets: set[str], log: str) -> None:
    """None of the secrets stands in the log, in whole or in its telling part."""
    seen = [secret for secret in secrets if secret in log]
    assert not seen, f"in the log: {seen}"


def _secrets(answer: TestResponse) -> Iterator[str]:
    request = answer.request
    yield from _of_header(request.headers)
    target = urlsplit(answer.headers.get("Location", ""))
    yield from _of_members(dict(parse_qsl(target.query) + parse_qsl(target.fragment)))
    yield from _of_members(dict(parse_qsl(request.query_string.decode("latin-1"))))
    body = _body(request)
    if request.mimetype == FORM:
        yield from _of_members(dict(parse_qsl(body, errors="replace")))
    elif request.mimetype == "application/json":
        yield from _of_members(_parsed(body))
    # The code of a refusal is a word for programs, that of an authorization request is not.
    yield from _of_members(_parsed(answer.text), but="code")


def _body(request: Request) -> str:
    """What was sent; the server has read it already."""
    stream = request.input_stream
    if not stream.seekable():
        return ""
    stream.seek(0)
    return bytes(stream.read(_MOST_READ)).decode("utf-8", "replace")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_members(members: Any, but: str = "") -> Iterator[str]:
    if not isinstance(members, dict):
        return
    for name, value in members.items():
        telling = _SECRET_NAMES.search(name) and name not in {but, *_NOT_SECRET}
        if telling and isinstance(value, str):
            yield value


def _of_header(headers: Headers) -> Iterator[str]:
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    yield credentials
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials).decode("utf-8", "replace")
        except binascii.Error:
            return
        yield unquote_plus(decoded.partition(":")[2])
