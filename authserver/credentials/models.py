"""The tables of what was tried, and of where an account's owner signs in from."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from authserver.storage.base import Base

BUCKETS = 1 << 22


class SignInAttempts(Base):
    """Sign-ins tried for one account from one network since the last that succeeded.

    The key is a digest cut to a bucket number, for known and unknown accounts alike: the table
    tells nobody which addresses have accounts, and anonymous traffic cannot grow it for ever. The
    digest is keyed, or anybody could look for an account of their own in somebody else's bucket.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - SQLAlchemy's own

    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    failures: Mapped[int]
    tried_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class KnownNetwork(Base):
    """A network from which a user has signed in, as a keyed digest.

    It exempts from a limit, so it is exact: only who knew the password makes such a row.
    """

    __tablename__ = "known_networks"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    network: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
