"""Sizes beyond two gigabytes"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("page", "source_file", "package", "package_file")


def upgrade() -> None:
    _set_type(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    _set_type(sa.BigInteger(), sa.Integer())


def _set_type(before: sa.types.TypeEngine[int], after: sa.types.TypeEngine[int]) -> None:
    """SQLite's integers have eight bytes whatever their column is called, and its tables would have to be written anew."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in _TABLES:
        op.alter_column(table, "bytes", existing_type=before, type_=after, existing_nullable=False)
