"""The table of what was tried: sign-ins, counted by account and network."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from authserver.storage.base import Base

BUCKETS = 1 << 22


class SignInAttempts(Base):
    """Sign-ins tried for one account from one network.

    The key is a digest cut to a bucket number, for known and unknown accounts alike: the table
    tells nobody which addresses have accounts, and anonymous traffic cannot grow it for ever.
    """

    __tablename__ = "sign_in_attempts"

    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    failures: Mapped[int]
    failed_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
