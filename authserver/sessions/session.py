"""What a session is to the rest of the server: values, no rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

# The request for single claims, by "userinfo" and "id_token" (OpenID Connect Core 1.0, 5.5).
ClaimsRequest = Mapping[str, Mapping[str, Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class SignIn:
    """What begins a session: who signed in where, how, and what they granted.

    ``session_id`` is the id that an authorization code promised, None for a new one.
    ``browser_session_id`` is None where no browser took part.
    """

    user_id: UUID
    credential_generation: int
    client_id: str
    scope: frozenset[str]
    audience: tuple[str, ...]
    auth_time: datetime
    acr: str | None
    amr: tuple[str, ...]
    browser_session_id: UUID | None = None
    claims: ClaimsRequest | None = None
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RefreshHandle:
    """The triple that a refresh token is: ``secret`` is known to its bearer alone."""

    session_id: UUID
    generation: int
    secret: str


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that is alive at this moment, with the state of its user joined in."""

    id: UUID
    user_id: UUID
    client_id: str
    generation: int
    scope: frozenset[str]
    audience: tuple[str, ...]
    auth_time: datetime
    acr: str | None
    amr: tuple[str, ...]
    expires_at: datetime
    browser_session_id: UUID | None
    claims: ClaimsRequest | None
    roles: tuple[str, ...]


class Participant(NamedTuple):
    """A client that took part in a sign-in of a browser, and whose sign-in it was."""

    client_id: str
    user_id: UUID
    browser_session_id: UUID


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom an access token stands for, as long as its session lives, and what they may do now."""

    user_id: UUID
    roles: tuple[str, ...]
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class TokenPerson:
    """The same person as others are told of them, and what the client asked for by ``claims``."""

    user_id: UUID
    email: str
    email_verified: bool
    full_name: str | None
    updated_at: datetime
    profile: Mapping[str, Any]
    claims: ClaimsRequest | None
