"""the secret of the installation

Pairwise subjects, the seals of the audit record and the counters of sign-ins hang on it, no longer
on the key-encryption key itself (``docs/adr/0026-exchange-of-the-key-encryption-key.md``). Where
they do so already, that key is the secret from now on: the empty value says so until `bootstrap`
has sealed it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
# The oldest revision whose code works with this schema (docs/operations/upgrades.md).
oldest_code = "0003"


def upgrade() -> None:
    op.create_table(
        "installation_secrets",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_secrets_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation_secrets")),
    )
    op.execute(
        "INSERT INTO installation_secrets SELECT 1, '' WHERE EXISTS (SELECT FROM signing_keys)"
    )


def downgrade() -> None:
    op.drop_table("installation_secrets")
