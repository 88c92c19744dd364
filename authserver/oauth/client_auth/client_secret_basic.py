"""``client_secret_basic``: HTTP Basic, both parts form-encoded first (RFC 6749, section 2.3.1)."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from authserver.clients.metadata import Client
from authserver.errors import InvalidClient
from authserver.oauth.client_auth.secrets import FindClient, by_secret
from authserver.oauth.requests import ProtocolRequest

NAME = "client_secret_basic"
_HEADER = re.compile(r"Basic ([A-Za-z0-9+/]+={0,2})", re.IGNORECASE | re.ASCII)


def is_presented(request: ProtocolRequest) -> bool:
    """Any Authorization header is an attempt: a bad one never falls back to another method."""
    return request.http.header("authorization") is not None


def authenticate(find_client: FindClient, request: ProtocolRequest) -> Client:
    """The client of the header. Raises :class:`InvalidClient`."""
    client_id, secret = _credentials(request.http.header("authorization") or "")
    return by_secret(find_client, client_id, secret)


def _credentials(header: str) -> tuple[str, str]:
    match = _HEADER.fullmatch(header)
    if match is None:
        raise InvalidClient(detail="no Basic credentials")
    try:
        encoded = base64.b64decode(match[1], validate=True)
        user_id, colon, password = encoded.partition(b":")
        parts = (_decode(user_id), _decode(password))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidClient(detail="malformed Basic credentials") from error
    if not colon:
        raise InvalidClient(detail="Basic credentials without a colon")
    return parts


def _decode(part: bytes) -> str:
    return unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8")
