"""Accounts: making, finding, changing, disabling and deleting them."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from authserver.actor import Actor
from authserver.audit import details
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.credentials.service import CredentialService
from authserver.errors import Invalid, PreconditionFailed
from authserver.roles.models import USER
from authserver.roles.service import RoleService
from authserver.storage.cache import Cache
from authserver.storage.db import Database, Transaction
from authserver.users.cache_keys import profile_key, version_key
from authserver.users.changes import audited, concerns_proof, differences, normalised
from authserver.users.emails import fold, normalise_email
from authserver.users.models import User
from authserver.users.names import normalise_full_name
from authserver.users.repository import UserRepository
from authserver.users.sign_out import SignOut
from authserver.users.user import Profile, SignInUser, UserChanges, from_cache, profile_of, to_cache


@dataclass(frozen=True)
class UserService:
    """Everything about accounts.

    ``principal_permissions`` is what the caller may do, None for the system itself. Nobody alters
    somebody else who may do more than they: :class:`InsufficientPermission`.
    """

    database: Database
    users: UserRepository
    roles: RoleService
    credentials: CredentialService
    audit: AuditService
    cache: Cache
    cache_ttl: int
    sign_out: SignOut

    def register(
        self, actor: Actor, email: str, password: str, full_name: str | None = None
    ) -> User:
        """An account that somebody makes for themselves.

        Raises :class:`Invalid`, :class:`WeakPassword`, :class:`EmailTaken`.
        """
        user = User(email=normalise_email(email), full_name=normalise_full_name(full_name))
        return self._add(actor, None, Event.USER_REGISTERED, user, password, {USER})

    def create(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        email: str,
        password: str,
        full_name: str | None = None,
        role_names: Collection[str] = (),
        email_verified: bool = False,
    ) -> User:
        """An account that somebody makes for another; it has the role ``user`` in any case.

        Raises :class:`Invalid`, :class:`WeakPassword`, :class:`EmailTaken`,
        :class:`InsufficientPermission`.
        """
        user = User(
            email=normalise_email(email),
            full_name=normalise_full_name(full_name),
            email_verified=email_verified,
        )
        names = {USER, *role_names}
        return self._add(actor, principal_permissions, Event.USER_CREATED, user, password, names)

    def get(self, user_id: UUID) -> User:
        """The user at this moment. Raises :class:`UserNotFound`."""
        with self.database.transaction() as tx:
            return self.users.get(tx, user_id)

    def find_by_email(self, email: str) -> User | None:
        """The user with this address, in any of its spellings."""
        address = _address(email)
        if address is None:
            return None
        with self.database.transaction() as tx:
            return self.users.find_by_email(tx, address)

    def find_for_sign_in(self, email: str) -> SignInUser | None:
        """What a sign-in needs to know; None for what is no address as well."""
        address = _address(email)
        return None if address is None else self.users.find_for_sign_in(address)

    def profile(self, user_id: UUID) -> Profile:
        """What may be seen of a user, as old as the cache allows. Raises UserNotFound."""
        key = profile_key(user_id)
        holding = self.roles.holding_of(user_id)
        profile = from_cache(self.cache.get(key), holding)
        if profile is None:
            profile = profile_of(self.get(user_id), holding)
            self.cache.put(key, to_cache(profile), self.cache_ttl)
        return profile

    def profile_now(self, user_id: UUID) -> Profile:
        """The same at this moment, as whoever has just changed it wants. Raises UserNotFound."""
        with self.database.transaction() as tx:
            user = self.users.get(tx, user_id)
            return profile_of(user, self.roles.holdings_of(tx, [user_id])[user_id])

    def update(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        user_id: UUID,
        version: int | None,
        changes: UserChanges,
    ) -> User:
        """Change a user who still has ``version``; None means any.

        Raises :class:`Invalid`, :class:`UserNotFound`, :class:`PreconditionFailed`,
        :class:`EmailTaken`, :class:`InsufficientPermission`.
        """
        wanted = normalised(changes)
        with self.database.transaction() as tx:
            # Who receives a person's mail can become that person: no exception for one's own.
            if concerns_proof(wanted) or not _is_self(actor, user_id):
                self.roles.assert_may_alter(tx, principal_permissions, user_id)
            user = self.users.lock(tx, user_id)
            if version not in (None, user.version):
                raise PreconditionFailed
            new = differences(user, wanted)
            if new:
                detail = audited(user, new)
                for name, value in new.items():
                    setattr(user, name, value)
                if "email" in new:
                    user.email_verified = False
                self.users.save(tx)
                self.audit.record(tx, Event.USER_UPDATED, actor, user_id=user_id, detail=detail)
        self.forget(user_id)
        return user

    def enable(
        self, actor: Actor, principal_permissions: frozenset[str] | None, user_id: UUID
    ) -> None:
        """Let a user sign in again; sessions of before stay dead.

        Raises :class:`UserNotFound`, :class:`InsufficientPermission`.
        """
        with self.database.transaction() as tx:
            self._assert_may_alter(tx, actor, principal_permissions, user_id)
            user = self.users.lock(tx, user_id)
            if not user.enabled:
                user.enabled = True
                self.users.save(tx)
                detail = details.changes({"enabled": False}, {"enabled": True})
                self.audit.record(tx, Event.USER_ENABLED, actor, user_id=user_id, detail=detail)
        self.forget(user_id)

    def disable(
        self, actor: Actor, principal_permissions: frozenset[str] | None, user_id: UUID
    ) -> None:
        """Shut a user out at once, from every session, and from those just being born.

        Raises :class:`UserNotFound`, :class:`InsufficientPermission`, :class:`LastAdministrator`.
        """
        with self.database.transaction() as tx:
            self._assert_may_alter(tx, actor, principal_permissions, user_id)
            self.roles.assert_removable(tx, user_id)
            user = self.users.lock(tx, user_id)
            if user.enabled:
                user.enabled = False
                user.credential_generation += 1
                self.users.save(tx)
                self.sign_out.shut_out(tx, user_id, "user_disabled", actor)
                detail = details.changes({"enabled": True}, {"enabled": False})
                self.audit.record(tx, Event.USER_DISABLED, actor, user_id=user_id, detail=detail)
        self.forget(user_id)

    def delete(
        self, actor: Actor, principal_permissions: frozenset[str] | None, user_id: UUID
    ) -> None:
        """Remove a user with everything that is theirs.

        Raises :class:`UserNotFound`, :class:`InsufficientPermission`, :class:`LastAdministrator`.
        """
        with self.database.transaction() as tx:
            self._assert_may_alter(tx, actor, principal_permissions, user_id)
            self.roles.assert_removable(tx, user_id)
            self.users.lock(tx, user_id)
            self.sign_out.shut_out(tx, user_id, "user_deleted", actor)
            self.users.remove(tx, user_id)
            self.audit.record(tx, Event.USER_DELETED, actor, user_id=user_id)
        self.forget(user_id)

    def reset_password(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        user_id: UUID,
        password: str,
    ) -> User:
        """Give another user a new password, which ends all their sessions.

        Raises :class:`UserNotFound`, :class:`WeakPassword`, :class:`InsufficientPermission`.
        """
        user = self.get(user_id)
        password_hash = self._hash(user, password)
        with self.database.transaction() as tx:
            # A password is the person: no exception for one's own, which ``authn`` changes.
            self.roles.assert_may_alter(tx, principal_permissions, user_id)
            user = self._set_password_hash(tx, user_id, password_hash)
            self.sign_out.shut_out(tx, user_id, "password_reset", actor)
            self.audit.record(tx, Event.PASSWORD_RESET, actor, user_id=user_id)
        self.forget(user_id)
        return user

    def set_password_hash(self, tx: Transaction, actor: Actor, user_id: UUID, new: str) -> User:
        """Set the hash of a password that its owner has chosen, which ends all their sessions.

        It is done in the caller's transaction, who calls :meth:`forget` after it. The user that is
        returned has the new credential generation. Raises UserNotFound.
        """
        user = self._set_password_hash(tx, user_id, new)
        self.audit.record(tx, Event.PASSWORD_CHANGED, actor, user_id=user_id)
        return user

    def forget(self, user_id: UUID) -> None:
        """Let the cache forget a user who has been changed."""
        self.cache.forget(profile_key(user_id), version_key(user_id))
        self.roles.forget(user_id)

    def rehash(self, user_id: UUID, old_hash: str, new_hash: str) -> bool:
        """Exchange the hash of one password for a better one of the same; sessions live on."""
        return self.users.rehash(user_id, old_hash, new_hash)

    def list(self, search: str | None, after: UUID | None, limit: int) -> list[Profile]:
        """A page of users: all by age, or those whose address begins with ``search`` by address.

        ``after`` is the last user of the page before. Raises :class:`Invalid` if it is gone.
        """
        with self.database.transaction() as tx:
            if search is None:
                users = self.users.list(tx, after, limit)
            else:
                users = self.users.search(tx, fold(search), after, limit)
            holdings = self.roles.holdings_of(tx, [user.id for user in users])
        return [profile_of(user, holdings[user.id]) for user in users]

    def _add(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        event: Event,
        user: User,
        password: str,
        role_names: Collection[str],
    ) -> User:
        # The hash takes its time; no connection is held meanwhile.
        user.password_hash = self._hash(user, password)
        with self.database.transaction() as tx:
            self.users.add(tx, user)
            self.audit.record(tx, event, actor, user_id=user.id)
            self.roles.assign_by_name(tx, actor, principal_permissions, user.id, role_names)
        return user

    def _hash(self, user: User, password: str) -> str:
        return self.credentials.hash_new(password, [user.email, user.full_name or ""])

    def _set_password_hash(self, tx: Transaction, user_id: UUID, password_hash: str) -> User:
        user = self.users.lock(tx, user_id)
        user.password_hash = password_hash
        user.credential_generation += 1
        self.users.save(tx)
        return user

    def _assert_may_alter(
        self,
        tx: Transaction,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        user_id: UUID,
    ) -> None:
        if not _is_self(actor, user_id):
            self.roles.assert_may_alter(tx, principal_permissions, user_id)


def _is_self(actor: Actor, user_id: UUID) -> bool:
    return actor.kind == "user" and actor.id == str(user_id)


def _address(email: str) -> str | None:
    try:
        return normalise_email(email)
    except Invalid:
        return None
