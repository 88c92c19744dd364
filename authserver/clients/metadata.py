"""A client as the rest of the server sees it, and the rules of RFC 7591 for what it may be.

Both the REST API and the command line register by these rules, whole again at each change: what
was refused at first cannot be slipped in later (CVE-2026-15572).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from authserver.clients.members import HUMAN_MEMBERS, READERS, BadMemberError, Supported
from authserver.clients.uris import BadURIError, check_redirect_uri
from authserver.errors import InvalidClientMetadata, InvalidRedirectUri
from authserver.ids import digest

NONE = "none"
CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a registered name
CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a registered name
SECRET_METHODS = frozenset({CLIENT_SECRET_BASIC, CLIENT_SECRET_POST})
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,254}")


@dataclass(frozen=True, slots=True)
class Secret:
    """The SHA-256 digest of a secret; ``expires_at`` is None until it is rotated away."""

    digest: bytes = field(repr=False)
    expires_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client (RFC 7591, section 2), immutable: threads share it."""

    client_id: str
    client_name: str
    enabled: bool
    first_party: bool
    built_in: bool
    strict: bool
    resource_server: bool
    token_endpoint_auth_method: str
    grant_types: frozenset[str]
    response_types: frozenset[str]
    redirect_uris: tuple[str, ...]
    scope_text: str
    audience: tuple[str, ...]
    access_token_signing_alg: str | None
    secrets: tuple[Secret, ...] = ()
    metadata: Mapping[str, Any] = field(hash=False)
    version: int
    created_at: datetime
    updated_at: datetime
    scope: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scope", frozenset(self.scope_text.split()))

    @property
    def is_public(self) -> bool:
        """Whether the client cannot keep a secret (RFC 6749, section 2.1)."""
        return self.token_endpoint_auth_method == NONE

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client may authenticate so, at whatever endpoint.

        The two methods by secret stand for one another unless the client is strict: some
        libraries use both in turn.
        """
        if method == self.token_endpoint_auth_method:
            return True
        return not self.strict and {method, self.token_endpoint_auth_method} <= SECRET_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types

    def check_client_secret(self, secret: str, now: datetime) -> bool:
        """Whether ``secret`` is one of the client's valid ones; all are compared, in equal time."""
        presented = digest(secret.encode(errors="surrogatepass"))
        matches = [
            hmac.compare_digest(presented, kept.digest) and kept.is_valid(now)
            for kept in self.secrets
        ]
        return any(matches)

    def registered(self) -> dict[str, Any]:
        """What was registered, by the names of RFC 7591 and ours, as it would be sent again."""
        return {
            "client_name": self.client_name,
            "first_party": self.first_party,
            "strict": self.strict,
            "resource_server": self.resource_server,
            "token_endpoint_auth_method": self.token_endpoint_auth_method,
            "grant_types": sorted(self.grant_types),
            "response_types": sorted(self.response_types),
            "redirect_uris": list(self.redirect_uris),
            "scope": self.scope_text,
            "audience": list(self.audience),
            "access_token_signing_alg": self.access_token_signing_alg,
            **self.metadata,
        }


def is_client_id(text: str) -> bool:
    """Whether a client may have this id.

    Nothing that reads as a UUID may: the ``sub`` of a client could then be that of a person
    (RFC 9068, section 5).
    """
    if not _CLIENT_ID.fullmatch(text):
        return False
    try:
        UUID(text)
    except ValueError:
        return True
    return False


def check_client_id(text: str) -> None:
    """Raises :class:`InvalidClientMetadata` unless a client may have this id."""
    if not is_client_id(text):
        sentence = (
            "Expected 1 to 255 of the characters A-Z a-z 0-9 . _ ~ -, the first one a letter or a "
            "digit, and not the form of a UUID."
        )
        raise InvalidClientMetadata(fields={"client_id": [sentence]})


def validate_metadata(data: Mapping[str, Any], supported: Supported) -> dict[str, Any]:
    """The members of a client, complete and in order; what only people read is in ``metadata``.

    Members that we do not know are left out (RFC 7591, section 2). Raises
    :class:`InvalidRedirectUri` or :class:`InvalidClientMetadata` with all mistakes at once.
    """
    values: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for member, read in READERS.items():
        try:
            values[member] = read(data.get(member), supported)
        except BadMemberError as error:
            problems[member] = [str(error)]
    if not problems:
        values["response_types"] = values["response_types"] or _response_types_of(values)
        problems = _contradictions(values) or _bad_redirect_uris(values)
    if problems:
        kind = InvalidRedirectUri if "redirect_uris" in problems else InvalidClientMetadata
        raise kind(fields=problems)
    human = {member: values.pop(member) for member in HUMAN_MEMBERS}
    values["metadata"] = {member: value for member, value in human.items() if value is not None}
    return values


def _response_types_of(values: Mapping[str, Any]) -> list[str]:
    """RFC 7591, section 2.1: the response type ``code`` goes with its grant type."""
    return ["code"] if "authorization_code" in values["grant_types"] else []


def _contradictions(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Members that are right by themselves and wrong together."""
    problems: dict[str, str] = {}
    if values["response_types"] != _response_types_of(values):
        problems["response_types"] = (
            "The response type code goes with the grant type authorization_code: expected both or "
            "neither."
        )
    if values["token_endpoint_auth_method"] == NONE:
        if "client_credentials" in values["grant_types"]:
            problems["grant_types"] = (
                "A public client cannot use client_credentials: nobody could tell who asks. "
                "Choose client_secret_basic as token_endpoint_auth_method."
            )
        if values["resource_server"]:
            problems["resource_server"] = (
                "A public client cannot introspect tokens. Choose client_secret_basic as "
                "token_endpoint_auth_method."
            )
    return {member: [sentence] for member, sentence in problems.items()}


def _bad_redirect_uris(values: Mapping[str, Any]) -> dict[str, list[str]]:
    uris = values["redirect_uris"]
    if not uris and "authorization_code" in values["grant_types"]:
        return {"redirect_uris": ["The grant type authorization_code needs at least one."]}
    sentences = []
    for number, uri in enumerate(uris, start=1):
        try:
            check_redirect_uri(uri, public=values["token_endpoint_auth_method"] == NONE)
        except BadURIError as error:
            sentences.append(f"Number {number}: {error}")
    return {"redirect_uris": sentences} if sentences else {}
