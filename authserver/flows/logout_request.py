"""A logout request that has been proven, as it travels to the person's answer and back."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from authserver.clock import Clock
from authserver.errors import FlowExpired, FlowInvalid
from authserver.flows.redirects import in_query
from authserver.flows.sealing import Sealer, for_address

_LOGOUT = "logout request"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """What a client, or a person, asked for (OpenID Connect RP-Initiated Logout 1.0, section 2).

    ``started_at`` is in seconds. ``accounts`` are the browser sessions that the person agreed to
    end, and no others: who signs in again later is not signed out by an old answer.
    """

    started_at: float
    client_id: str | None = None
    post_logout_redirect_uri: str | None = None
    state: str | None = None
    ui_locales: tuple[str, ...] = ()
    accounts: frozenset[UUID] = frozenset()

    @property
    def continue_url(self) -> str | None:
        """Where the person goes in the end, with the state (section 3)."""
        uri = self.post_logout_redirect_uri
        if uri is None or self.state is None:
            return uri
        return in_query(uri, {"state": self.state})

    def with_consent(self, accounts: Collection[UUID]) -> "LogoutRequest":
        """The request, agreed to by the person."""
        return replace(self, accounts=frozenset(accounts))

    def to_members(self) -> list[Any]:
        """As JSON, in one order and without names."""
        return [
            self.started_at,
            self.client_id,
            self.post_logout_redirect_uri,
            self.state,
            self.ui_locales,
            sorted(account.hex for account in self.accounts),
        ]

    @classmethod
    def from_members(cls, members: list[Any]) -> "LogoutRequest":
        """What :meth:`to_members` gave."""
        return cls(
            started_at=members[0],
            client_id=members[1],
            post_logout_redirect_uri=members[2],
            state=members[3],
            ui_locales=tuple(members[4]),
            accounts=frozenset(map(UUID, members[5])),
        )


@dataclass(frozen=True)
class LogoutFlows:
    """Seals logout requests for the one browser that they travel in. ``ttl`` is in seconds."""

    sealer: Sealer
    clock: Clock
    ttl: int

    def begin(self, **members: Any) -> LogoutRequest:
        """A request that begins now."""
        return LogoutRequest(started_at=self.clock.now().timestamp(), **members)

    def seal(self, request: LogoutRequest, browser: str) -> str:
        """The request, bound to the value that ``browser`` has in its cookie.

        Raises :class:`Invalid` when it is too long for an address.
        """
        return for_address(self.sealer.seal(_LOGOUT, request.to_members(), browser), _LOGOUT)

    def open(self, sealed: str, browser: str | None) -> LogoutRequest:
        """The request that this browser carries.

        Raises :class:`FlowInvalid` for that of another browser and for anything else,
        :class:`FlowExpired` after its time.
        """
        if browser is None:
            raise FlowInvalid(detail="no cookie")
        request = LogoutRequest.from_members(self.sealer.open(_LOGOUT, sealed, browser))
        if self.clock.now().timestamp() >= request.started_at + self.ttl:
            # Nobody has been signed out: to go back to the client would look as if.
            raise FlowExpired
        return request
