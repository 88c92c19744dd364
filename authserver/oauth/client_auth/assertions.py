"""What the two methods by JWT share (RFC 7523, section 3; OpenID Connect Core 1.0, section 9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from authserver.clients.metadata import Client
from authserver.clients.replay import ReplayGuard
from authserver.clock import Clock
from authserver.errors import InvalidClient
from authserver.oauth.client_auth.secrets import FindClient
from authserver.oauth.client_signatures import (
    LEEWAY,
    BadJwtError,
    ClientSignatures,
    PresentedJwt,
    read_jwt,
)
from authserver.oauth.requests import ProtocolRequest

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_LENGTH = 16_384
# The most that the usual libraries ask for; until then each jti is remembered.
MAX_LIFE = 3600
_MAX_JTI = 512
_TYPES = ("jwt", "client-authentication+jwt")


def is_presented(request: ProtocolRequest) -> bool:
    """Half of an assertion is an attempt as well: it never falls back to another method."""
    return bool(request.payload.get("client_assertion")) or bool(
        request.payload.get("client_assertion_type")
    )


def presented_algorithm(request: ProtocolRequest) -> str | None:
    """What the assertion says of itself: which method is tried depends on it, and nothing else."""
    try:
        return read_jwt(request.payload.get("client_assertion") or "", MAX_LENGTH).algorithm
    except BadJwtError:
        return None


@dataclass(frozen=True)
class ClientAssertions:
    """Believes an assertion once. ``audiences`` are the names under which it may address us."""

    signatures: ClientSignatures
    replay: ReplayGuard
    clock: Clock
    issuer: str
    audiences: frozenset[str]

    def authenticate(
        self,
        find_client: FindClient,
        request: ProtocolRequest,
        method: str,
        algorithms: tuple[str, ...],
    ) -> Client:
        """The client that signed the assertion, by ``method`` with one of its ``algorithms``.

        Raises :class:`InvalidClient`, one for every reason, and :class:`Unavailable` when nobody
        can tell whether it was used before.
        """
        try:
            jwt = self._read(request.payload.data, algorithms)
            client = self._client(find_client, jwt, method)
            # The cheap checks first: what cannot be valid makes us call nobody.
            expires_at = self._check_claims(jwt, request)
            self.signatures.check(client, jwt, client.token_endpoint_auth_signing_alg)
        except BadJwtError as error:
            raise InvalidClient(detail=f"client assertion: {error}") from error
        self._use(client, jwt, expires_at)
        return client

    @staticmethod
    def _read(form: Mapping[str, str], algorithms: tuple[str, ...]) -> PresentedJwt:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise BadJwtError("the client_assertion_type is another")
        jwt = read_jwt(form.get("client_assertion") or "", MAX_LENGTH)
        if jwt.algorithm not in algorithms:
            raise BadJwtError("its alg is not one of the method")
        jwt.check_type(_TYPES)
        return jwt

    @staticmethod
    def _client(find_client: FindClient, jwt: PresentedJwt, method: str) -> Client:
        """The client that it speaks for and by, if it is registered for the method."""
        client_id = jwt.claims.get("sub")
        if not isinstance(client_id, str) or jwt.claims.get("iss") != client_id:
            raise BadJwtError("its iss and sub are not one client_id")
        client = find_client(client_id)
        if client is None or not client.enabled:
            raise BadJwtError("no such client")
        if client.token_endpoint_auth_method != method:
            raise BadJwtError("another method is registered")
        return client

    def _check_claims(self, jwt: PresentedJwt, request: ProtocolRequest) -> datetime:
        """When it ends. The endpoint that was called may be its audience as well."""
        called = self.issuer + str(request.http.environ.get("PATH_INFO", ""))
        jwt.check_audience({*self.audiences, called})
        now = self.clock.now().timestamp()
        jwt.check_times(now)
        end = jwt.moment("exp")
        if end is None or end > now + MAX_LIFE + LEEWAY:
            raise BadJwtError(f"its exp is missing, or more than {MAX_LIFE} seconds away")
        identifier = jwt.claims.get("jti")
        if not isinstance(identifier, str) or not 1 <= len(identifier) <= _MAX_JTI:
            raise BadJwtError(f"its jti is missing, or longer than {_MAX_JTI} letters")
        return datetime.fromtimestamp(end, UTC)

    def _use(self, client: Client, jwt: PresentedJwt, expires_at: datetime) -> None:
        if not self.replay.use(client.client_id, jwt.claims["jti"], expires_at):
            raise InvalidClient(detail="client assertion: it was used before")
