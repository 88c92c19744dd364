"""Making, rotating, publishing and finding the keys that sign."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from authserver.actor import SYSTEM, Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clock import Clock
from authserver.signing import schedule
from authserver.signing.jwks import JwksDocument
from authserver.signing.keys import KeyRecord, KeyRing, LoadedKey, SigningKeysError
from authserver.signing.keystores import KeyStore
from authserver.signing.material import KeyMaker
from authserver.signing.outcomes import (
    KeyDescription,
    RotationOutcome,
    audited_key,
    audited_rotation,
    describe,
    outcome_of,
)
from authserver.signing.repository import SigningKeyRepository
from authserver.signing.rings import IMPATIENT_SECONDS, RingCache
from authserver.signing.schedule import (
    REFRESH,
    REFRESH_ALGORITHM,
    TOKEN,
    KeyPolicy,
    Slot,
    Vacancy,
)
from authserver.storage.db import Database, Transaction


@dataclass(frozen=True)
class SigningService:
    """The keys of this installation. Safe to call from any thread of any process."""

    database: Database
    keys: SigningKeyRepository
    audit: AuditService
    key_store: KeyStore
    clock: Clock
    policy: KeyPolicy
    rings: RingCache = field(default_factory=RingCache)
    document: JwksDocument = field(default_factory=JwksDocument)

    # For who signs and verifies ------------------------------------------------------------------

    def ring(self) -> KeyRing:
        """The keys, as they were a few seconds ago at most, or when they could last be read.

        Raises :class:`SigningKeysError` when they have never been usable, and Unavailable when
        PostgreSQL has never answered: the server should not start.
        """
        return self.rings.get(self._read_ring)

    def jwks(self) -> bytes:
        """The JWKS; it survives the loss of PostgreSQL."""
        return self.document.of(self.ring(), self.clock.now())

    def signing_key(self, algorithm: str) -> LoadedKey:
        """The key that signs tokens by an algorithm. Raises Unavailable when there is none yet."""
        return self.ring().active(TOKEN, algorithm, self.clock.now())

    def best_signing_key(self, *preferred: str) -> LoadedKey:
        """The key for a token that had better be signed by one of the preferred algorithms.

        An algorithm that was configured a moment ago has a key that may not sign yet: until then
        another one signs, of those that are configured if possible. Raises Unavailable when
        nothing can be signed at all.
        """
        algorithms = (*preferred, *self.policy.algorithms)
        return self.ring().best_active(TOKEN, algorithms, self.clock.now())

    def refresh_key(self) -> LoadedKey:
        """The secret that signs refresh tokens."""
        return self.ring().active(REFRESH, REFRESH_ALGORITHM, self.clock.now())

    def verification_key(self, kid: object, purpose: str) -> LoadedKey | None:
        """The key of this id and purpose, if what it signed may still be believed.

        ``kid`` is what a stranger wrote: anything may be in it (RFC 8725, section 3.10). As a key
        is stored for some time before it signs, a process knows it by then; when the process
        could not read the keys meanwhile, an unknown id makes it read them again, at most once a
        second.
        """
        if not isinstance(kid, str):
            return None
        key = self.ring().find(kid)
        if key is None:
            key = self.rings.get(self._read_ring, at_most=IMPATIENT_SECONDS).find(kid)
        if key is None or key.purpose != purpose:
            return None
        return key if schedule.is_alive(key, self.clock.now()) else None

    def ages(self) -> list[tuple[Slot, float | None]]:
        """What :meth:`KeyRing.age` says of each slot; nothing is read for it."""
        ring, now = self.rings.held, self.clock.now()
        return [(slot, ring.age(slot, now)) for slot in self.policy.slots] if ring else []

    # For who keeps the house ---------------------------------------------------------------------

    def list_keys(self) -> list[KeyDescription]:
        """All keys; none of them is opened, so that an operator may look when they do not open."""
        now = self.clock.now()
        records = self.keys.read(self.database)
        return [describe(record, records, now) for record in records]

    def ensure_keys(self, actor: Actor) -> list[str]:
        """Make the keys that ought to exist and do not; the ids of the new ones.

        Of processes that start at once, one makes them. See ``KeyPolicy.vacancies`` for when
        they may sign. Raises :class:`SigningKeysError` when those that exist do not open: what
        another key-encryption key seals, nobody else could open.
        """
        if self.keys.read(self.database):
            self.ring()
        with self.database.transaction() as tx:
            vacancies = self._vacancies(tx)
        if not vacancies:
            return []
        # Made before the lock is taken: RSA keys take their time, and others wait for the lock.
        made = self._make(vacancies)
        with self.database.transaction() as tx:
            self.keys.lock(tx)
            kids = [self._fill(tx, actor, vacancy, made) for vacancy in self._vacancies(tx)]
        self.rings.expire()
        return [kid for kid in kids if kid is not None]

    def rotate(self, actor: Actor, algorithm: str | None = None) -> list[RotationOutcome]:
        """Let the next key of each algorithm, or of one, come into office, and make a new next.

        It does so at once if it has been published for long enough, else as soon as it has. Of
        two rotations at once, one has an effect. Raises Invalid for an unknown algorithm.
        """
        slots = self.policy.slots_of(algorithm)
        self.ensure_keys(actor)
        heads = self._stored_heads()
        return self._rotate(actor, {slot: heads[slot] for slot in slots if slot in heads})

    def rotate_when_due(self) -> list[RotationOutcome]:
        """Rotate what has signed for long enough. Costs nothing as long as nothing has."""
        ring, now = self.ring(), self.clock.now()
        heads = {slot: key for slot in self.policy.slots if (key := ring.head(slot)) is not None}
        due = {slot: key.kid for slot, key in heads.items() if self.policy.is_due(key, now)}
        if not due:
            return []
        # Somebody may have been faster: then the ring is old, and there is no need for new keys.
        stored = self._stored_heads()
        return self._rotate(
            SYSTEM, {slot: kid for slot, kid in due.items() if stored.get(slot) == kid}
        )

    def revoke_all(self, actor: Actor) -> Sequence[str]:
        """Believe nothing any more that was signed until now; the ids of the keys.

        For keys that somebody has stolen: who holds one may hold them all, the next ones too. New
        ones sign at once, although no relying party knows them yet: better a token that is refused
        than one that is forged. A process that has read the keys a moment ago follows within
        seconds. All of it is one transaction.
        """
        made = self._make(self.policy.vacancies((), self.clock.now()))
        with self.database.transaction() as tx:
            self.keys.lock(tx)
            revoked = self.keys.remove_all(tx)
            for kid in revoked:
                self.audit.record(tx, Event.SIGNING_KEY_REVOKED, actor, detail={"kid": kid})
            for vacancy in self._vacancies(tx):
                self._fill(tx, actor, vacancy, made)
        self.rings.expire()
        return revoked

    def reseal(self) -> int:
        """Seal the keys that are alive under the present key-encryption key; how many were not.

        Raises :class:`KeyStoreError` for one that does not open.
        """
        maker, now = KeyMaker(self.key_store), self.clock.now()
        resealed = 0
        with self.database.transaction() as tx:
            self.keys.lock(tx)
            for record in self.keys.list(tx):
                sealed = maker.reseal(record) if schedule.is_alive(record, now) else None
                if sealed is not None:
                    self.keys.replace_sealed(tx, record.kid, sealed)
                    resealed += 1
        return resealed

    def forget_expired(self) -> int:
        """Delete the keys that have expired; how many there were."""
        with self.database.transaction() as tx:
            removed = self.keys.remove_expired(tx, self.clock.now())
            for kid in removed:
                self.audit.record(tx, Event.SIGNING_KEY_REMOVED, SYSTEM, detail={"kid": kid})
        if removed:
            self.rings.expire()
        return len(removed)

    # ---------------------------------------------------------------------------------------------

    def _read_ring(self, former: KeyRing | None) -> KeyRing:
        """The ring as it is stored now, or the former one when nothing has changed.

        Each key is opened once. Those that have expired are not opened at all.
        """
        now = self.clock.now()
        records = self.keys.read(self.database)
        if not records:
            raise SigningKeysError(
                "There are no signing keys in the database (AUTHSERVER_DATABASE_URL). "
                "Run `authserver migrate` and `authserver bootstrap`."
            )
        ring = KeyRing(
            tuple(
                self._load(record, former) for record in records if schedule.is_alive(record, now)
            )
        )
        return former if former == ring else ring

    def _load(self, record: KeyRecord, former: KeyRing | None) -> LoadedKey:
        known = former.find(record.kid) if former else None
        if known is None or known.public_jwk != record.public_jwk:
            return KeyMaker(self.key_store).open(record)
        return replace(known, activated_at=record.activated_at, expires_at=record.expires_at)

    def _vacancies(self, tx: Transaction) -> list[Vacancy]:
        return self.policy.vacancies(self.keys.list(tx), self.clock.now())

    def _make(self, vacancies: Iterable[Vacancy]) -> list[KeyRecord]:
        maker, now = KeyMaker(self.key_store), self.clock.now()
        return [maker.make(vacancy, now) for vacancy in vacancies]

    def _fill(
        self, tx: Transaction, actor: Actor, vacancy: Vacancy, made: list[KeyRecord]
    ) -> str | None:
        """Store one of the keys made for a vacancy that was found under the lock."""
        spare = next((key for key in made if key.slot == vacancy.slot), None)
        if spare is None:
            return None
        made.remove(spare)
        key = replace(spare, usable_from=vacancy.usable_from, activated_at=vacancy.activated_at)
        self.keys.add(tx, key)
        if key.activated_at is None:
            self.audit.record(tx, Event.SIGNING_KEY_CREATED, actor, detail=audited_key(key))
        else:
            self._record(tx, actor, outcome_of(key, "rotated"))
        return key.kid

    def _stored_heads(self) -> dict[Slot, str]:
        with self.database.transaction() as tx:
            records = self.keys.list(tx)
        heads = (schedule.head(schedule.of_slot(records, slot)) for slot in self.policy.slots)
        return {key.slot: key.kid for key in heads if key is not None}

    def _rotate(self, actor: Actor, heads: Mapping[Slot, str]) -> list[RotationOutcome]:
        """Rotate the slots whose head is still the one that the caller has seen.

        All of it is one transaction: after a crash in the middle, nothing has happened.
        """
        usable_from = self.clock.now() + self.policy.publication
        made = self._make(Vacancy(slot, usable_from, None) for slot in heads)
        with self.database.transaction() as tx:
            self.keys.lock(tx)
            outcomes = [self._rotate_slot(tx, actor, key, heads[key.slot]) for key in made]
        self.rings.expire()
        return [outcome for outcome in outcomes if outcome is not None]

    def _rotate_slot(
        self, tx: Transaction, actor: Actor, made: KeyRecord, expected: str
    ) -> RotationOutcome | None:
        now = self.clock.now()
        keys = schedule.of_slot(self.keys.list(tx), made.slot)
        head, following = schedule.head(keys), schedule.successor(keys)
        if head is None:
            return None
        if head.kid != expected or following is None:
            return outcome_of(head, "unchanged")
        if not schedule.has_begun(head, now):
            return outcome_of(head, "pending")
        at = max(now, following.usable_from)
        self.keys.activate(tx, following.kid, at)
        self.keys.expire(tx, head.kid, self.policy.expiry(made.slot, at))
        self.keys.add(tx, made)
        outcome = outcome_of(replace(following, activated_at=at), "rotated", head.kid)
        self._record(tx, actor, outcome, made.kid)
        return outcome

    def _record(
        self, tx: Transaction, actor: Actor, outcome: RotationOutcome, next_kid: str | None = None
    ) -> None:
        detail = audited_rotation(outcome, next_kid)
        self.audit.record(tx, Event.SIGNING_KEY_ROTATED, actor, detail=detail)
