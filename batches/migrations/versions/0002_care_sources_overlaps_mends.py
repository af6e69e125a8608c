"""Care of devices, files from outside, overlaps, mended words"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_care",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.CheckConstraint("kind IN ('cleaning', 'qualification')", name=op.f("ck_device_care_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_care")),
    )
    with op.batch_alter_table("device_care", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_care_device"), ["device"], unique=False)

    op.create_table(
        "overlap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("earlier_sheet_id", sa.Integer(), nullable=False),
        sa.Column("later_sheet_id", sa.Integer(), nullable=False),
        sa.Column("likeness", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="open", nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.String(length=40), nullable=True),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.CheckConstraint("state IN ('open', 'kept_earlier', 'kept_later', 'both')", name=op.f("ck_overlap_state")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_overlap_batch_id_batch")),
        sa.ForeignKeyConstraint(["earlier_sheet_id"], ["sheet.id"], name=op.f("fk_overlap_earlier_sheet_id_sheet")),
        sa.ForeignKeyConstraint(["later_sheet_id"], ["sheet.id"], name=op.f("fk_overlap_later_sheet_id_sheet")),
        sa.ForeignKeyConstraint(["run_id"], ["capture_run.id"], name=op.f("fk_overlap_run_id_capture_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlap")),
        sa.UniqueConstraint("earlier_sheet_id", "later_sheet_id", name=op.f("uq_overlap_earlier_sheet_id_later_sheet_id")),
    )
    with op.batch_alter_table("overlap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overlap_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "source_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="stored", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.CheckConstraint("state IN ('stored', 'refused')", name=op.f("ck_source_file_state")),
        sa.ForeignKeyConstraint(["run_id"], ["capture_run.id"], name=op.f("fk_source_file_run_id_capture_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_file")),
    )
    with op.batch_alter_table("source_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_file_sha256"), ["sha256"], unique=False)

    op.create_table(
        "device_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=300), nullable=False),
        sa.Column("face", sa.String(length=8), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_device_sample_page_id_page")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_sample")),
        sa.UniqueConstraint("page_id", name=op.f("uq_device_sample_page_id")),
    )
    with op.batch_alter_table("device_sample", schema=None) as batch_op:
        batch_op.create_index("ix_device_sample_device", ["device", "face", "id"], unique=False)

    op.create_table(
        "text_mend",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("undone_at", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_text_mend_page_id_page")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_mend")),
    )
    with op.batch_alter_table("text_mend", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_text_mend_page_id"), ["page_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("text_mend", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_text_mend_page_id"))

    op.drop_table("text_mend")
    with op.batch_alter_table("device_sample", schema=None) as batch_op:
        batch_op.drop_index("ix_device_sample_device")

    op.drop_table("device_sample")
    with op.batch_alter_table("source_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_source_file_sha256"))

    op.drop_table("source_file")
    with op.batch_alter_table("overlap", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_overlap_batch_id"))

    op.drop_table("overlap")
    with op.batch_alter_table("device_care", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_care_device"))

    op.drop_table("device_care")
