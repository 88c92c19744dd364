"""Members that are right by themselves and wrong together.

Each rule yields the member to mend and the sentence that says how.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from authserver.clients.algorithms import (
    BY_CLIENT_KEY,
    BY_SECRET,
    DEFAULT_CONTENT_ENCRYPTION,
    UNSIGNED,
)
from authserver.clients.uris import BadURIError, check_redirect_uri
from authserver.setting_rules import origin_of

NONE = "none"
CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a registered name
CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a registered name
CLIENT_SECRET_JWT = "client_secret_jwt"  # noqa: S105 - a registered name
PRIVATE_KEY_JWT = "private_key_jwt"
SECRET_METHODS = frozenset({CLIENT_SECRET_BASIC, CLIENT_SECRET_POST})
_BY_SECRET_AT_ALL = SECRET_METHODS | {CLIENT_SECRET_JWT}

_SIGNATURES = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "request_object_signing_alg",
)
_ENCRYPTIONS = ("id_token", "userinfo")

_CODE_WITH_ITS_GRANT = (
    "The response type code goes with the grant type authorization_code: expected both or neither."
)
_TOKENS_WITH_THEIR_GRANT = "A response type with token or id_token needs the grant type implicit."
_PUBLIC_CREDENTIALS = (
    "A public client cannot use client_credentials: nobody could tell who asks. "
    "Choose client_secret_basic as token_endpoint_auth_method."
)
_PUBLIC_INTROSPECTION = (
    "A public client cannot introspect tokens. Choose client_secret_basic as "
    "token_endpoint_auth_method."
)
_UNSIGNED_IN_FRONT = (
    "An unsigned ID token may come from the token endpoint only: expected no response type but "
    "code."
)
_ONE_SECTOR = "Pairwise subjects need redirect URIs of one host, or a sector_identifier_uri."
_OWN_ORIGIN = "Expected the scheme, host and port of one of the redirect URIs."

Values = Mapping[str, Any]
Problems = Iterator[tuple[str, str]]


def flat(members: Values) -> dict[str, Any]:
    """By name alone: members as they are stored, or as they were registered."""
    return {**members, **members.get("metadata", {})}


def needs_secret(values: Values) -> bool:
    """Whether the client has a secret: to prove itself, or to verify what we sign."""
    return values["token_endpoint_auth_method"] in _BY_SECRET_AT_ALL or needs_plain_secret(values)


def needs_plain_secret(values: Values) -> bool:
    """Whether we must be able to read the secret again, so that a digest is not enough."""
    return values["token_endpoint_auth_method"] == CLIENT_SECRET_JWT or any(
        values.get(member) in BY_SECRET for member in _SIGNATURES
    )


def grants_of(response_type: str) -> set[str]:
    """The grant types of a response type (RFC 7591, section 2.1)."""
    words = set(response_type.split(" "))
    grants = {"authorization_code"} if "code" in words else set()
    return grants | ({"implicit"} if words & {"token", "id_token"} else set())


def contradictions(values: Values) -> dict[str, list[str]]:
    """By member, what is wrong with it beside the others."""
    problems: dict[str, list[str]] = {}
    for rule in _RULES:
        for member, sentence in rule(values):
            problems.setdefault(member, []).append(sentence)
    return problems


def complete(values: dict[str, Any]) -> None:
    """Add what follows from other members, and take away what means nothing beside them."""
    for name in _ENCRYPTIONS:
        if values[f"{name}_encrypted_response_alg"]:
            values[f"{name}_encrypted_response_enc"] = (
                values[f"{name}_encrypted_response_enc"] or DEFAULT_CONTENT_ENCRYPTION
            )
    if values["token_endpoint_auth_method"] not in (CLIENT_SECRET_JWT, PRIVATE_KEY_JWT):
        values["token_endpoint_auth_signing_alg"] = None
    if not values["response_types"] and "authorization_code" in values["grant_types"]:
        values["response_types"] = ["code"]


def _response_types(values: Values) -> Problems:
    grants = set(values["grant_types"])
    wanted = {grant for kind in values["response_types"] for grant in grants_of(kind)}
    if "authorization_code" in wanted ^ grants:
        yield "response_types", _CODE_WITH_ITS_GRANT
    if "implicit" in wanted - grants:
        yield "response_types", _TOKENS_WITH_THEIR_GRANT


def _public(values: Values) -> Problems:
    if values["token_endpoint_auth_method"] != NONE:
        return
    if "client_credentials" in values["grant_types"]:
        yield "grant_types", _PUBLIC_CREDENTIALS
    if values["resource_server"]:
        yield "resource_server", _PUBLIC_INTROSPECTION
    if values["pkce"] == "optional":
        yield "pkce", "A public client cannot do without PKCE (RFC 9700, section 2.1.1)."
    for member in _SIGNATURES:
        if values[member] in BY_SECRET:
            yield member, "A public client has no secret to sign with. Choose another algorithm."


def _keys(values: Values) -> Problems:
    keys = [member for member in ("jwks", "jwks_uri") if values[member]]
    if len(keys) > 1:
        yield "jwks", "Expected jwks or jwks_uri, not both."
    if keys:
        return
    if values["token_endpoint_auth_method"] == PRIVATE_KEY_JWT:
        yield "token_endpoint_auth_method", "The method private_key_jwt needs jwks or jwks_uri."
    for name in _ENCRYPTIONS:
        if values[f"{name}_encrypted_response_alg"]:
            yield f"{name}_encrypted_response_alg", "Encryption needs jwks or jwks_uri."


def _encryptions(values: Values) -> Problems:
    for name in _ENCRYPTIONS:
        algorithm = f"{name}_encrypted_response_alg"
        if values[f"{name}_encrypted_response_enc"] and not values[algorithm]:
            yield f"{name}_encrypted_response_enc", f"Expected {algorithm} as well."


def _assertions(values: Values) -> Problems:
    """Only the two methods by assertion look at this member."""
    by_key = values["token_endpoint_auth_method"] == PRIVATE_KEY_JWT
    allowed = BY_CLIENT_KEY if by_key else BY_SECRET
    algorithm = values["token_endpoint_auth_signing_alg"]
    if algorithm is not None and algorithm not in allowed:
        yield "token_endpoint_auth_signing_alg", f"Expected one of {', '.join(allowed)}."


def _unsigned(values: Values) -> Problems:
    """OpenID Connect Registration 1.0, section 2."""
    front = any(kind not in ("code", "none") for kind in values["response_types"])
    if values["id_token_signed_response_alg"] == UNSIGNED and front:
        yield "id_token_signed_response_alg", _UNSIGNED_IN_FRONT
    if values["require_signed_request_object"] and values["request_object_signing_alg"] == UNSIGNED:
        yield "request_object_signing_alg", "Request objects of this client must be signed."


def _subjects(values: Values) -> Problems:
    """OpenID Connect Core 1.0, section 8.1."""
    if values["subject_type"] != "pairwise" or values["sector_identifier_uri"]:
        return
    origins = {origin_of(uri) for uri in values["redirect_uris"]}
    hosts = {origin and urlsplit(origin).hostname for origin in origins}
    if len(hosts) != 1 or None in hosts:
        yield "sector_identifier_uri", _ONE_SECTOR


def _logout(values: Values) -> Problems:
    """OpenID Connect Front-Channel Logout 1.0, section 2."""
    address = values["frontchannel_logout_uri"]
    if address is None:
        return
    origin = origin_of(address)
    if origin is None or origin not in {origin_of(uri) for uri in values["redirect_uris"]}:
        yield "frontchannel_logout_uri", _OWN_ORIGIN


def _redirect_uris(values: Values) -> Problems:
    if not values["redirect_uris"] and values["response_types"]:
        grants = {grant for kind in values["response_types"] for grant in grants_of(kind)}
        named = min(grants, default="authorization_code")
        yield "redirect_uris", f"The grant type {named} needs at least one."
    yield from _addresses("redirect_uris", values)


def _post_logout_redirect_uris(values: Values) -> Problems:
    """As strict as for the redirect URIs: a browser is sent there as well (attack LO-08)."""
    yield from _addresses("post_logout_redirect_uris", values)


def _addresses(member: str, values: Values) -> Problems:
    uris: Sequence[str] = values[member] or ()
    for number, uri in enumerate(uris, start=1):
        try:
            check_redirect_uri(uri, native=_is_native(values))
        except BadURIError as error:
            yield member, f"Number {number}: {error}"


def _is_native(values: Values) -> bool:
    """A public client that did not say what it is may be an application on a device."""
    said: str | None = values["application_type"]
    return said == "native" or (said is None and values["token_endpoint_auth_method"] == NONE)


_RULES: tuple[Callable[[Values], Problems], ...] = (
    _response_types,
    _public,
    _keys,
    _encryptions,
    _assertions,
    _unsigned,
    _subjects,
    _logout,
    _redirect_uris,
    _post_logout_redirect_uris,
)
