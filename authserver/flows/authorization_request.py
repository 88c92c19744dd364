"""An authorization request that has been proven, as it travels from step to step."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from authserver.flows.redirects import link_to_client
from authserver.ids import parse_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What a client asked for (OpenID Connect Core 1.0, section 3.1.2.1), and what came of it.

    ``started_at`` is in seconds; ``prompt`` and ``max_age`` are measured against it. ``account``
    is the browser session that a person chose in this flow, ``signed_in`` the one that they signed
    in to in it, ``consented`` the one that agreed, and ``denied`` says that they refused.
    ``refusal`` is an error of the request itself, by its code and description, that is told to the
    client once somebody has signed in.
    """

    client_id: str
    redirect_uri: str
    response_type: str
    response_mode: str
    scope: frozenset[str]
    audience: tuple[str, ...]
    started_at: float
    state: str | None = None
    nonce: str | None = None
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    login_hint: str | None = None
    ui_locales: tuple[str, ...] = ()
    claims_locales: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    display: str | None = None
    claims: Mapping[str, Any] | None = None
    code_challenge: str | None = None
    hint_subject: str | None = None
    account: UUID | None = None
    signed_in: UUID | None = None
    consented: UUID | None = None
    denied: bool = False
    refusal: tuple[str, str] | None = None

    @property
    def response_types(self) -> frozenset[str]:
        """The artefacts asked for: code, id_token, token, or none."""
        return frozenset(self.response_type.split(" "))

    def with_account(self, account: UUID) -> "AuthorizationRequest":
        """The request, answered by one of the accounts of the browser."""
        return replace(self, account=account)

    def with_sign_in(self, account: UUID) -> "AuthorizationRequest":
        """The request, answered by somebody who has just signed in."""
        return replace(self, account=account, signed_in=account)

    def with_consent(self, account: UUID) -> "AuthorizationRequest":
        """The request, to which one of the accounts of the browser has agreed."""
        return replace(self, account=account, consented=account)

    def with_denial(self) -> "AuthorizationRequest":
        """The request, refused by the person."""
        return replace(self, denied=True)

    def back_url(self, issuer: str, error: str) -> str:
        """A link for a person that leads back to the client with an error (RFC 6749, 4.1.2.1)."""
        parameters = {"error": error, "iss": issuer}
        if self.state is not None:
            parameters["state"] = self.state
        return link_to_client(self.redirect_uri, self.response_mode, parameters)

    def to_members(self) -> dict[str, Any]:
        """The request as JSON; what is absent is left out."""
        members = {name: _plain(value) for name, value in asdict(self).items()}
        return {name: value for name, value in members.items() if not _is_absent(value)}

    @classmethod
    def from_members(cls, members: Mapping[str, Any]) -> "AuthorizationRequest":
        """What :meth:`to_members` gave."""
        values = dict(members)
        for name in ("scope", "prompt"):
            values[name] = frozenset(values.get(name, ()))
        for name in ("audience", "ui_locales", "claims_locales", "acr_values"):
            values[name] = tuple(values.get(name, ()))
        if "refusal" in values:
            values["refusal"] = tuple(values["refusal"])
        for name in ("account", "signed_in", "consented"):
            values[name] = parse_id(values.get(name, ""))
        return cls(**values)


def _is_absent(value: Any) -> bool:
    """Zero is a value: max_age may have it."""
    return value is None or value is False or value == []


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, UUID) else value
