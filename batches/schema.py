"""The tables. One home for every state of the house; enums are text, checked by the database too."""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from batches.words import (
    BatchJobKind,
    BatchState,
    CareKind,
    FindingState,
    JobKind,
    JobState,
    OverlapState,
    PackageState,
    PageState,
    Role,
    RunPurpose,
    RunRequest,
    RunState,
    SheetState,
    SourceState,
    Verdict,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


SIZE = BigInteger().with_variant(Integer, "sqlite")
"""Bytes of a file: more than two gigabytes. SQLite's integers have eight bytes in any case."""


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _state(column: str, words: type[StrEnum], first: StrEnum) -> Column[str]:
    return Column(column, String(20), nullable=False, server_default=first.value)


# -- who -----------------------------------------------------------------------------------------------------------
account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("generation", Integer, nullable=False, server_default="1"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", String(40)),
    Column("created_at", String(40), nullable=False),
    _one_of("role", Role),
)
archive_server = Table(
    "archive_server",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("active", Boolean, nullable=False),
    Column("created_at", String(40), nullable=False),
)

# -- what the archive knows ----------------------------------------------------------------------------------------
fonds = Table(
    "fonds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(35), nullable=False, unique=True),
    Column("name", String(500), nullable=False),
    Column("archive_id", Integer, ForeignKey("archive_server.id")),
    Column("fields", JSON, nullable=False),
)
catalogue = Table(
    "catalogue",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fonds_id", Integer, ForeignKey("fonds.id"), nullable=False),
    Column("code", String(20), nullable=False),
    Column("name", String(500), nullable=False),
    UniqueConstraint("fonds_id", "code"),
)
box = Table(
    "box",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("catalogue_id", Integer, ForeignKey("catalogue.id"), nullable=False),
    Column("code", String(20), nullable=False),
    UniqueConstraint("catalogue_id", "code"),
)
archive_file = Table(
    "archive_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("catalogue_id", Integer, ForeignKey("catalogue.id"), nullable=False),
    Column("box_id", Integer, ForeignKey("box.id")),
    Column("code", String(100), nullable=False),
    Column("title", String(1000), nullable=False),
    Column("declared_sheets", Integer),
    Column("fields", JSON, nullable=False),
    UniqueConstraint("catalogue_id", "code"),
)

# -- the work ------------------------------------------------------------------------------------------------------
batch = Table(
    "batch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("archive_file_id", Integer, ForeignKey("archive_file.id"), nullable=False),
    _state("state", BatchState, BatchState.OPEN),
    Column("practice", Boolean, nullable=False),
    Column("sheets_prepared", Integer),
    Column("difference_reason", Text),
    Column("difference_by", String(64)),
    Column("return_reason", Text),
    Column("replaces_id", Integer, ForeignKey("batch.id")),
    Column("profile", String(40), nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("created_at", String(40), nullable=False),
    Column("created_by", String(64), nullable=False),
    _one_of("state", BatchState),
)
capture_run = Table(
    "capture_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False, index=True),
    Column("device", String(300), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("target_sheet_id", Integer),  # no foreign key: run, feed and sheet would point in a ring
    Column("settings", JSON, nullable=False),
    Column("effective", JSON, nullable=False),
    _state("state", RunState, RunState.REQUESTED),
    _state("request", RunRequest, RunRequest.NONE),
    Column("phase", String(20), nullable=False, server_default=""),
    Column("fault", String(30)),
    Column("fault_detail", Text),
    Column("sheets_fed", Integer, nullable=False, server_default="0"),
    Column("sides_stored", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("operator", String(64), nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("started_at", String(40)),
    Column("ended_at", String(40)),
    Column("heartbeat_at", String(40)),
    _one_of("state", RunState),
    _one_of("request", RunRequest),
    _one_of("purpose", RunPurpose),
)
sheet = Table(
    "sheet",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("label", String(20), nullable=False),
    Column("position", Integer, nullable=False),
    _state("state", SheetState, SheetState.LIVE),
    _one_of("state", SheetState),
    UniqueConstraint("batch_id", "number"),
    Index("ix_sheet_batch_position", "batch_id", "position"),
)
feed = Table(
    "feed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("run_id", Integer, ForeignKey("capture_run.id"), nullable=False),
    Column("run_sheet", Integer, nullable=False),
    Column("sheet_id", Integer, ForeignKey("sheet.id")),
    Column("lost_because", String(30)),
    Column("at", String(40), nullable=False),
    UniqueConstraint("batch_id", "number"),
    Index("ix_feed_run", "run_id", "run_sheet"),
)
page = Table(
    "page",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False),
    Column("sheet_id", Integer, ForeignKey("sheet.id"), nullable=False),
    Column("feed_id", Integer, ForeignKey("feed.id"), nullable=False),
    Column("face", String(8), nullable=False),
    _state("state", PageState, PageState.KEPT),
    Column("replaces_id", Integer, ForeignKey("page.id")),
    Column("master", String(300), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("bytes", SIZE, nullable=False),
    Column("mime", String(40), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("dpi_x", Float, nullable=False),
    Column("dpi_y", Float, nullable=False),
    Column("mode", String(10), nullable=False),
    Column("captured_at", String(40), nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    _one_of("state", PageState),
    Index("ix_page_batch_revision", "batch_id", "revision"),
    Index("ix_page_sheet", "sheet_id"),
)
page_value = Table(
    "page_value",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, ForeignKey("page.id"), nullable=False),
    Column("name", String(20), nullable=False),
    Column("by_person", Boolean, nullable=False),
    Column("author", String(64), nullable=False),
    Column("value", JSON, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("at", String(40), nullable=False),
    UniqueConstraint("page_id", "name", "by_person"),
)
page_text = Table(
    "page_text",
    metadata,
    Column("page_id", Integer, ForeignKey("page.id"), primary_key=True),
    Column("plain", Text, nullable=False),
    Column("words", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("engine", String(100), nullable=False),
    Column("note", String(100), nullable=False),
    Column("at", String(40), nullable=False),
)
text_mend = Table(
    "text_mend",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, ForeignKey("page.id"), nullable=False, index=True),
    Column("box", JSON, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("context", JSON, nullable=False),
    Column("author", String(64), nullable=False),
    Column("at", String(40), nullable=False),
    Column("undone_at", String(40)),
)
overlap = Table(
    "overlap",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False, index=True),
    Column("run_id", Integer, ForeignKey("capture_run.id"), nullable=False),
    Column("earlier_sheet_id", Integer, ForeignKey("sheet.id"), nullable=False),
    Column("later_sheet_id", Integer, ForeignKey("sheet.id"), nullable=False),
    Column("likeness", Float, nullable=False),
    _state("state", OverlapState, OverlapState.OPEN),
    Column("decided_by", String(64)),
    Column("decided_at", String(40)),
    Column("at", String(40), nullable=False),
    _one_of("state", OverlapState),
    UniqueConstraint("earlier_sheet_id", "later_sheet_id"),
)
source_file = Table(
    "source_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("bytes", SIZE, nullable=False),
    Column("name", String(300), nullable=False),
    Column("origin", String(40), nullable=False),
    Column("run_id", Integer, ForeignKey("capture_run.id")),
    Column("pages", Integer, nullable=False),
    Column("facts", JSON, nullable=False),
    _state("state", SourceState, SourceState.STORED),
    Column("reason", Text),
    Column("at", String(40), nullable=False),
    _one_of("state", SourceState),
)
finding = Table(
    "finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False, index=True),
    Column("page_id", Integer, ForeignKey("page.id"), index=True),
    Column("stage", String(10), nullable=False),
    Column("check_id", String(40), nullable=False),
    Column("level", String(10), nullable=False),
    Column("value", Float),
    Column("limit_value", Float),
    Column("box", JSON),
    Column("hint", String(60), nullable=False),
    Column("pages", JSON),
    _state("state", FindingState, FindingState.OPEN),
    Column("decided_by", String(64)),
    _one_of("state", FindingState),
)
item = Table(
    "item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False, index=True),
    Column("first_page_id", Integer, ForeignKey("page.id")),
    Column("fields", JSON, nullable=False),
    Column("proposals", JSON, nullable=False),
    UniqueConstraint("batch_id", "first_page_id"),
)
verdict = Table(
    "verdict",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False, index=True),
    Column("page_id", Integer, ForeignKey("page.id"), nullable=False, index=True),
    Column("verdict", String(12), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", Text, nullable=False),
    Column("box", JSON),
    Column("reviewer", String(64), nullable=False),
    Column("at", String(40), nullable=False),
    Column("open", Boolean, nullable=False),
    _one_of("verdict", Verdict),
)
page_job = Table(
    "page_job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("page_id", Integer, ForeignKey("page.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    _state("state", JobState, JobState.QUEUED),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("worker", String(64)),
    Column("lease_until", String(40)),
    Column("error", Text),
    Column("queued_at", String(40), nullable=False),
    Column("done_at", String(40)),
    Column("again", Boolean, nullable=False, server_default="0"),
    _one_of("kind", JobKind),
    _one_of("state", JobState),
    UniqueConstraint("page_id", "kind"),
    Index("ix_page_job_state", "state", "kind", "id"),
)

batch_job = Table(
    "batch_job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    _state("state", JobState, JobState.QUEUED),
    Column("actor", String(64), nullable=False),
    Column("role", String(20), nullable=False),
    Column("progress", Float, nullable=False, server_default="0"),
    Column("error", Text),
    Column("queued_at", String(40), nullable=False),
    Column("done_at", String(40)),
    _one_of("kind", BatchJobKind),
    _one_of("state", JobState),
    UniqueConstraint("batch_id", "kind"),
)

# -- devices -------------------------------------------------------------------------------------------------------
device = Table(
    "device",
    metadata,
    Column("identity", String(300), primary_key=True),
    Column("backend", String(20), nullable=False),
    Column("address", String(300), nullable=False),
    Column("vendor", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("serial", String(200), nullable=False),
    Column("alias", String(200), nullable=False),
    Column("practice", Boolean, nullable=False),
    Column("present", Boolean, nullable=False),
    Column("capabilities", JSON, nullable=False),
    Column("seen_at", String(40), nullable=False),
)
device_lease = Table(
    "device_lease",
    metadata,
    Column("device", String(300), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("holder", String(64), nullable=False),
    Column("since", String(40), nullable=False),
    Column("expires_at", String(40), nullable=False),
)
device_sample = Table(
    "device_sample",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device", String(300), nullable=False),
    Column("face", String(8), nullable=False),
    Column("page_id", Integer, ForeignKey("page.id"), nullable=False, unique=True),
    Column("measures", JSON, nullable=False),
    Column("at", String(40), nullable=False),
    Index("ix_device_sample_device", "device", "face", "id"),
)
device_care = Table(
    "device_care",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device", String(300), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("passed", Boolean),
    Column("measures", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", String(64), nullable=False),
    Column("at", String(40), nullable=False),
    _one_of("kind", CareKind),
)
scan_profile = Table(
    "scan_profile",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("author", String(64), nullable=False),
    Column("at", String(40), nullable=False),
    UniqueConstraint("name", "version"),
)

wish = Table(
    "wish",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("asked_at", String(40), nullable=False),
    Column("done_at", String(40)),
)

# -- leaving the house ---------------------------------------------------------------------------------------------
package = Table(
    "package",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False, unique=True),
    Column("archive_id", Integer, ForeignKey("archive_server.id"), nullable=False, index=True),
    Column("folder", String(300), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("bytes", SIZE, nullable=False),
    Column("files", Integer, nullable=False),
    _state("state", PackageState, PackageState.OFFERED),
    Column("journal_head", String(64), nullable=False),
    Column("released_at", String(40), nullable=False),
    Column("released_by", String(64), nullable=False),
    _one_of("state", PackageState),
)
package_file = Table(
    "package_file",
    metadata,
    Column("package_id", Integer, ForeignKey("package.id"), primary_key=True),
    Column("path", String(300), primary_key=True),
    Column("bytes", SIZE, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("crc32", Integer, nullable=False),
    Column("mime", String(80), nullable=False),
)
receipt = Table(
    "receipt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("package_id", Integer, ForeignKey("package.id"), nullable=False, index=True),
    Column("archive_id", Integer, ForeignKey("archive_server.id"), nullable=False),
    Column("idempotency_key", String(200), nullable=False),
    Column("status", String(20), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("body", JSON, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("at", String(40), nullable=False),
    UniqueConstraint("archive_id", "idempotency_key"),
)
journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(100), nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
