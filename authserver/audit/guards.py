"""What PostgreSQL itself refuses about the record, and whether somebody has switched that off."""

from collections.abc import Iterator

from sqlalchemy import text

from authserver.audit import faults
from authserver.audit.faults import Fault
from authserver.storage.db import Transaction

# The bits of pg_trigger.tgtype; a trigger for each statement has no _ROW.
_ROW, _BEFORE, _INSERT, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 4, 8, 16, 32
# Each trigger of ours as (table, name, what it is for): see revision 0004.
_GUARDS = {
    ("audit_events", "audit_events_update", _ROW | _BEFORE | _UPDATE),
    ("audit_events", "audit_events_delete", _ROW | _BEFORE | _DELETE),
    ("audit_events", "audit_events_truncate", _BEFORE | _TRUNCATE),
    ("audit_seals", "audit_seals_insert", _ROW | _BEFORE | _INSERT),
    ("audit_seals", "audit_seals_update", _ROW | _BEFORE | _UPDATE),
    ("audit_seals", "audit_seals_delete", _ROW | _BEFORE | _DELETE),
    ("audit_seals", "audit_seals_truncate", _BEFORE | _TRUNCATE),
    ("audit_horizon", "audit_horizon_update", _ROW | _BEFORE | _UPDATE),
    ("audit_horizon", "audit_horizon_change", _ROW | _BEFORE | _INSERT | _DELETE),
    ("audit_horizon", "audit_horizon_truncate", _BEFORE | _TRUNCATE),
}
# Rules, policies and all triggers that are not switched off, and whatever else may lose rows.
_FOUND = text(
    """
    WITH tables AS (
        SELECT oid, relname::text, relrowsecurity, relpersistence FROM pg_class
        WHERE oid = ANY ('{audit_events,audit_seals,audit_horizon}'::regclass[])
    )
    SELECT relname, tgname::text, tgtype::int
    FROM pg_trigger JOIN tables ON tables.oid = tgrelid
    WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
    UNION ALL
    SELECT relname, rulename::text, :insert FROM pg_rewrite JOIN tables ON tables.oid = ev_class
    UNION ALL
    SELECT relname, 'row level security', :insert FROM tables WHERE relrowsecurity
    UNION ALL
    SELECT relname, 'UNLOGGED', :insert FROM tables WHERE relpersistence <> 'p'
    """
)


def missing_guards(tx: Transaction) -> Iterator[Fault]:
    """What was switched off, and what stands where events are added and is not ours.

    Whoever owns the tables can do both, and no chain knows of an event that never got in.
    """
    found = {(row[0], row[1], row[2]) for row in tx.execute(_FOUND, {"insert": _INSERT})}
    for table, name, _ in sorted(_GUARDS - found):
        yield faults.unguarded(table, name)
    for table, name, kind in sorted(found - _GUARDS):
        if kind & _INSERT:
            yield faults.foreign_rule(table, name)
