"""What an authorization code says to us, and to nobody else (RFC 6749, section 4.1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """All that the request bound to the code, and the id that its session will have.

    That id makes the code work once: the session is inserted under it.
    """

    session_id: UUID
    client_id: str
    redirect_uri: str
    user_id: UUID
    credential_generation: int
    browser_session_id: UUID
    scope: frozenset[str]
    audience: tuple[str, ...]
    auth_time: datetime
    acr: str | None
    amr: tuple[str, ...]
    expires_at: int
    nonce: str | None = None
    code_challenge: str | None = None
    claims: Mapping[str, Any] | None = None

    def to_members(self) -> list[Any]:
        """In one order and without names: the code should be short."""
        return [
            self.session_id.hex,
            self.client_id,
            self.redirect_uri,
            self.user_id.hex,
            self.credential_generation,
            self.browser_session_id.hex,
            " ".join(sorted(self.scope)),
            self.audience,
            self.auth_time.timestamp(),
            self.acr,
            self.amr,
            self.expires_at,
            self.nonce,
            self.code_challenge,
            self.claims,
        ]

    @classmethod
    def from_members(cls, members: list[Any]) -> "AuthorizationCode":
        """What :meth:`to_members` gave."""
        return cls(
            session_id=UUID(members[0]),
            client_id=members[1],
            redirect_uri=members[2],
            user_id=UUID(members[3]),
            credential_generation=members[4],
            browser_session_id=UUID(members[5]),
            scope=frozenset(members[6].split()),
            audience=tuple(members[7]),
            auth_time=datetime.fromtimestamp(members[8], UTC),
            acr=members[9],
            amr=tuple(members[10]),
            expires_at=members[11],
            nonce=members[12],
            code_challenge=members[13],
            claims=members[14],
        )
