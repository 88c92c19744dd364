"""Queries on users."""

from dataclasses import dataclass
from uuid import UUID

import psycopg2
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from authserver.errors import EmailTaken, Invalid, UserNotFound
from authserver.storage.db import Transaction
from authserver.storage.statements import Statement, Statements
from authserver.users.models import User
from authserver.users.user import SignInUser

# Spelt as in the index, or PostgreSQL would not use it.
_address = func.lower(User.email).collate("C")

_SIGN_IN = Statement(
    "find_user_for_sign_in",
    """
    SELECT u.id, u.email, u.password_hash, u.enabled, u.credential_generation,
           ARRAY(SELECT (SELECT r.name FROM roles r WHERE r.id = ur.role_id) AS name
                 FROM user_roles ur WHERE ur.user_id = u.id ORDER BY name)
    FROM users u WHERE lower(u.email) COLLATE "C" = $1::text""",
    1,
)

# $2 is the hash that was verified: whoever has set another password meanwhile wins.
_REHASH = Statement(
    "rehash_password",
    """
    UPDATE users SET password_hash = $3::text
    WHERE id = $1::uuid AND password_hash = $2::text RETURNING id""",
    3,
)


@dataclass(frozen=True)
class UserRepository:
    """Sign-in by prepared statements, the rest in the caller's transaction."""

    hot: Statements

    def get(self, tx: Transaction, user_id: UUID) -> User:
        """Raises :class:`UserNotFound`."""
        return _found(tx.get(User, user_id))

    def lock(self, tx: Transaction, user_id: UUID) -> User:
        """The user, for nobody else to change until the end. Raises :class:`UserNotFound`.

        Sessions may begin meanwhile (NO KEY UPDATE).
        """
        query = select(User).where(User.id == user_id).with_for_update(key_share=True)
        return _found(tx.scalar(query))

    def find_by_email(self, tx: Transaction, email: str) -> User | None:
        return tx.scalar(select(User).where(_address == email))

    def find_for_sign_in(self, email: str) -> SignInUser | None:
        """All that a sign-in must know, in one round trip."""
        row = self.hot.one(_SIGN_IN, email)
        return SignInUser(*row) if row else None

    def add(self, tx: Transaction, user: User) -> None:
        """Raises :class:`EmailTaken`."""
        tx.add(user)
        self.save(tx)

    def save(self, tx: Transaction) -> None:
        """Write what has changed. Raises :class:`EmailTaken`."""
        try:
            tx.flush()
        except IntegrityError as error:
            cause = error.orig
            if (
                isinstance(cause, psycopg2.Error)
                and cause.diag.constraint_name == "uq_users_email_lower"
            ):
                raise EmailTaken from error
            raise

    def rehash(self, user_id: UUID, old_hash: str, new_hash: str) -> bool:
        """Whether the user still had the old hash, and has the new one now."""
        return self.hot.one(_REHASH, user_id, old_hash, new_hash) is not None

    def remove(self, tx: Transaction, user_id: UUID) -> None:
        """Delete the user with its sessions and roles. Raises :class:`UserNotFound`."""
        if tx.scalar(delete(User).where(User.id == user_id).returning(User.id)) is None:
            raise UserNotFound

    def search(self, tx: Transaction, prefix: str, after: UUID | None, limit: int) -> "list[User]":
        """Users whose address begins so, by address: in the order of the index, whatever is asked.

        Raises :class:`Invalid` when the user where the last page ended is gone.
        """
        query = select(User).where(_address.startswith(prefix, autoescape=True))
        if after is not None:
            last = tx.get(User, after)
            if last is None:
                raise Invalid(fields={"cursor": ["This page is gone. Search again without it."]})
            query = query.where(_address > last.email)
        return list(tx.scalars(query.order_by(_address).limit(limit)))

    def list(self, tx: Transaction, after: UUID | None, limit: int) -> list[User]:
        """Users in the order in which they came."""
        query = select(User).order_by(User.id).limit(limit)
        if after is not None:
            query = query.where(User.id > after)
        return list(tx.scalars(query))


def _found(user: User | None) -> User:
    if user is None:
        raise UserNotFound
    return user
