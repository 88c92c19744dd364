"""What a client that registers itself may be: less than one that an administrator makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from authserver.clients.metadata import Client
from authserver.clients.rules import NONE
from authserver.errors import InvalidClientMetadata, InvalidRedirectUri
from authserver.setting_rules import origin_of
from authserver.settings import Settings

CLOSED, TOKEN, OPEN = "closed", "token", "open"
# None of them opens our own REST API.
SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")
# Each of them needs a person who agrees.
GRANT_TYPES = frozenset({"authorization_code", "refresh_token", "implicit"})
_WEB_ONLY = (
    "Expected https and a host other than localhost: a web application that is given tokens by "
    "way of the browser is on the web. Register the application_type native for one on a device."
)
# What only an administrator can give, and the client keeps when it changes itself.
_GIVEN = ("first_party", "strict", "resource_server", "audience", "access_token_signing_alg")


@dataclass(frozen=True)
class RegistrationPolicy:
    """``hosts`` are patterns for the hosts of its redirect URIs; without any, all may be.

    ``in_development`` is a server on the developer's own machine, where the clients are as well.
    """

    mode: str
    hosts: tuple[str, ...]
    in_development: bool

    @classmethod
    def of(cls, settings: Settings) -> "RegistrationPolicy":
        hosts = tuple(settings.client_registration_hosts)
        # Elsewhere an issuer has https (``setting_rules``).
        return cls(settings.client_registration, hosts, settings.issuer.startswith("http:"))

    def adjusted(self, asked: Mapping[str, Any], before: Client | None) -> dict[str, Any]:
        """The metadata that it gets for what it asked for, still to be validated.

        RFC 7591, section 2: the server may replace members. What would only surprise its
        developer is refused: :class:`InvalidClientMetadata`, :class:`InvalidRedirectUri`.
        """
        metadata = {name: value for name, value in asked.items() if name not in _GIVEN}
        metadata["scope"] = _scope(asked.get("scope"), before)
        if metadata.get("client_name") is None:
            metadata["client_name"] = _name_of(metadata)
        if metadata.get("pkce") is None and metadata.get("token_endpoint_auth_method") != NONE:
            # OpenID Connect knows no PKCE; who has a secret is bound to the code by it.
            metadata["pkce"] = "optional"
        _check_grant_types(metadata.get("grant_types"), before)
        self._check_hosts(metadata)
        if not self.in_development:
            _check_web_addresses(metadata)
        if before is not None:
            registered = before.registered()
            metadata |= {name: registered[name] for name in _GIVEN}
        return metadata

    def _check_hosts(self, metadata: Mapping[str, Any]) -> None:
        if self.hosts and not all(map(self._is_allowed, _addresses(metadata))):
            sentence = "Expected hosts that the operator of this server allows."
            raise InvalidRedirectUri(fields={"redirect_uris": [sentence]})

    def _is_allowed(self, uri: str) -> bool:
        """Of a private-use scheme there is no host: the scheme itself is matched."""
        try:
            parts = urlsplit(uri)
            place = parts.hostname if parts.scheme in ("http", "https") else f"{parts.scheme}:"
        except ValueError:
            return False
        return any(fnmatchcase(place or "", pattern) for pattern in self.hosts)


def _scope(asked: Any, before: Client | None) -> Any:
    """What it may have of what it asks for, and all of it when nothing is asked.

    Members of another type are left to whoever validates them.
    """
    if asked is None:
        return " ".join(SCOPES)
    if not isinstance(asked, str):
        return asked
    allowed = {*SCOPES, *(before.scope if before else ())}
    wanted = asked.split()
    granted = [scope for scope in wanted if scope in allowed]
    if wanted and not granted:
        sentence = f"A client that registers itself may have {', '.join(SCOPES)}."
        raise InvalidClientMetadata(fields={"scope": [sentence]})
    return " ".join(granted)


def _check_grant_types(asked: Any, before: Client | None) -> None:
    allowed = GRANT_TYPES | (before.grant_types if before else frozenset())
    named = {grant for grant in asked if isinstance(grant, str)} if isinstance(asked, list) else ()
    if not allowed.issuperset(named):
        sentence = f"A client that registers itself may have {', '.join(sorted(GRANT_TYPES))}."
        raise InvalidClientMetadata(fields={"grant_types": [sentence]})


def _check_web_addresses(metadata: Mapping[str, Any]) -> None:
    """OpenID Connect Registration 1.0, section 2: where the browser of a web application takes
    tokens, only https, and not on the person's own machine."""
    kinds = [word for kind in _texts(metadata, "response_types") for word in kind.split(" ")]
    in_front = not {"token", "id_token"}.isdisjoint(kinds)
    if metadata.get("application_type") == "native" or not (
        in_front or "implicit" in _texts(metadata, "grant_types")
    ):
        return
    if not all(map(_is_on_the_web, _texts(metadata, "redirect_uris"))):
        raise InvalidRedirectUri(fields={"redirect_uris": [_WEB_ONLY]})


def _is_on_the_web(uri: str) -> bool:
    origin = origin_of(uri) or ""
    return origin.startswith("https:") and urlsplit(origin).hostname != "localhost"


def _name_of(metadata: Mapping[str, Any]) -> str:
    """Who did not say its name is known by where it is."""
    for uri in _addresses(metadata):
        try:
            parts = urlsplit(uri)
        except ValueError:
            continue
        if parts.hostname or parts.scheme:
            return (parts.hostname or parts.scheme)[:255]
    return "Unnamed client"


def _addresses(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Where a browser may be sent."""
    for member in ("redirect_uris", "post_logout_redirect_uris"):
        yield from _texts(metadata, member)


def _texts(metadata: Mapping[str, Any], member: str) -> list[str]:
    """What is text in a member; everything else is left to whoever validates it."""
    entries = metadata.get(member)
    return [e for e in entries if isinstance(e, str)] if isinstance(entries, list) else []
