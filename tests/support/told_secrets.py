"""What secrets went over the wire, and whether any of them stands in a text, in whatever form."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus, urlsplit

from tests.support.live_server import LiveAnswer, LiveClient

# Shorter ones stand in a text by chance.
_SHORTEST = 8
_NAMES = re.compile(
    r"password|secret$|token$|hint$|assertion$|verifier$|csrf|^code$|^step$|^jwt$|^state$|^nonce$",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r'<input type="hidden" name="[^"]*" value="([^"]*)"')
_BITS = 6
# PostgreSQL and our own log cut what is long: so much of a secret is one as well.
_PIECE = 16


class WatchedLiveClient(LiveClient):
    """``secrets`` are all that were sent or answered by their name, in a header, or in a form."""

    def __init__(self, base: str, secrets: set[str]) -> None:
        super().__init__(base)
        self.secrets = secrets

    def open(self, path: str, **kwargs: Any) -> LiveAnswer:
        """As :meth:`LiveClient.open`."""
        self._learn(_of_request(path, kwargs))
        answer = super().open(path, **kwargs)
        self._learn(_of_answer(answer))
        self._learn(cookie.value or "" for cookie in self._session.cookies)
        return answer

    def _learn(self, found: Iterator[str]) -> None:
        self.secrets.update(value for value in found if len(value) >= _SHORTEST)


def forms_of(secret: str) -> dict[str, str]:
    """How a secret may have been written down: as it is, escaped, encoded, and within more."""
    data = secret.encode()
    found = {
        "literally": secret,
        "percent-encoded": quote(secret, safe=""),
        "form-encoded": quote_plus(secret),
        "in JSON": json.dumps(secret)[1:-1],
        "as Python writes it": repr(secret)[1:-1],
        "in hexadecimal": data.hex(),
    }
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
        first = -(-shift * 8 // _BITS)
        last = (shift + len(data)) * 8 // _BITS
        inner = encoded[first:last]
        found[f"in base64, shifted by {shift}"] = inner
        found[f"in base64url, shifted by {shift}"] = inner.replace("+", "-").replace("/", "_")
    return found


def assert_untold(secrets: set[str], told: str) -> None:
    """None of them stands there, in any form, and no piece of one."""
    assert secrets, "there were none: nothing is shown by that"
    pieces = set(_pieces(told))
    seen = {
        (secret, form)
        for secret in secrets
        for form, written in forms_of(secret).items()
        if written in told or not pieces.isdisjoint(_pieces(written))
    }
    assert not seen, f"{len(seen)} found, such as: {sorted(seen)[:5]}"


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + _PIECE] for start in range(len(text) - _PIECE + 1))


def _of_request(path: str, options: dict[str, Any]) -> Iterator[str]:
    headers = options.get("headers") or {}
    yield from _of_authorization(headers.get("Authorization", ""))
    yield from _of_members(dict(parse_qsl(urlsplit(path).query)) | (options.get("params") or {}))
    data = options.get("data")
    yield from _of_members(dict(parse_qsl(data)) if isinstance(data, str) else data)
    yield from _of_members(options.get("json"))


def _of_answer(answer: LiveAnswer) -> Iterator[str]:
    location = urlsplit(answer.headers.get("Location", ""))
    yield from _of_members(dict(parse_qsl(location.query) + parse_qsl(location.fragment)))
    yield from _HIDDEN.findall(answer.text)
    if answer.headers.get("Content-Type", "").startswith("application/json") and answer.text:
        # The code of a refusal is a word for programs.
        members = {n: v for n, v in dict(answer.json).items() if n != "code"}
        yield from _of_members(members)


def _of_members(members: Any) -> Iterator[str]:
    for name, value in members.items() if isinstance(members, dict) else ():
        if _NAMES.search(name) and isinstance(value, str):
            yield value


def _of_authorization(header: str) -> Iterator[str]:
    scheme, _, credentials = header.partition(" ")
    yield credentials
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield unquote_plus(decoded.partition(":")[2])
