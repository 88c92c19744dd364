"""the chain over audit events

Rows of ``audit_events`` are sealed (``docs/adr/0023-audit-chain.md``), and can no longer be changed
or removed in passing. Code of before goes on recording. Its retention is refused with an error in
its log, once a round and as the last thing in it, until that process is replaced.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
# The oldest revision whose code works with this schema (docs/operations/upgrades.md).
oldest_code = "0003"

# What is looked for in sealed rows.
_INDEXED = {
    "seal": "seal IS NOT NULL",
    "event": "seal IS NOT NULL",
    "client_id": "seal IS NOT NULL AND client_id IS NOT NULL",
    "actor_id": "seal IS NOT NULL AND actor_id IS NOT NULL",
}
_FUNCTIONS = ("audit_events_update", "audit_seals_insert", "audit_refuse")


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("user_agent", sa.Text(), nullable=True))
    op.add_column("audit_events", sa.Column("seal", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_audit_events_unsealed", "audit_events", ["id"], postgresql_where=sa.text("seal IS NULL")
    )
    for column, which in _INDEXED.items():
        op.create_index(
            f"ix_audit_events_{column}",
            "audit_events",
            [column, "id"],
            postgresql_where=sa.text(which),
        )
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
    )
    op.create_table(
        "audit_horizon",
        sa.Column("last_seal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("last_seal", name=op.f("pk_audit_horizon")),
    )
    for statement in (_REFUSE, _UPDATE, _INSERT_SEAL, *_TRIGGERS):
        # Without parameters, or else the driver would take a percent sign for the place of one.
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})
    # Nothing is known of a new column: each seal would sort all that has none.
    op.execute("ANALYZE audit_events")


def downgrade() -> None:
    op.drop_table("audit_horizon")
    op.drop_table("audit_seals")
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
    for name in ("unsealed", *_INDEXED):
        op.drop_index(f"ix_audit_events_{name}", table_name="audit_events")
    op.drop_column("audit_events", "seal")
    op.drop_column("audit_events", "user_agent")


_REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the audit record only grows', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'Retention removes what is old: AUTHSERVER_AUDIT_RETENTION.';
END
$$
"""
# A row may be given its seal, once, and nothing else of it may be another then.
_UPDATE = """
CREATE FUNCTION audit_events_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seal IS NULL AND NEW.seal IS NOT NULL THEN
        OLD.seal := NEW.seal;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'UPDATE of audit_events is refused: the audit record only grows'
        USING ERRCODE = 'restrict_violation';
END
$$
"""
# A seal follows the one before it: or else one with the highest number of all would be the last.
_INSERT_SEAL = """
CREATE FUNCTION audit_seals_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number = 1 + coalesce((SELECT max(number) FROM audit_seals),
                                 (SELECT max(last_seal) FROM audit_horizon), 0) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'INSERT of audit_seals is refused: seals are numbered one after the other'
        USING ERRCODE = 'restrict_violation';
END
$$
"""
# Retention says in its transaction that it is retention.
_NOT_BY_RETENTION = "current_setting('authserver.audit_retention', true) IS DISTINCT FROM 'on'"
_TRIGGERS = (
    """CREATE TRIGGER audit_events_update BEFORE UPDATE ON audit_events
       FOR EACH ROW EXECUTE FUNCTION audit_events_update()""",
    f"""CREATE TRIGGER audit_events_delete BEFORE DELETE ON audit_events
        FOR EACH ROW WHEN (OLD.seal IS NULL OR {_NOT_BY_RETENTION})
        EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_events_truncate BEFORE TRUNCATE ON audit_events
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_seals_insert BEFORE INSERT ON audit_seals
       FOR EACH ROW EXECUTE FUNCTION audit_seals_insert()""",
    """CREATE TRIGGER audit_seals_update BEFORE UPDATE ON audit_seals
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    f"""CREATE TRIGGER audit_seals_delete BEFORE DELETE ON audit_seals
        FOR EACH ROW WHEN ({_NOT_BY_RETENTION}) EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_seals_truncate BEFORE TRUNCATE ON audit_seals
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_horizon_update BEFORE UPDATE ON audit_horizon
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    f"""CREATE TRIGGER audit_horizon_change BEFORE INSERT OR DELETE ON audit_horizon
        FOR EACH ROW WHEN ({_NOT_BY_RETENTION}) EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_horizon_truncate BEFORE TRUNCATE ON audit_horizon
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
)
