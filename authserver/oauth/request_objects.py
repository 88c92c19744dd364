"""Request objects: an authorization request as a JWT (OpenID Connect Core 1.0, 6; RFC 9101).

By value in ``request``, or by reference in ``request_uri``. What comes of it is the parameters as
they would have come without it, so that everybody else sees one kind of authorization request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag

from authserver.clients.algorithms import UNSIGNED
from authserver.clients.metadata import Client
from authserver.clock import Clock
from authserver.errors import (
    Invalid,
    InvalidRequestObject,
    InvalidRequestUri,
    RequestNotSupported,
    Unavailable,
)
from authserver.http.outbound import (
    MAX_BYTES,
    OutboundBusy,
    OutboundFailed,
    OutboundFetcher,
    OutboundRefused,
)
from authserver.oauth.client_signatures import (
    REGISTERED_CLAIMS,
    BadJwtError,
    ClientSignatures,
    PresentedJwt,
    read_jwt,
)
from authserver.oauth.requests import CONTROL
from authserver.storage.short_memory import ShortMemory

# OpenID Connect Core 1.0, section 6.2.
MAX_REQUEST_URI = 512
# What an address with a fragment leads to is remembered: the fragment changes with the content.
REMEMBERED_SECONDS = 300.0
REMEMBERED = 200
_ACCEPT = "application/oauth-authz-req+jwt, application/jwt, */*;q=0.1"
_TYPES = ("jwt", "oauth-authz-req+jwt")
_CARRIERS = ("request", "request_uri")


def _memory() -> ShortMemory[str, str]:
    return ShortMemory("request_objects", ttl=REMEMBERED_SECONDS, bound=REMEMBERED)


@dataclass(frozen=True)
class RequestObjects:
    """Finds the parameters of an authorization request wherever they are."""

    signatures: ClientSignatures
    fetcher: OutboundFetcher
    clock: Clock
    issuer: str
    memory: ShortMemory[str, str] = field(default_factory=_memory)

    def resolve(self, client: Client, parameters: Mapping[str, str]) -> dict[str, str]:
        """The parameters that count; several ``resource`` of an object are parted by spaces.

        With a ``response_type`` beside it, the object only wins (OpenID Connect Core 1.0, section
        6.1); without one, or where the client must sign, it stands alone (RFC 9101, section 6.3).
        Calls the client's server where object or keys are there: do not hold a transaction.
        Raises :class:`Invalid`, :class:`InvalidRequestObject`, :class:`InvalidRequestUri`,
        :class:`RequestNotSupported` and :class:`Unavailable`.
        """
        text = self._text(client, parameters)
        if text is None:
            if client.require_signed_request_object:
                raise Invalid(hint="This client must send a signed request object.")
            return dict(parameters)
        try:
            jwt = read_jwt(text, MAX_BYTES)
            self._check_signature(client, jwt)
            self._check_claims(client, jwt)
            members = _members(jwt.claims)
        except BadJwtError as error:
            raise InvalidRequestObject(hint=f"It cannot be used: {error}.") from error
        return _merged(client, parameters, members)

    def _text(self, client: Client, parameters: Mapping[str, str]) -> str | None:
        value, reference = (parameters.get(name) for name in _CARRIERS)
        if value is not None and reference is not None:
            raise Invalid(hint="Send either request or request_uri.")
        return value if reference is None else self._fetched(client, reference)

    def _fetched(self, client: Client, reference: str) -> str:
        """Only what was registered: nobody sends us anywhere by a parameter (RFC 9101, 10.4)."""
        address, fragment = urldefrag(reference)
        registered = {urldefrag(uri).url for uri in client.request_uris}
        if len(reference) > MAX_REQUEST_URI or address not in registered:
            raise InvalidRequestUri(hint="It is not among the request_uris of the client.")
        if fragment:
            return self.memory.get(reference, lambda: self._fetch(address))
        return self._fetch(address)

    def _fetch(self, address: str) -> str:
        try:
            return self.fetcher.get(address, accept=_ACCEPT).decode("ascii").strip()
        except OutboundBusy as error:
            raise Unavailable(detail=f"request_uri: {error}") from error
        except (OutboundFailed, OutboundRefused, UnicodeDecodeError) as error:
            raise InvalidRequestUri(detail=f"request_uri: {type(error).__name__}") from error

    def _check_signature(self, client: Client, jwt: PresentedJwt) -> None:
        """Unsigned only from who registered that: anybody could have written it otherwise."""
        registered = client.request_object_signing_alg
        if jwt.algorithm != UNSIGNED:
            self.signatures.check(client, jwt, registered)
        elif jwt.is_signed:
            raise BadJwtError("it has a signature and the alg none")
        elif registered != UNSIGNED or client.require_signed_request_object:
            raise RequestNotSupported(hint="This client must sign its request objects.")

    def _check_claims(self, client: Client, jwt: PresentedJwt) -> None:
        jwt.check_type(_TYPES)
        jwt.check_times(self.clock.now().timestamp())
        if "aud" in jwt.claims:
            jwt.check_audience({self.issuer})
        for name in ("iss", "client_id"):
            if jwt.claims.get(name, client.client_id) != client.client_id:
                raise BadJwtError(f"its {name} is not the client_id")
        if jwt.claims.get("sub") == client.client_id:
            # RFC 9101, section 10.8: that is an assertion for another purpose.
            raise BadJwtError("its sub is the client_id")
        if not jwt.claims.keys().isdisjoint(_CARRIERS):
            raise BadJwtError("it refers to another request object")


def _merged(
    client: Client, parameters: Mapping[str, str], members: Mapping[str, str]
) -> dict[str, str]:
    outer = parameters.get("response_type")
    alone = {**members, "client_id": client.client_id}
    if outer is None or client.require_signed_request_object:
        return alone
    inner = members.get("response_type", outer)
    if sorted(inner.split(" ")) != sorted(outer.split(" ")):
        raise InvalidRequestObject(hint="Its response_type is not the one beside it.")
    beside = {name: value for name, value in parameters.items() if name not in _CARRIERS}
    return beside | alone


def _members(claims: Mapping[str, Any]) -> dict[str, str]:
    """The members as parameters have them; null and the empty text count as left out."""
    texts = {
        name: _as_text(name, value)
        for name, value in claims.items()
        if name not in REGISTERED_CLAIMS and value is not None
    }
    return {name: text for name, text in texts.items() if text}


def _as_text(name: str, value: Any) -> str:
    """Numbers and objects in their own form: ``max_age`` and ``claims`` come as such."""
    if name == "resource" and isinstance(value, list):
        value = " ".join(str(entry) for entry in value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    try:
        # A half of a surrogate pair is no text, and whoever wrote it on would fail.
        text.encode()
    except UnicodeEncodeError as error:
        raise BadJwtError("one of its members is no text") from error
    if CONTROL.search(text):
        raise BadJwtError("one of its members has control characters")
    return text
