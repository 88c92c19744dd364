"""What a client's page compares to see that somebody signed in or out here.

OpenID Connect Session Management 1.0: an authorization response carries ``session_state``, and a
frame of ours in the client's page (``endpoints.check_session``) reckons it anew. What it is
reckoned from is a cookie that scripts of ours may read. It means nothing by itself; it is another
one whenever the accounts that are signed in in the browser, or the active one of them, change.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from authserver.http.cookies import Cookies, read_cookie
from authserver.http.messages import Headers
from authserver.ids import new_secret
from authserver.setting_rules import origin_of

_FORM = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_SALT_BYTES = 12


def session_state(client_id: str, redirect_uri: str, browser_state: str) -> str | None:
    """The value for a response to this redirect URI (sections 2 and 4.2); it has no space in it.

    None for a program on the person's device: its address is no origin, and it has no frames.
    """
    origin = origin_of(redirect_uri)
    if origin is None:
        return None
    salt = new_secret(_SALT_BYTES)
    text = f"{client_id} {origin} {browser_state} {salt}"
    return f"{hashlib.sha256(text.encode()).hexdigest()}.{salt}"


def browser_state(environ: Mapping[str, Any], cookies: Cookies) -> tuple[str, Headers]:
    """What the browser's cookie says, and the headers that set it where there is none."""
    value = read_cookie(environ, cookies.state)
    if value is not None and _FORM.fullmatch(value):
        return value, []
    value = new_secret()
    return value, [cookies.set(cookies.state, value)]
