"""What all grants have in common, and what they are given."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from authlib.oauth2.rfc6749 import OAuth2Request, TokenEndpointMixin

from authserver.actor import Actor
from authserver.authn.service import AuthnService
from authserver.clients.metadata import Client
from authserver.oauth.requests import Form
from authserver.tokens.authorization import Authorization
from authserver.tokens.codes import CodeService
from authserver.tokens.service import TokenService


@dataclass(frozen=True)
class TokenRequest:
    """A token request that has passed what is common to all grants.

    The client is authenticated and may use the grant. ``scope`` and ``audience`` are well-formed,
    and None where nothing was asked for; ``allowed_audience`` is what the client may have of it
    today.
    """

    client: Client
    form: Form
    scope: frozenset[str] | None
    audience: tuple[str, ...] | None
    allowed_audience: tuple[str, ...]
    actor: Actor


class Services(Protocol):
    """Whom a grant may ask."""

    tokens: TokenService
    codes: CodeService
    authn: AuthnService


class Grant(TokenEndpointMixin):  # type: ignore[misc]
    """One ``grant_type``: from a checked request to an authorization. It issues nothing."""

    GRANT_TYPE: ClassVar[str]

    def __init__(self, request: OAuth2Request, server: Services) -> None:
        self.services = server

    def authorize(self, request: TokenRequest) -> Authorization:
        """What is granted. Raises an error of ours when nothing is."""
        raise NotImplementedError
