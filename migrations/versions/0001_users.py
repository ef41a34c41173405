"""Users.

Revision: 0001
After: nothing
Made: 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

from unitwork.adapters.sqlalchemy import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "users",
        sa.Column("id", types.Integer(bits=64), nullable=False),
        sa.Column("name", types.Text(length=100), nullable=False),
        sa.Column("email", types.Text(length=254), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("version", types.Integer(bits=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop it, with all users."""
    op.drop_table("users")
