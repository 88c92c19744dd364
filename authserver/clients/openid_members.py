"""The members of OpenID Connect Registration 1.0, section 2 and of the logout specifications.

None of them has a column: all are kept together in ``clients.metadata``, as far as they were said.
"""

import re
from collections.abc import Mapping
from typing import Any

from authserver.clients.algorithms import (
    BY_CLIENT_KEY,
    BY_SECRET,
    CONTENT_ENCRYPTION,
    KEY_MANAGEMENT,
    UNSIGNED,
)
from authserver.clients.key_sets import BadKeySetError, check_key_set
from authserver.clients.members import (
    BadMemberError,
    Reader,
    Supported,
    checked_uri,
    flag,
    lines,
    one_line,
    one_of,
    strings,
    web_uri,
)
from authserver.clients.uris import check_service_uri

MAX_SECONDS = 10 * 365 * 86_400
_FRAGMENT = re.compile(r"[!-~]*")


def _choice(*allowed: str) -> Reader:
    def read(value: Any, _: Supported) -> str | None:
        return None if value is None else one_of(value, allowed)

    return read


def _response_signing_alg(value: Any, supported: Supported) -> str | None:
    """What we sign for the client: by a key that we publish, or by its secret."""
    if value is None:
        return None
    return one_of(value, (*supported.signing_algorithms, *BY_SECRET))


def _id_token_signed_response_alg(value: Any, supported: Supported) -> str | None:
    """RS256 when nothing is said, or what the server has instead; ``none`` by its setting only."""
    if value == UNSIGNED and supported.unsigned_id_tokens:
        return UNSIGNED
    if value is None and "RS256" not in supported.signing_algorithms:
        return supported.signing_algorithms[0]
    return _response_signing_alg(value, supported)


def _jwks(value: Any, _: Supported) -> dict[str, Any] | None:
    if value is None:
        return None
    try:
        return check_key_set(value)
    except BadKeySetError as error:
        raise BadMemberError(str(error)) from error


def _service_uri(value: Any, _: Supported) -> str | None:
    return None if value is None else checked_uri(value, check_service_uri)


def _request_uris(value: Any, __: Supported) -> list[str] | None:
    """OpenID Connect Core 1.0, section 6.2: the fragment may tell a digest of the content."""
    entries = strings(value)
    for entry in entries:
        address, _, fragment = entry.partition("#")
        checked_uri(address, check_service_uri)
        if not _FRAGMENT.fullmatch(fragment):
            raise BadMemberError("Expected a fragment in ASCII without spaces.")
    return entries or None


def _addresses(value: Any, _: Supported) -> list[str] | None:
    """Their form is checked later, with that of the redirect URIs."""
    return strings(value) or None


def _flag(value: Any, _: Supported) -> bool | None:
    return None if value is None else flag(value, _)


def _seconds(value: Any, _: Supported) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SECONDS:
        raise BadMemberError(f"Expected a whole number of seconds, 0 to {MAX_SECONDS}.")
    return value


def _surplus_alg(value: Any, _: Supported) -> str | None:
    """Checked against the method of authentication later: with others it means nothing."""
    return None if value is None else one_line(value)


OPENID_READERS: Mapping[str, Reader] = {
    "application_type": _choice("web", "native"),
    "jwks": _jwks,
    "jwks_uri": _service_uri,
    "sector_identifier_uri": _service_uri,
    "subject_type": _choice("public", "pairwise"),
    "id_token_signed_response_alg": _id_token_signed_response_alg,
    "id_token_encrypted_response_alg": _choice(*KEY_MANAGEMENT),
    "id_token_encrypted_response_enc": _choice(*CONTENT_ENCRYPTION),
    "userinfo_signed_response_alg": _response_signing_alg,
    "userinfo_encrypted_response_alg": _choice(*KEY_MANAGEMENT),
    "userinfo_encrypted_response_enc": _choice(*CONTENT_ENCRYPTION),
    "request_object_signing_alg": _choice(*BY_CLIENT_KEY, *BY_SECRET, UNSIGNED),
    "require_signed_request_object": _flag,
    "token_endpoint_auth_signing_alg": _surplus_alg,
    "default_max_age": _seconds,
    "require_auth_time": _flag,
    "default_acr_values": lines,
    "initiate_login_uri": web_uri,
    "request_uris": _request_uris,
    "post_logout_redirect_uris": _addresses,
    "backchannel_logout_uri": _service_uri,
    "backchannel_logout_session_required": _flag,
    "frontchannel_logout_uri": _service_uri,
    "frontchannel_logout_session_required": _flag,
    "pkce": _choice("required", "optional"),
}
