"""Queries on roles and on who has which."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg2
from sqlalchemy import Boolean, Uuid, column, delete, exists, or_, select, table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from authserver.errors import RoleNameTaken, RoleNotFound, UserNotFound
from authserver.roles.models import ADMIN, Role, UserRole
from authserver.storage.db import Transaction
from authserver.storage.statements import Row, Statement, Statements

# The room of users stands above this one: its table is known here by its name only.
_users = table("users", column("id", Uuid()), column("enabled", Boolean()))

# The fence keeps PostgreSQL from beginning with the roles, when it knows of few who have any.
_HELD = Statement(
    "list_roles_held",
    """
    SELECT r.name, r.permissions
    FROM user_roles ur, LATERAL (SELECT * FROM roles WHERE id = ur.role_id OFFSET 0) r
    WHERE ur.user_id = $1::uuid ORDER BY r.name""",
    1,
)


@dataclass(frozen=True)
class RoleRepository:
    """What each REST request needs by a prepared statement, the rest in a transaction."""

    hot: Statements

    def get(self, tx: Transaction, role_id: UUID) -> Role:
        """Raises :class:`RoleNotFound`."""
        return _found(tx.get(Role, role_id))

    def lock(self, tx: Transaction, role_id: UUID) -> Role:
        """The role, for nobody else to change until the end. Raises :class:`RoleNotFound`."""
        return _found(tx.scalar(select(Role).where(Role.id == role_id).with_for_update()))

    def find_by_name(self, tx: Transaction, name: str) -> Role | None:
        return tx.scalar(select(Role).where(Role.name == name))

    def find_all_by_name(self, tx: Transaction, names: Collection[str]) -> Collection[Role]:
        return tx.scalars(select(Role).where(Role.name.in_(names)).order_by(Role.name)).all()

    def add(self, tx: Transaction, role: Role) -> None:
        """Raises :class:`RoleNameTaken`."""
        tx.add(role)
        self.save(tx)

    def save(self, tx: Transaction) -> None:
        """Write what has changed. Raises :class:`RoleNameTaken`."""
        try:
            tx.flush()
        except IntegrityError as error:
            if _violated(error) == "uq_roles_name":
                raise RoleNameTaken from error
            raise

    def remove(self, tx: Transaction, role: Role) -> None:
        tx.delete(role)

    def put_built_in(self, tx: Transaction, role: Role) -> UUID | None:
        """Add a built-in role, or give it its permissions; its id if that changed anything.

        One statement, so that many processes can start at once.
        """
        new = insert(Role).values(
            name=role.name,
            description=role.description,
            permissions=role.permissions,
            built_in=True,
        )
        outdated = or_(Role.permissions != new.excluded.permissions, Role.built_in.is_(False))
        changed: UUID | None = tx.scalar(
            new.on_conflict_do_update(
                index_elements=[Role.name],
                set_={
                    "permissions": new.excluded.permissions,
                    "built_in": True,
                    "version": Role.version + 1,
                },
                where=outdated,
            ).returning(Role.id)
        )
        return changed

    def assign(self, tx: Transaction, user_id: UUID, role_id: UUID) -> bool:
        """Whether the user has it since now. Raises UserNotFound and RoleNotFound."""
        row = insert(UserRole).values(user_id=user_id, role_id=role_id)
        try:
            added = tx.scalar(row.on_conflict_do_nothing().returning(UserRole.role_id))
        except IntegrityError as error:
            if _violated(error) == "fk_user_roles_user_id_users":
                raise UserNotFound from error
            if _violated(error) == "fk_user_roles_role_id_roles":
                raise RoleNotFound from error
            raise
        return added is not None

    def unassign(self, tx: Transaction, user_id: UUID, role_id: UUID) -> bool:
        """Whether the user had it until now."""
        taken = tx.scalar(
            delete(UserRole)
            .where(UserRole.user_id == user_id, UserRole.role_id == role_id)
            .returning(UserRole.role_id)
        )
        return taken is not None

    def has_user(self, tx: Transaction, user_id: UUID) -> bool:
        return bool(tx.scalar(select(exists().where(_users.c.id == user_id))))

    def held_by(self, user_id: UUID) -> Collection[Row]:
        """Name and permissions of each role of a user, in one round trip."""
        return self.hot.all(_HELD, user_id)

    def list_of_user(self, tx: Transaction, user_id: UUID) -> Collection[Role]:
        query = select(Role).join(UserRole, UserRole.role_id == Role.id)
        return tx.scalars(query.where(UserRole.user_id == user_id).order_by(Role.name)).all()

    def held_by_each(
        self, tx: Transaction, user_ids: Iterable[UUID]
    ) -> Collection[tuple[UUID, str, Sequence[str]]]:
        """Each user with name and permissions of each of its roles, the names in order."""
        query = select(UserRole.user_id, Role.name, Role.permissions)
        query = query.join(Role, UserRole.role_id == Role.id).order_by(Role.name)
        rows = tx.execute(query.where(UserRole.user_id.in_(user_ids)))
        return [(row[0], row[1], row[2]) for row in rows]

    def holders(self, tx: Transaction, role_id: UUID) -> Collection[UUID]:
        """Who has the role."""
        return tx.scalars(select(UserRole.user_id).where(UserRole.role_id == role_id)).all()

    def is_last_administrator(self, tx: Transaction, user_id: UUID) -> bool:
        """Whether this is the only user who is enabled and has the role ``admin``.

        All who ask wait for each other until their transaction ends: two administrators cannot
        remove each other at once. Assigning the role meanwhile is not held up (NO KEY UPDATE).
        """
        tx.execute(select(Role.id).where(Role.name == ADMIN).with_for_update(key_share=True))
        return list(self.administrators(tx, limit=2)) == [user_id]

    def administrators(self, tx: Transaction, limit: int) -> Collection[UUID]:
        """Users who are enabled and have the role ``admin``, so many at most."""
        query = (
            select(UserRole.user_id)
            .join(Role, Role.id == UserRole.role_id)
            .join(_users, _users.c.id == UserRole.user_id)
            .where(Role.name == ADMIN, _users.c.enabled)
        )
        return tx.scalars(query.limit(limit)).all()

    def list(self, tx: Transaction) -> list[Role]:
        return list(tx.scalars(select(Role).order_by(Role.name)))


def _found(role: Role | None) -> Role:
    if role is None:
        raise RoleNotFound
    return role


def _violated(error: IntegrityError) -> str | None:
    """The name of the constraint that stood in the way."""
    cause = error.orig
    return cause.diag.constraint_name if isinstance(cause, psycopg2.Error) else None
