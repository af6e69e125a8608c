"""The station's settings: one frozen model a section, read once by `load` and handed in.

Order of force: ``SOHOA_SECTION__KEY`` in the environment, then the file, then the defaults below. Every mistake is reported
at once with file and line, in the catalogue's words. Secrets are never echoed."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from station.config_problems import (
    ConfigError,
    Origin,
    environment_problems,
    file_problems,
    limit_names,
    refuse,
    unreadable_environment,
    unreadable_file,
    value_problems,
)
from station.strict_yaml import Document, read

CHECKOUT = Path(__file__).resolve().parents[1]
"""The folder above the rooms: the checkout, or site-packages of an installation."""

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _only_true_or_false(value: Any) -> Any:
    """pydantic would take "no" and 1; a switch is true or false (in the environment: those two words)."""
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ValueError("not_a_switch")
    return value


def _printable(value: str) -> str:
    if value != value.strip() or not value.isprintable():
        raise ValueError("not_printable")
    return value


def _known_limit(name: str) -> str:
    if name not in limit_names():
        raise ValueError("unknown_limit")
    return name


Switch = Annotated[bool, BeforeValidator(_only_true_or_false)]
Text = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Section(BaseModel):
    model_config = _FROZEN


S = TypeVar("S", bound=Section)


def _paired(section: S, certificate: Path | None, key: Path | None) -> S:
    if (certificate is None) != (key is None):
        raise ValueError("certificate_without_key")
    return section


class Station(Section):
    """What this machine is called and where it keeps things."""

    name: Name = "Trạm số hóa"
    """Shown in the console and written into packages."""
    data_dir: Path = Path("var")
    """Masters, database, packages. Default: ``var/`` beside config.yaml in a checkout, else the user's data folder."""
    language: Literal["vi", "en"] = "vi"
    """The language of the console and of the commands."""


class Server(Section):
    """The console."""

    host: Name = "127.0.0.1"
    """Address to listen on; 127.0.0.1 is this machine only."""
    port: Port = 8477
    """Port of the console."""
    threads: Annotated[int, Field(ge=4, le=256)] = 32
    """Requests served at once; live streams are capped well below it."""
    tls_certificate: Path | None = None
    """Server certificate chain, PEM. Set together with ``tls_key``."""
    tls_key: Path | None = None
    """Its private key, PEM."""
    session_minutes: Annotated[int, Field(ge=5, le=1440)] = 480
    """Minutes without use after which a person logs in again."""

    @model_validator(mode="after")
    def _certificate_with_key(self) -> "Server":
        return _paired(self, self.tls_certificate, self.tls_key)


class Archive(Section):
    """The interface the archive's server pulls from."""

    host: Name = "127.0.0.1"
    """Address to listen on, when it has a port of its own."""
    port: Port | None = None
    """Port of its own; none = served on the console's port."""
    tls_certificate: Path | None = None
    """Server certificate chain, PEM. Set together with ``tls_key``."""
    tls_key: Path | None = None
    """Its private key, PEM."""
    client_ca: Path | None = None
    """CA of the archives' client certificates; when set, a client without one is refused."""

    @model_validator(mode="after")
    def _certificate_with_key(self) -> "Archive":
        return _paired(self, self.tls_certificate, self.tls_key)


class Database(Section):
    """Where the records are."""

    url: SecretStr | None = None
    """SQLAlchemy address; none = SQLite in the data folder. May hold a password, so it is never shown."""


class Scanning(Section):
    """Scanners and their patience."""

    sane_config_dir: Path | None = None
    """A private SANE configuration folder; none = the system's."""
    virtual_scanner: Switch = True
    """Offer the practice scanner beside the real ones; its batches cannot be released."""
    virtual_counts: Switch = False
    """Treat other virtual scanners as real ones, so that their batches can be released: for demonstrations and tests only."""
    practice_pages: Path | None = None
    """Folder of pages for the practice scanner; none = the practice pages the station typesets itself."""
    default_profile: Name | None = None
    """Scan profile chosen at first; none = the first that fits the scanner."""
    import_dir: Path | None = None
    """Folder whose files the console may import; none = only files sent from the browser."""
    upload_megabytes: Annotated[int, Field(ge=1, le=100_000)] = 2048
    """Largest file a browser may send."""
    hot_folder: Path | None = None
    """Folder that other capture programs write into; the batch marked on its scan desk receives what comes."""
    open_seconds: Seconds = 30.0
    """Longest wait for a scanner to open."""
    feed_seconds: Seconds = 60.0
    """Longest wait for the first line of a sheet (lamp warm-up included)."""
    read_seconds: Seconds = 20.0
    """Longest silence in the middle of a page before the scanner counts as hung."""
    paper_settle_seconds: Seconds = 1.5
    """How long paper must lie still in the feeder before a run that waits for it begins."""


class Processing(Section):
    """Work on pages after they are scanned."""

    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    """Processes that work on pages; none = one less than the cores, at least one."""
    page_seconds: Seconds = 120.0
    """Longest time one page may take; a page over it is set aside, the others go on."""
    ocr_language: Annotated[str, Field(pattern=r"^[a-z_]{3,12}(\+[a-z_]{3,12})*$")] = "vie"
    """Tesseract language(s), joined with +."""
    access_jpeg_quality: Annotated[int, Field(ge=30, le=100)] = 50
    """JPEG quality of access copies; a page whose seal or signature fades is coded finer by itself."""


class Qc(Section):
    """Limits of the checks."""

    limits: dict[Annotated[str, AfterValidator(_known_limit)], Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Name of a limit (qc/limits.py) → the value that replaces the shipped one, e.g. ``blur_warn: 4.5``."""
    qualification_days: Annotated[int, Field(ge=1, le=400)] | None = None
    """A scanner is shown its target sheet at least every so many days; none = no rule."""
    qualification_blocks_release: Switch = False
    """A batch scanned while its scanner's target was overdue or failed is not released."""


class Release(Section):
    """Packages for the archive."""

    profile: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")] = "nn-tt05"
    """Rules and field tables of the package: nn-tt05, dang-hsltcq, nn-tt02, or a profile of one's own."""
    agency_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-]{0,35}$")] = ""
    """Identifier of the agency the paper belongs to (mã định danh)."""
    agency_name: Text = ""
    """Its full name."""
    copy_profile: Annotated[Literal["standard", "compact"], Field(alias="copy")] = "standard"
    """Access copies: one picture a page, or layers where they are proved to show as much (three times smaller, slower)."""


class Separators(Section):
    """Bar codes (Code 128, Code 39, QR) that an office puts between or on its papers. In a pattern ``*`` is anything and ``?``
    one character; a code that fits none means nothing."""

    sheet_codes: tuple[Name, ...] = ()
    """Patterns of codes on sheets that only separate: set aside as the station's own slips are."""
    label_codes: tuple[Name, ...] = ()
    """Patterns of codes stuck on a document's first sheet: a document begins there and the sheet stays in it."""


class Jobs(Section):
    """The queue behind processing."""

    cluster: Annotated[str, Field(pattern=r"^(tls|tcp)://[^\s/]+:\d{1,5}$")] | None = None
    """Address of a Dask scheduler, when one machine is not enough; none = this machine only."""
    tls_ca: Path | None = None
    """CA of the cluster's certificates, PEM."""
    tls_certificate: Path | None = None
    """This station's certificate towards the cluster, PEM."""
    tls_key: Path | None = None
    """Its private key, PEM."""
    lease_seconds: Seconds = 300.0
    """A job whose worker has been silent this long is given to another."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """A page that failed this often is set aside for a person."""

    @model_validator(mode="after")
    def _encrypted(self) -> "Jobs":
        if self.cluster and self.cluster.startswith("tls://") and not (self.tls_ca and self.tls_certificate and self.tls_key):
            raise ValueError("cluster_without_certificates")
        return _paired(self, self.tls_certificate, self.tls_key)


class Settings(BaseSettings):
    """All sections. Made by `load`; frozen."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="SOHOA_", env_nested_delimiter="__", env_ignore_empty=True
    )
    station: Station = Station()
    server: Server = Server()
    archive: Archive = Archive()
    database: Database = Database()
    scanning: Scanning = Scanning()
    processing: Processing = Processing()
    qc: Qc = Qc()
    separators: Separators = Separators()
    release: Release = Release()
    jobs: Jobs = Jobs()

    @property
    def database_url(self) -> str:
        """SQLAlchemy address with its password: hand it to the engine, never to a log."""
        url = self.database.url
        return url.get_secret_value() if url else f"sqlite:///{self.station.data_dir / 'sohoa.db'}"

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """The environment before the file."""
        return env_settings, init_settings


def load(path: Path | None = None) -> Settings:
    """The settings from ``path``, else from the first of `usual_places` that exists, else the defaults; environment on top.

    Raises `ConfigError` with every mistake, or where ``path`` cannot be read. Relative paths are relative to the file."""
    source = path or next((place for place in usual_places() if place.is_file()), None)
    document = _read(source) if source else Document()
    origin = Origin(source, document.lines, os.environ)
    refuse(file_problems(document, origin) + environment_problems(Settings, origin))
    settings = _validate(_given(document.data, source), origin)
    return _absolute(settings, source.resolve().parent if source else Path.cwd())


def _read(source: Path) -> Document:
    try:
        return read(source)
    except OSError as error:
        raise ConfigError([unreadable_file(source, error.strerror or str(error))]) from None


def _given(data: Mapping[str, Any], source: Path | None) -> dict[str, Any]:
    """What the file says, an empty section as an absent one, with the data folder and SOHOA_LANGUAGE filled in."""
    given = {name: value for name, value in data.items() if value is not None}
    station = given.get("station", {})
    if isinstance(station, Mapping):
        spoken = {"language": os.environ["SOHOA_LANGUAGE"]} if os.environ.get("SOHOA_LANGUAGE") else {}
        given["station"] = {"data_dir": _data_dir(source), **station, **spoken}
    return given


def _data_dir(source: Path | None) -> Path:
    """``var/`` beside config.yaml in a checkout, else the user's data folder (XDG)."""
    folder = source.resolve().parent if source else CHECKOUT
    if is_checkout(folder):
        return folder / "var"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sohoa"


def _validate(given: dict[str, Any], origin: Origin) -> Settings:
    try:
        return Settings(**given)
    except ValidationError as error:
        raise ConfigError(value_problems(error, Settings, origin)) from None
    except SettingsError as error:
        raise ConfigError([unreadable_environment(str(error))]) from None


def _absolute(settings: Settings, base: Path) -> Settings:
    """Relative paths made absolute, from the folder of the file."""
    changed: dict[str, Section] = {}
    for name in Settings.model_fields:
        section: Section = getattr(settings, name)
        paths = {key: base / value.expanduser() for key, value in section if isinstance(value, Path)}
        if paths:
            changed[name] = section.model_copy(update=paths)
    return settings.model_copy(update=changed)


def usual_places() -> tuple[Path, ...]:
    """Where config.yaml is looked for: SOHOA_CONFIG, the checkout, the user's folder, the system's."""
    named = os.environ.get("SOHOA_CONFIG")
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    here = (CHECKOUT / "config.yaml",) if is_checkout(CHECKOUT) else ()
    return (*((Path(named),) if named else ()), *here, home / "sohoa" / "config.yaml", Path("/etc/sohoa/config.yaml"))


def is_checkout(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file() and (folder / "station").is_dir()
