"""Requests as they go over the wire, so that the generator need not put them together."""

import base64
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

_FORM = "application/x-www-form-urlencoded"
# Where the scripts fill in how long the body has become.
_LENGTH = "%d"


def get(host: str, target: str, **headers: str) -> str:
    """A GET; a header is named with underscores for hyphens."""
    return _head("GET", host, target, headers)


def post(host: str, target: str, form: Mapping[str, str], **headers: str) -> str:
    """A form, sent by POST."""
    body = urlencode(form)
    return post_head(host, target, **headers).replace(_LENGTH, str(len(body))) + body


def post_head(host: str, target: str, **headers: str) -> str:
    """The head of such a request, with ``%d`` for the length of its body, which follows."""
    return _head(
        "POST", host, target, {"Content_Type": _FORM, "Content_Length": _LENGTH, **headers}
    )


def basic(client_id: str, secret: str) -> str:
    """The value of an Authorization header (RFC 6749, section 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _head(method: str, host: str, target: str, headers: Mapping[str, str]) -> str:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""])
