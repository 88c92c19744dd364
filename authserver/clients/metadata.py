"""A client as the rest of the server sees it, and the rules of RFC 7591 for what it may be.

Both the REST API and the command line register by these rules, whole again at each change: what
was refused at first cannot be slipped in later (CVE-2026-15572).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from authserver.clients.members import (
    COLUMN_READERS,
    HUMAN_MEMBERS,
    TRANSLATED,
    BadMemberError,
    Reader,
    Supported,
)
from authserver.clients.openid_members import OPENID_READERS
from authserver.clients.openid_metadata import OpenIdMetadata, untagged
from authserver.clients.rules import (
    NONE,
    SECRET_METHODS,
    complete,
    contradictions,
    grants_of,
    needs_plain_secret,
)
from authserver.errors import ClientNotFound, InvalidClientMetadata, InvalidRedirectUri
from authserver.ids import digest

# In how many languages a client may present itself, each member counted.
MAX_TRANSLATIONS = 100
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,254}")


@dataclass(frozen=True, slots=True)
class Secret:
    """The SHA-256 digest of a secret; ``expires_at`` is None until it is rotated away.

    ``sealed`` is the secret itself under the key-encryption key, where the client's metadata
    wants us to read it again (docs/adr/0011).
    """

    digest: bytes = field(repr=False)
    expires_at: datetime | None
    sealed: bytes | None = field(default=None, repr=False)

    def is_valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(OpenIdMetadata):
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
    self_registered: bool = False
    registration_token_digest: bytes | None = field(default=None, repr=False)
    scope: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scope", frozenset(self.scope_text.split()))

    @property
    def is_public(self) -> bool:
        """Whether the client cannot keep a secret (RFC 6749, section 2.1)."""
        return self.token_endpoint_auth_method == NONE

    @property
    def needs_plain_secret(self) -> bool:
        """Whether its secrets are kept so that we can read them again."""
        return needs_plain_secret(self.registered())

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


# The same few are asked for again and again.
@lru_cache(maxsize=1024)
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


def known_client_id(text: str) -> str:
    """Refuse before any query what can be no client's id. Raises :class:`ClientNotFound`."""
    if not is_client_id(text):
        raise ClientNotFound
    return text


def validate_metadata(data: Mapping[str, Any], supported: Supported) -> dict[str, Any]:
    """The members of a client, complete and in order; those without a column are in ``metadata``.

    Members that we do not know are left out (RFC 7591, section 2). Raises
    :class:`InvalidRedirectUri` or :class:`InvalidClientMetadata` with all mistakes at once.
    """
    values: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for member, read in _readers(data).items():
        try:
            values[member] = read(data.get(member), supported)
        except BadMemberError as error:
            problems[member] = [str(error)]
    if not problems:
        if data.get("grant_types") is None:
            values["grant_types"] = _grants_that_follow(values["response_types"])
        complete(values)
        problems = contradictions(values)
    if problems:
        kind = InvalidRedirectUri if "redirect_uris" in problems else InvalidClientMetadata
        raise kind(fields=problems)
    members = {member: values.pop(member) for member in COLUMN_READERS}
    members["metadata"] = {name: value for name, value in values.items() if value is not None}
    return members


def merge(client: Client, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the client would be; its response types follow its grant types unless told apart."""
    members = client.registered()
    if "grant_types" in changes:
        del members["response_types"]
    return members | dict(changes)


def _grants_that_follow(response_types: list[str]) -> list[str]:
    """Who names response types alone means the grant types that go with them."""
    grants = {grant for kind in response_types for grant in grants_of(kind)}
    return sorted(grants) or ["authorization_code"]


def _readers(data: Mapping[str, Any]) -> dict[str, Reader]:
    """Those of all members; in other languages, of what was sent (RFC 7591, section 2.2)."""
    tagged = {name: TRANSLATED[base] for name in data if (base := untagged(name))}
    if len(tagged) > MAX_TRANSLATIONS:
        sentence = f"Expected at most {MAX_TRANSLATIONS} members in other languages."
        raise InvalidClientMetadata(fields={"client_name": [sentence]})
    return {**COLUMN_READERS, **HUMAN_MEMBERS, **OPENID_READERS, **tagged}
