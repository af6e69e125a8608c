"""eSCL's XML: what the scanner says of itself and what a client asks for.

Element names and values as in the Mopria eSCL specification 2.97; lengths in 1/300 inch."""

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from scanner.model import ColorMode, Source

UNITS_PER_INCH = 300
RESOLUTIONS = (75, 100, 150, 200, 240, 300, 400, 600)
FORMATS = ("image/jpeg", "image/png")

_NAMESPACES = (
    'xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"'
)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MODES = {"RGB24": ColorMode.COLOR, "Grayscale8": ColorMode.GRAY}


class BadRequest(ValueError):
    """The client's XML says nothing a scanner could do. ``status`` is the HTTP answer: 400 unreadable, 409 not offered."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Region:
    """A window on the glass or the feeder, 1/300 inch, from the top left."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """One job as the client asked for it."""

    source: Source
    mode: ColorMode
    dpi: tuple[int, int]
    region: Region
    format: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What the scanner says it is. ``area`` (width, height) of every source in mm."""

    name: str
    uuid: str
    serial: str
    duplex: bool
    flatbed: bool
    formats: tuple[str, ...]
    area: tuple[float, float]

    @property
    def sources(self) -> tuple[Source, ...]:
        found = [Source.FLATBED] if self.flatbed else []
        return (*found, Source.FEEDER, *([Source.DUPLEX] if self.duplex else []))

    @property
    def units(self) -> tuple[int, int]:
        """The area in 1/300 inch, whole units."""
        width, height = (round(side / 25.4 * UNITS_PER_INCH) for side in self.area)
        return width, height


def capabilities(identity: Identity) -> str:
    platen = f"<scan:Platen><scan:PlatenInputCaps>{_caps(identity)}</scan:PlatenInputCaps></scan:Platen>"
    duplex = f"<scan:AdfDuplexInputCaps>{_caps(identity)}</scan:AdfDuplexInputCaps>"
    return (
        f"{_HEAD}<scan:ScannerCapabilities {_NAMESPACES}><pwg:Version>2.63</pwg:Version>"
        f"<pwg:MakeAndModel>{escape(identity.name)}</pwg:MakeAndModel>"
        f"<pwg:SerialNumber>{escape(identity.serial)}</pwg:SerialNumber><scan:UUID>{escape(identity.uuid)}</scan:UUID>"
        f"{platen if identity.flatbed else ''}"
        f"<scan:Adf><scan:AdfSimplexInputCaps>{_caps(identity)}</scan:AdfSimplexInputCaps>{duplex if identity.duplex else ''}"
        f"<scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption>"
        f"{'<scan:AdfOption>Duplex</scan:AdfOption>' if identity.duplex else ''}</scan:AdfOptions></scan:Adf>"
        "</scan:ScannerCapabilities>"
    )


def _caps(identity: Identity) -> str:
    width, height = identity.units
    modes = "".join(f"<scan:ColorMode>{mode}</scan:ColorMode>" for mode in _MODES)
    formats = "".join(
        f"<pwg:DocumentFormat>{name}</pwg:DocumentFormat><scan:DocumentFormatExt>{name}</scan:DocumentFormatExt>"
        for name in identity.formats
    )
    resolutions = "".join(
        f"<scan:DiscreteResolution><scan:XResolution>{dpi}</scan:XResolution>"
        f"<scan:YResolution>{dpi}</scan:YResolution></scan:DiscreteResolution>"
        for dpi in RESOLUTIONS
    )
    return (
        f"<scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>{width}</scan:MaxWidth>"
        f"<scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>{height}</scan:MaxHeight>"
        "<scan:MaxScanRegions>1</scan:MaxScanRegions><scan:SettingProfiles><scan:SettingProfile>"
        f"<scan:ColorModes>{modes}</scan:ColorModes><scan:DocumentFormats>{formats}</scan:DocumentFormats>"
        "<scan:SupportedResolutions><scan:DiscreteResolutions>"
        f"{resolutions}</scan:DiscreteResolutions></scan:SupportedResolutions>"
        "</scan:SettingProfile></scan:SettingProfiles>"
    )


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as ScannerStatus shows it."""

    id: str
    state: str
    images: int
    age: float
    """seconds"""


def status(state: str, adf_state: str, jobs: tuple[JobView, ...]) -> str:
    infos = "".join(
        f"<scan:JobInfo><pwg:JobUri>/eSCL/ScanJobs/{job.id}</pwg:JobUri><pwg:JobUuid>{job.id}</pwg:JobUuid>"
        f"<scan:Age>{job.age:.0f}</scan:Age><pwg:ImagesCompleted>{job.images}</pwg:ImagesCompleted>"
        f"<pwg:JobState>{job.state}</pwg:JobState></scan:JobInfo>"
        for job in jobs
    )
    return (
        f"{_HEAD}<scan:ScannerStatus {_NAMESPACES}><pwg:Version>2.63</pwg:Version><pwg:State>{state}</pwg:State>"
        f"<scan:AdfState>{adf_state}</scan:AdfState><scan:Jobs>{infos}</scan:Jobs></scan:ScannerStatus>"
    )


def parse_request(body: bytes, identity: Identity) -> ScanRequest:
    """ScanSettings → what to do. Raises BadRequest (400 not XML or not numbers, 409 nothing this scanner offers)."""
    fields = _fields(body)
    source = _source(fields, identity)
    mode = _MODES.get(fields.get("ColorMode", "RGB24"))
    kind = fields.get("DocumentFormatExt") or fields.get("DocumentFormat") or identity.formats[0]
    dpi = (_number(fields, "XResolution", 300), _number(fields, "YResolution", 300))
    if mode is None or kind not in identity.formats or not set(dpi) <= set(RESOLUTIONS):
        raise BadRequest(409, f"not offered: {fields.get('ColorMode')} {kind} {dpi}")
    return ScanRequest(source, mode, dpi, _region(fields, identity), kind)


def _fields(body: bytes) -> dict[str, str]:
    """Leaf texts by local name; the last of a name wins. No document type is accepted: that is where XML bombs live."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadRequest(400, "document type declarations are not read")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (no DOCTYPE left, length bounded by the server)
    except (ElementTree.ParseError, ValueError) as error:
        raise BadRequest(400, str(error)) from error
    return {node.tag.rpartition("}")[2]: (node.text or "").strip() for node in root.iter() if len(node) == 0}


def _source(fields: dict[str, str], identity: Identity) -> Source:
    asked = fields.get("InputSource", "Platen" if identity.flatbed else "Feeder")
    duplex = fields.get("Duplex", "false").lower() in ("true", "1")
    found = {"Platen": Source.FLATBED, "Feeder": Source.DUPLEX if duplex else Source.FEEDER}.get(asked)
    if found is None or found not in identity.sources:
        raise BadRequest(409, f"no such source: {asked}, duplex {duplex}")
    return found


def _region(fields: dict[str, str], identity: Identity) -> Region:
    width, height = identity.units
    asked = {"XOffset": 0, "YOffset": 0, "Width": width, "Height": height}
    region = Region(*(_number(fields, name, default) for name, default in asked.items()))
    # One unit of grace: clients round millimetres in their own way.
    fits = region.x + region.width <= width + 1 and region.y + region.height <= height + 1
    if min(region.x, region.y) < 0 or min(region.width, region.height) < 1 or not fits:
        raise BadRequest(409, f"window outside the area: {region}")
    return region


def _number(fields: dict[str, str], name: str, default: int) -> int:
    text = fields.get(name) or str(default)
    try:
        return int(text)
    except ValueError as error:
        raise BadRequest(400, f"{name} is not a number: {text[:40]}") from error
