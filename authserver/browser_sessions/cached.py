"""Copies of browser sessions in Redis, for what pages show.

They decide nothing: the authorization endpoint asks PostgreSQL who is there, and whoever begins a
client's session asks again, in the same statement (``docs/adr/0012-browser-sessions.md``).
"""

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.cookie import BrowserToken
from authserver.storage.cache import Cache
from authserver.users.cache_keys import version_key

# A browser counts as just seen for this long. No copy lives longer, or busy browsers would seem
# idle to PostgreSQL.
TOUCH_INTERVAL = 60


@dataclass(frozen=True, slots=True)
class Found:
    """A living browser session, fresh from PostgreSQL.

    ``version`` is that of its user, ``seconds_left`` how long it lives if nothing happens.
    """

    session: BrowserSession
    digest: bytes
    version: int
    seconds_left: int


@dataclass(frozen=True)
class BrowserSessionCache:
    """A copy counts for the token that it was made for, and as long as its user is unchanged.

    The users' own room forgets the version of a user who changes, and so all copies at once, in
    whichever browser. Copies are authenticated by ``key``: whoever writes to Redis signs nobody in.
    """

    cache: Cache
    key: bytes = field(repr=False)
    ttl: int

    def find(self, token: BrowserToken) -> BrowserSession | None:
        """What is remembered of the token."""
        body = self._body(token.session_id)
        if body is None or not hmac.compare_digest(bytes.fromhex(body["digest"]), token.digest):
            return None
        session = _session(token.session_id, body)
        version = self.cache.get(version_key(session.user_id))
        return session if version == body["version"] else None

    def put(self, found: Found) -> None:
        longest = min(self.ttl, TOUCH_INTERVAL)
        body = orjson.dumps(_members(found)).decode()
        stored = {"body": body, "mac": self._mac(found.session.id, body)}
        self.cache.put(_name(found.session.id), stored, min(longest, found.seconds_left))
        self.cache.put(version_key(found.session.user_id), found.version, longest)

    def forget(self, *session_ids: UUID) -> None:
        if session_ids:
            self.cache.forget(*map(_name, session_ids))

    def _body(self, session_id: UUID) -> dict[str, Any] | None:
        """What we stored; None for nothing, and for anything that we did not put there."""
        match self.cache.get(_name(session_id)):
            case {"body": str(body), "mac": str(mac)}:
                expected = self._mac(session_id, body)
            case _:
                return None
        if not hmac.compare_digest(mac.encode(), expected.encode()):
            return None
        members: dict[str, Any] = orjson.loads(body)
        return members

    def _mac(self, session_id: UUID, body: str) -> str:
        return hmac.digest(self.key, f"{session_id}|{body}".encode(), "sha256").hex()


def _name(session_id: UUID) -> str:
    return f"browser_session:{session_id}"


def _members(found: Found) -> dict[str, Any]:
    session = found.session
    return {
        "digest": found.digest.hex(),
        "version": found.version,
        "user_id": str(session.user_id),
        "email": session.email,
        "full_name": session.full_name,
        "credential_generation": session.credential_generation,
        "auth_time": session.auth_time.isoformat(),
        "acr": session.acr,
        "amr": session.amr,
        "expires_at": session.expires_at.isoformat(),
    }


def _session(session_id: UUID, members: dict[str, Any]) -> BrowserSession:
    return BrowserSession(
        id=session_id,
        user_id=UUID(members["user_id"]),
        email=members["email"],
        full_name=members["full_name"],
        credential_generation=members["credential_generation"],
        auth_time=_moment(members["auth_time"]),
        acr=members["acr"],
        amr=tuple(members["amr"]),
        expires_at=_moment(members["expires_at"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
