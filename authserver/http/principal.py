"""Who calls the REST API, and what a route demands of them.

Each view states its demand once, by one of the decorators below; a test refuses a view without.
A permission counts only when both sides have it: the person's roles give it, and the token's scope
lets the client use it (RFC 6750, section 3.1), by its own name or by ``manage``, which means all.
What concerns one's own account needs the scope ``account``. A client that acts for itself has no
roles: its registered scope, granted by an administrator, is all it has.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from flask import g, request

from authserver.actor import Actor
from authserver.errors import Forbidden, InsufficientPermission, InsufficientScope, InvalidToken
from authserver.http.services import service

SCOPE_MANAGE = "manage"
SCOPE_ACCOUNT = "account"
_BEARER = re.compile(r"Bearer ([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE | re.ASCII)

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Principal:
    """Who is behind an access token. ``user_id`` is None for a client that acts for itself."""

    subject: str
    client_id: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    scope: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()

    @property
    def effective_permissions(self) -> frozenset[str]:
        """What the principal may do with this very token."""
        if self.user_id is None:
            return self.scope
        return self.permissions if SCOPE_MANAGE in self.scope else self.permissions & self.scope

    def demand(self, permission: str) -> None:
        """Raises :class:`InsufficientScope` or :class:`InsufficientPermission`."""
        if permission in self.effective_permissions:
            return
        if self.user_id is None or permission in self.permissions:
            raise InsufficientScope
        raise InsufficientPermission

    def demand_own_account(self, user_id: UUID | None) -> None:
        """There must be a person behind the token, and ``user_id``, if any, must be theirs.

        Raises :class:`Forbidden` or :class:`InsufficientScope`.
        """
        if self.user_id is None or user_id not in (None, self.user_id):
            raise Forbidden
        if SCOPE_ACCOUNT not in self.scope:
            raise InsufficientScope

    def demand_account(self, user_id: UUID, permission: str) -> None:
        """The account must be the principal's own, or the permission must be there."""
        if self.user_id == user_id and SCOPE_ACCOUNT in self.scope:
            return
        self.demand(permission)


class BearerAuthenticator(Protocol):
    """Tells who is behind an access token for our own REST API."""

    def authenticate(self, token: str) -> Principal:
        """Raises :class:`InvalidToken`."""
        ...


@dataclass(frozen=True)
class Guard:
    """What a view demands, as its decorator said it; the OpenAPI document tells it as well."""

    kind: str
    permission: str = ""


def bearer_token(authorization: str) -> str:
    """The token of an Authorization header (RFC 6750, section 2.1). Raises InvalidToken."""
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise InvalidToken(detail="no bearer token")
    return match[1]


def current_principal() -> Principal:
    """Who made this request."""
    principal: Principal = g.principal
    return principal


def current_actor() -> Actor:
    """Who made this request, as the audit record wants it."""
    principal: Principal | None = g.get("principal")
    return Actor(
        kind="anonymous" if principal is None else "user" if principal.user_id else "client",
        id=principal.subject if principal else None,
        address=request.environ["authserver.address"],
        request_id=request.environ["authserver.request_id"],
        user_agent=(request.headers.get("User-Agent") or "")[:255] or None,
    )


def public(view: View) -> View:
    """Anybody may call this view."""
    view.__guard__ = Guard("public")  # type: ignore[attr-defined]
    return view


def authenticated(view: View) -> View:
    """Anybody with a valid access token may."""
    return _guarded(view, Guard("authenticated"), lambda principal, arguments: None)


def own_account(view: View) -> View:
    """Only a person may, and only for the account that is in the path, if there is one."""
    return _guarded(
        view,
        Guard("own_account"),
        lambda principal, arguments: principal.demand_own_account(arguments.get("user_id")),
    )


def require(permission: str) -> Callable[[View], View]:
    """Only who has the permission may."""
    return lambda view: _guarded(
        view,
        Guard("permission", permission),
        lambda principal, arguments: principal.demand(permission),
    )


def require_self_or(permission: str) -> Callable[[View], View]:
    """The person whose id is in the path (``user_id``) may, and who has the permission."""
    return lambda view: _guarded(
        view,
        Guard("self_or_permission", permission),
        lambda principal, arguments: principal.demand_account(arguments["user_id"], permission),
    )


def _guarded(view: View, guard: Guard, check: Callable[[Principal, dict[str, Any]], None]) -> View:
    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        authenticator = service(BearerAuthenticator)  # type: ignore[type-abstract]
        token = bearer_token(request.headers.get("Authorization", ""))
        g.principal = authenticator.authenticate(token)
        check(g.principal, kwargs)
        return view(*args, **kwargs)

    guarded.__guard__ = guard  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]
