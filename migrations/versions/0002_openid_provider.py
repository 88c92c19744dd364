"""openid provider"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_FALSE = sa.text("false")
_NOTHING = sa.text("'{}'")


def upgrade() -> None:
    op.create_table(
        "browser_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("credential_generation", sa.Integer(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acr", sa.Text(), nullable=True),
        sa.Column("amr", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_browser_sessions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_sessions")),
    )
    op.create_index(
        "ix_browser_sessions_living",
        "browser_sessions",
        ["user_id", "id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_browser_sessions_user_id", "browser_sessions", ["user_id"])
    op.create_index("ix_browser_sessions_expires_at", "browser_sessions", ["expires_at"])
    op.create_table(
        "consents",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("scope", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_consents_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.client_id"],
            name=op.f("fk_consents_client_id_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "client_id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_client_id"), "consents", ["client_id"])
    op.create_table(
        "initial_access_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initial_access_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_initial_access_tokens_digest")),
    )
    op.create_table(
        "used_assertions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_assertions")),
    )
    op.create_index("ix_used_assertions_expires_at", "used_assertions", ["expires_at"])
    op.add_column("sessions", sa.Column("browser_session_id", sa.Uuid(), nullable=True))
    op.add_column("sessions", sa.Column("claims", postgresql.JSONB(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sessions_browser_session_id_browser_sessions"),
        "sessions",
        "browser_sessions",
        ["browser_session_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index("ix_sessions_browser_session_id", "sessions", ["browser_session_id"])
    op.add_column(
        "clients", sa.Column("self_registered", sa.Boolean(), server_default=_FALSE, nullable=False)
    )
    op.add_column("clients", sa.Column("registration_token_digest", sa.LargeBinary()))
    op.add_column("client_secrets", sa.Column("sealed", sa.LargeBinary()))
    op.add_column(
        "users", sa.Column("profile", postgresql.JSONB(), server_default=_NOTHING, nullable=False)
    )


def downgrade() -> None:
    op.drop_column("users", "profile")
    op.drop_column("client_secrets", "sealed")
    op.drop_column("clients", "registration_token_digest")
    op.drop_column("clients", "self_registered")
    op.drop_index("ix_sessions_browser_session_id", table_name="sessions")
    op.drop_constraint(
        op.f("fk_sessions_browser_session_id_browser_sessions"), "sessions", type_="foreignkey"
    )
    op.drop_column("sessions", "claims")
    op.drop_column("sessions", "browser_session_id")
    op.drop_table("used_assertions")
    op.drop_table("initial_access_tokens")
    op.drop_table("consents")
    op.drop_table("browser_sessions")
