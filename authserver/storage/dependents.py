"""Removing what depends on a row before the row itself, where that may be very much.

A row takes with it, in one statement, all rows that refer to it. For millions of them no statement
is quick enough. A table that may have as many says so: ``{"info": {MANY: True}}``.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, any_, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from authserver.storage.base import Base
from authserver.storage.db import Transaction

MANY = "many"
BATCH = 5000


def remove_dependents(
    tx: Transaction, key: InstrumentedAttribute[Any], value: Any, limit: int = BATCH
) -> bool:
    """Delete up to ``limit`` rows of each table of many that refer to ``key``; is there more?

    What somebody else holds at the moment is left for the deletion of the row itself.
    """
    more = False
    for column in _references(key):
        # Of a key that refers to two rows the other half tells one from the other here.
        (identity,) = (each for each in column.table.primary_key.columns if each is not column)
        batch = (
            select(identity).where(column == value).limit(limit).with_for_update(skip_locked=True)
        )
        # As an array, or PostgreSQL might read the whole table to find the few of a batch.
        few = identity == any_(func.array(batch.scalar_subquery()))
        removed = tx.execute(delete(column.table).where(column == value, few).returning(identity))
        more |= len(removed.all()) == limit
    return more


def _references(key: InstrumentedAttribute[Any]) -> Iterator[Column[Any]]:
    (target,) = key.property.columns
    for table in Base.metadata.sorted_tables:
        if table.info.get(MANY):
            yield from (column for column in table.columns if column.references(target))
