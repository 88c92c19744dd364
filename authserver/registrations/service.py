"""Dynamic client registration (RFC 7591) and its management (RFC 7592)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clients.metadata import Client
from authserver.clients.rules import flat
from authserver.clients.secrets import RegisteredClient
from authserver.clients.sectors import sector_host
from authserver.clients.service import ClientService
from authserver.errors import (
    ClientIsBuiltIn,
    ClientNotFound,
    ClientRegistrationClosed,
    Invalid,
    InvalidClientMetadata,
    InvalidToken,
    PreconditionFailed,
)
from authserver.ids import digest, new_secret
from authserver.registrations.policy import CLOSED, TOKEN, RegistrationPolicy
from authserver.registrations.repository import InitialAccessTokenRepository
from authserver.storage.db import Database, Transaction

MAX_USES = 1_000_000
MIN_TTL, MAX_TTL = 60, 365 * 86_400
DEFAULT_TTL = 86_400


@dataclass(frozen=True)
class IssuedToken:
    """An initial access token, known now and never again."""

    token: str = field(repr=False)
    uses: int
    expires_at: datetime


@dataclass(frozen=True)
class Registration:
    """A client that registered itself, and the token by which it manages itself from now on."""

    client: Client
    secret: str | None = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class RegistrationService:
    """What a client may do about itself.

    Whoever presents a token that is not the client's learns nothing, not even whether there is
    such a client: :class:`InvalidToken` (RFC 7592, section 2).
    """

    database: Database
    tokens: InitialAccessTokenRepository
    clients: ClientService
    audit: AuditService
    policy: RegistrationPolicy

    def issue_token(
        self, actor: Actor, uses: int = 1, ttl: int = DEFAULT_TTL, note: str | None = None
    ) -> IssuedToken:
        """A token that lets somebody register ``uses`` clients. Raises :class:`Invalid`."""
        problems = {
            **_out_of_bounds("uses", uses, 1, MAX_USES),
            **_out_of_bounds("ttl", ttl, MIN_TTL, MAX_TTL),
        }
        if problems:
            raise Invalid(fields=problems)
        token = new_secret()
        with self.database.transaction() as tx:
            added = self.tokens.add(tx, digest(token), uses, ttl, note)
            detail = {"token_id": str(added.id), "uses": uses, "ttl": ttl, "note": note}
            self.audit.record(tx, Event.REGISTRATION_TOKEN_ISSUED, actor, detail=detail)
        return IssuedToken(token, uses, added.expires_at)

    def register(
        self, actor: Actor, presented: str | None, metadata: Mapping[str, Any]
    ) -> Registration:
        """Register a client; ``presented`` is the initial access token, if there is one.

        Raises :class:`ClientRegistrationClosed`, :class:`InvalidToken`,
        :class:`InvalidClientMetadata` and :class:`InvalidRedirectUri`.
        """
        self._admit(presented)
        members = self.clients.validate(self.policy.adjusted(metadata, None))
        token = new_secret()
        members |= {"self_registered": True, "registration_token_digest": digest(token)}
        with self.database.transaction() as tx:
            made = self.clients.add(tx, actor, members, None)
            if presented is not None:
                self._use_token(tx, actor, presented, made.client.client_id)
        return self._told(made, token)

    def read(self, client_id: str, presented: str) -> Client:
        """The client as it is now. Raises :class:`InvalidToken`."""
        with self.database.transaction() as tx:
            return self._lock(tx, client_id, presented)

    def replace(
        self, actor: Actor, client_id: str, presented: str, metadata: Mapping[str, Any]
    ) -> Registration:
        """Make the client what the metadata say; what they leave out is gone (RFC 7592, 2.2).

        The token by which it was asked has been used up. Raises what :meth:`register` does, and
        :class:`PreconditionFailed` when somebody else changed the client meanwhile.
        """
        before = self.read(client_id, presented)
        self._check_identity(before, metadata)
        members = self.clients.validate(self.policy.adjusted(metadata, before))
        _check_sector(before, flat(members))
        token = new_secret()
        named = sorted(metadata.keys() & flat(members).keys())
        members |= {"registration_token_digest": digest(token)}
        with self.database.transaction() as tx:
            locked = self._lock(tx, client_id, presented)
            if locked.version != before.version:
                raise PreconditionFailed
            changed = self.clients.change(tx, actor, locked, members, named)
        return self._told(changed, token)

    def remove(self, actor: Actor, client_id: str, presented: str) -> None:
        """Remove the client and all that belongs to it. Raises :class:`InvalidToken`."""
        self.read(client_id, presented)
        self.clients.delete(actor, client_id)

    def _admit(self, presented: str | None) -> None:
        """Nobody is let in on the word of a token that will not do: checks cost something."""
        if self.policy.mode == CLOSED:
            raise ClientRegistrationClosed
        if presented is None:
            if self.policy.mode == TOKEN:
                raise InvalidToken(detail="no initial access token")
            return
        with self.database.transaction() as tx:
            if not self.tokens.is_alive(tx, digest(presented)):
                raise InvalidToken(detail="no such initial access token")

    def _use_token(self, tx: Transaction, actor: Actor, presented: str, client_id: str) -> None:
        token_id = self.tokens.use(tx, digest(presented))
        if token_id is None:
            raise InvalidToken(detail="the initial access token was used up meanwhile")
        detail = {"token_id": str(token_id)}
        deed = Event.REGISTRATION_TOKEN_USED
        self.audit.record(tx, deed, actor, client_id=client_id, detail=detail)

    def _lock(self, tx: Transaction, client_id: str, presented: str) -> Client:
        try:
            client = self.clients.lock(tx, client_id)
        except (ClientNotFound, ClientIsBuiltIn) as error:
            raise InvalidToken(detail="no such client") from error
        expected = client.registration_token_digest
        if expected is None or not hmac.compare_digest(expected, digest(presented)):
            raise InvalidToken(detail="not the registration access token of this client")
        if not client.enabled:
            raise InvalidToken(detail="the client is disabled")
        return client

    def _check_identity(self, client: Client, metadata: Mapping[str, Any]) -> None:
        """RFC 7592, section 2.2: the client names itself, and chooses no secret."""
        if metadata.get("client_id") != client.client_id:
            sentence = "Expected the client_id of this very client."
            raise InvalidClientMetadata(fields={"client_id": [sentence]})
        secret = metadata.get("client_secret")
        if secret is None:
            return
        now = self.clients.secrets.clock.now()
        if not isinstance(secret, str) or not client.check_client_secret(secret, now):
            sentence = "Expected the present secret, or none: a client does not choose its secret."
            raise InvalidClientMetadata(fields={"client_secret": [sentence]})

    def _told(self, registered: RegisteredClient, token: str) -> Registration:
        self.clients.tell(registered.client.client_id)
        return Registration(registered.client, registered.secret, token)


def _check_sector(before: Client, values: Mapping[str, Any]) -> None:
    """Who knows people by one name must not ask what they are called somewhere else (attack OI-17).

    Nobody has proven to own the host of a redirect URI until a person comes back there; sessions
    from before a change have been somewhere else.
    """
    sector = sector_host(values.get("sector_identifier_uri"), values["redirect_uris"])
    if values.get("subject_type") != "pairwise" or sector is None:
        return
    earlier = sector_host(before.sector_identifier_uri, before.redirect_uris)
    if (before.subject_type, earlier) != ("pairwise", sector):
        sentence = "Pairwise subjects and their sector cannot be changed. Register another client."
        raise InvalidClientMetadata(fields={"subject_type": [sentence]})


def _out_of_bounds(member: str, value: int, low: int, high: int) -> dict[str, list[str]]:
    return {} if low <= value <= high else {member: [f"Expected a number from {low} to {high}."]}
