"""Making roles, giving and taking them, and telling what they allow."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from authserver.actor import SYSTEM, Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.errors import (
    Invalid,
    LastAdministrator,
    PreconditionFailed,
    RoleIsBuiltIn,
    UserNotFound,
)
from authserver.roles import audited
from authserver.roles.built_in import built_in_roles
from authserver.roles.changes import RoleChanges, valid_changes, valid_name, valid_permissions
from authserver.roles.escalation import assert_covers
from authserver.roles.holding import Holding
from authserver.roles.models import ADMIN, Role
from authserver.roles.repository import RoleRepository
from authserver.storage.cache import Cache
from authserver.storage.db import Database, Transaction

# All of them go into each token, which must stay short enough for a header.
MAX_ROLES = 50
_KEYS_AT_ONCE = 1000


@dataclass(frozen=True)
class RoleService:
    """Everything about roles.

    ``principal_permissions`` is what the caller may do, None for the system itself: whatever is
    given, taken or changed must be within it, or :class:`InsufficientPermission` is raised.
    """

    database: Database
    roles: RoleRepository
    audit: AuditService
    cache: Cache
    cache_ttl: int

    def ensure_built_in(self) -> None:
        """Make the roles that the server itself relies on; any number of processes may at once."""
        holders: list[UUID] = []
        with self.database.transaction() as tx:
            for role in built_in_roles():
                holders += self._put_built_in(tx, role)
        self._forget(holders)

    def get(self, role_id: UUID) -> Role:
        """Raises :class:`RoleNotFound`."""
        with self.database.transaction() as tx:
            return self.roles.get(tx, role_id)

    def find_by_name(self, name: str) -> Role | None:
        """The role of this name, if there is one."""
        with self.database.transaction() as tx:
            return self.roles.find_by_name(tx, name)

    def create(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        name: str,
        description: str | None = None,
        permissions: Iterable[str] = (),
    ) -> Role:
        """Raises :class:`Invalid`, :class:`InsufficientPermission`, :class:`RoleNameTaken`."""
        role = Role(
            name=valid_name(name),
            description=description,
            permissions=valid_permissions(permissions),
        )
        assert_covers(principal_permissions, role.permissions)
        with self.database.transaction() as tx:
            self.roles.add(tx, role)
            self.audit.record(tx, Event.ROLE_CREATED, actor, detail=audited.created(role))
        return role

    def update(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        role_id: UUID,
        version: int | None,
        changes: RoleChanges,
    ) -> Role:
        """Change a role if it still has ``version``; None means any.

        Raises :class:`Invalid`, :class:`RoleNotFound`, :class:`PreconditionFailed`,
        :class:`InsufficientPermission`, :class:`RoleIsBuiltIn`, :class:`RoleNameTaken`.
        """
        wanted = valid_changes(changes)
        holders: Collection[UUID] = ()
        with self.database.transaction() as tx:
            role = self.roles.lock(tx, role_id)
            if version not in (None, role.version):
                raise PreconditionFailed
            new = {name: value for name, value in wanted.items() if getattr(role, name) != value}
            needed = {*role.permissions, *wanted.get("permissions", ())}
            assert_covers(principal_permissions, needed)
            if role.built_in and new.keys() & {"name", "permissions"}:
                raise RoleIsBuiltIn
            if new:
                detail = audited.changed(role, new)
                for name, value in new.items():
                    setattr(role, name, value)
                self.roles.save(tx)
                holders = self.roles.holders(tx, role.id)
                self.audit.record(tx, Event.ROLE_UPDATED, actor, detail=detail)
        self._forget(holders)
        return role

    def delete(
        self, actor: Actor, principal_permissions: frozenset[str] | None, role_id: UUID
    ) -> None:
        """Take a role from everybody and remove it.

        Raises :class:`RoleNotFound`, :class:`InsufficientPermission`, :class:`RoleIsBuiltIn`.
        """
        with self.database.transaction() as tx:
            role = self.roles.lock(tx, role_id)
            assert_covers(principal_permissions, role.permissions)
            if role.built_in:
                raise RoleIsBuiltIn
            holders = self.roles.holders(tx, role.id)
            self.roles.remove(tx, role)
            detail = audited.deleted(role, len(holders))
            self.audit.record(tx, Event.ROLE_DELETED, actor, detail=detail)
        self._forget(holders)

    def assign(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        user_id: UUID,
        role_id: UUID,
    ) -> None:
        """Give a role to a user, who may have it already.

        Raises :class:`RoleNotFound`, :class:`UserNotFound`, :class:`InsufficientPermission`, and
        :class:`Invalid` for one role too many.
        """
        with self.database.transaction() as tx:
            role = self.roles.get(tx, role_id)
            self._assign(tx, actor, principal_permissions, user_id, role)
        self.forget(user_id)

    def assign_by_name(
        self,
        tx: Transaction,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        user_id: UUID,
        names: Collection[str],
    ) -> None:
        """Give a new user its first roles, in the transaction that makes the user.

        Raises :class:`Invalid` when there is no role of one of the names, and
        :class:`InsufficientPermission`.
        """
        roles = self.roles.find_all_by_name(tx, names)
        if len(roles) != len(set(names)):
            raise Invalid(fields={"roles": ["There is no role of one of these names."]})
        for role in roles:
            self._assign(tx, actor, principal_permissions, user_id, role)

    def unassign(
        self,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        user_id: UUID,
        role_id: UUID,
    ) -> None:
        """Take a role from a user, who may not have it anyway.

        Raises :class:`RoleNotFound`, :class:`UserNotFound`, :class:`InsufficientPermission`,
        :class:`LastAdministrator`.
        """
        with self.database.transaction() as tx:
            role = self.roles.get(tx, role_id)
            assert_covers(principal_permissions, role.permissions)
            if role.name == ADMIN:
                self.assert_removable(tx, user_id)
            if self.roles.unassign(tx, user_id, role.id):
                detail = audited.unassigned(role, self.roles.list_of_user(tx, user_id))
                self.audit.record(tx, Event.ROLE_UNASSIGNED, actor, user_id=user_id, detail=detail)
            elif not self.roles.has_user(tx, user_id):
                raise UserNotFound
        self.forget(user_id)

    def assert_removable(self, tx: Transaction, user_id: UUID) -> None:
        """Whoever disables, demotes or deletes a user asks this first, in that transaction.

        It must come before any lock on the user's row. Raises :class:`LastAdministrator`.
        """
        if self.roles.is_last_administrator(tx, user_id):
            raise LastAdministrator

    def has_administrator(self) -> bool:
        """Whether anybody who is enabled has the role ``admin``."""
        with self.database.transaction() as tx:
            return bool(self.roles.administrators(tx, limit=1))

    def assert_may_alter(
        self, tx: Transaction, principal_permissions: frozenset[str] | None, user_id: UUID
    ) -> None:
        """Nobody alters a user who may do more than they. Raises InsufficientPermission."""
        for role in self.roles.list_of_user(tx, user_id):
            assert_covers(principal_permissions, role.permissions)

    def holding_of(self, user_id: UUID) -> Holding:
        """What a user's roles are and allow, as old as the cache allows.

        To be shown; never to decide by it: Redis is not where permissions are true.
        """
        key = _key(user_id)
        remembered = Holding.from_json(self.cache.get(key))
        if remembered is not None:
            return remembered
        holding = Holding.of(self.roles.held_by(user_id))
        self.cache.put(key, holding.as_json(), self.cache_ttl)
        return holding

    def roles_of(self, user_id: UUID) -> Sequence[Role]:
        """The roles of a user at this moment. Raises :class:`UserNotFound`."""
        with self.database.transaction() as tx:
            roles = list(self.roles.list_of_user(tx, user_id))
            if not roles and not self.roles.has_user(tx, user_id):
                raise UserNotFound
        return roles

    def holdings_of(self, tx: Transaction, user_ids: Iterable[UUID]) -> Mapping[UUID, Holding]:
        """What the roles of many users are and allow, at this moment."""
        held: dict[UUID, list[tuple[str, Sequence[str]]]] = {user_id: [] for user_id in user_ids}
        for user_id, name, permissions in self.roles.held_by_each(tx, held):
            held[user_id].append((name, permissions))
        return {user_id: Holding.of(roles) for user_id, roles in held.items()}

    def forget(self, user_id: UUID) -> None:
        """Drop what the cache holds of a user's roles; called after the commit."""
        self._forget([user_id])

    def list(self) -> list[Role]:
        """All roles, by name."""
        with self.database.transaction() as tx:
            return self.roles.list(tx)

    def _assign(
        self,
        tx: Transaction,
        actor: Actor,
        principal_permissions: frozenset[str] | None,
        user_id: UUID,
        role: Role,
    ) -> None:
        assert_covers(principal_permissions, role.permissions)
        if self.roles.assign(tx, user_id, role.id):
            held = self.roles.list_of_user(tx, user_id)
            if len(held) > MAX_ROLES:
                raise Invalid(fields={"roles": [f"A user may have {MAX_ROLES} roles at most."]})
            detail = audited.assigned(role, held)
            self.audit.record(tx, Event.ROLE_ASSIGNED, actor, user_id=user_id, detail=detail)

    def _put_built_in(self, tx: Transaction, role: Role) -> Collection[UUID]:
        """Who has the role, if something about it was changed."""
        before = self.roles.find_by_name(tx, role.name)
        new = {"permissions": role.permissions}
        change = audited.changed(before, new) if before else None
        role_id = self.roles.put_built_in(tx, role)
        if role_id is None:
            return ()
        role.id = role_id
        deed = Event.ROLE_UPDATED if change else Event.ROLE_CREATED
        self.audit.record(tx, deed, SYSTEM, detail=change or audited.created(role))
        return self.roles.holders(tx, role_id)

    def _forget(self, user_ids: Iterable[UUID]) -> None:
        keys = map(_key, user_ids)
        while batch := list(itertools.islice(keys, _KEYS_AT_ONCE)):
            self.cache.forget(*batch)


def _key(user_id: UUID) -> str:
    return f"permissions:{user_id}"
