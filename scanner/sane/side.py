"""One side from the first line to the last: checked before it is believed, encoded while it arrives."""

from dataclasses import dataclass

from scanner.model import ColorMode, FaultKind, Phase, ScanFault
from scanner.sane.reader import LineReader
from scanner.sane.tail import FlatTail
from scanner.tiff import TiffPage, TiffWriter
from scanner.worker.driver import Frame, Progress

MAX_SIDE_BYTES = 1 << 30
"""A3 colour at 1200 dpi is 835 MB. More than this is a device that lies, or one that never ends."""
MAX_LENGTH = 6000.0
"""mm; the longest side believed of a device that does not say how long its pages are (the longest feeders take 5.6 m)."""
MAX_PIXELS_A_LINE = 1 << 17


@dataclass(frozen=True, slots=True)
class Shape:
    """What the device promises after start: ``lines`` is 0 when it does not know."""

    mode: ColorMode
    width: int
    lines: int
    row_bytes: int
    """without padding"""
    line_bytes: int
    """as it comes"""

    @classmethod
    def of(cls, parameters: tuple[str, int, int, int, int]) -> "Shape":
        """From (frame, pixels a line, lines, bits a sample, bytes a line). Raises ScanFault UNSUPPORTED, DAMAGED_IMAGE."""
        frame, width, lines, depth, line_bytes = parameters
        if frame not in ("gray", "color") or (frame, depth) not in (("gray", 1), ("gray", 8), ("color", 8)):
            raise ScanFault(FaultKind.UNSUPPORTED, Phase.READ, f"frame {frame}, {depth} bits a sample")
        row_bytes = (width + 7) // 8 if depth == 1 else width * (3 if frame == "color" else 1)
        if not 0 < width <= MAX_PIXELS_A_LINE or line_bytes < row_bytes or line_bytes * max(1, lines) > MAX_SIDE_BYTES:
            raise ScanFault(
                FaultKind.DAMAGED_IMAGE, Phase.READ, f"a side of {width} x {lines} pixels, {line_bytes} bytes a line"
            )
        mode = ColorMode.COLOR if frame == "color" else ColorMode.BITONAL if depth == 1 else ColorMode.GRAY
        return cls(mode, width, max(0, lines), row_bytes, line_bytes)


class SideReader:
    """Reads sides of one run. ``progress`` is told of every piece that arrives."""

    def __init__(self, lines: LineReader, writer: TiffWriter, dpi: tuple[float, float]) -> None:
        self._lines, self._writer, self._dpi = lines, writer, dpi

    def read(self, shape: Shape, progress: Progress, *, any_length: bool) -> Frame:
        """Raises ScanFault SHORT_PAGE unless ``any_length``, DAMAGED_IMAGE for a side without end; ``_sane.error``."""
        page = self._writer.page(shape.width, shape.mode, self._dpi)
        tail = FlatTail(shape.row_bytes)
        most = shape.lines if shape.lines and not any_length else round(MAX_LENGTH / 25.4 * self._dpi[1])
        height = self._strips(shape, (page, tail), most, progress)
        if height == 0 or (height < shape.lines and not any_length):
            raise ScanFault(FaultKind.SHORT_PAGE, Phase.READ, f"{height} of {shape.lines} lines")
        flat = 0 if shape.mode is ColorMode.BITONAL else tail.suspicious(height)
        warnings, facts = (("truncated_tail",), {"constant_tail_rows": flat}) if flat else ((), {})
        return Frame(page.finish(height), shape.width, height, shape.mode, self._dpi, warnings=warnings, facts=facts)

    def _strips(self, shape: Shape, takers: tuple[TiffPage, FlatTail], most: int, progress: Progress) -> int:
        """Fill strip after strip; a strip on its way to the encoder is never touched again."""
        page, tail = takers
        rows = ended = 0
        while not ended:
            strip = bytearray(page.rows * shape.line_bytes)
            size, ended = self._fill(strip, progress)
            whole = size // shape.line_bytes
            rows += whole
            if rows > most or rows * shape.line_bytes > MAX_SIDE_BYTES:
                raise ScanFault(FaultKind.DAMAGED_IMAGE, Phase.READ, f"{rows} lines and no end where {most} were promised")
            if whole:
                lines = unpadded(strip, whole, shape)
                tail.add(lines)
                page.add(lines)
        return rows

    def _fill(self, strip: bytearray, progress: Progress) -> tuple[int, bool]:
        size = 0
        while size < len(strip):
            got = self._lines.fill(strip, size)
            if got < 0:
                return size, True
            if got:
                progress("lines")
            size += got
        return size, False


def unpadded(strip: bytearray, rows: int, shape: Shape) -> bytearray:
    """The first ``rows`` lines without what the device appends to each."""
    if shape.line_bytes == shape.row_bytes:
        return strip if rows * shape.row_bytes == len(strip) else strip[: rows * shape.row_bytes]
    step, keep = shape.line_bytes, shape.row_bytes
    return bytearray().join(strip[at : at + keep] for at in range(0, rows * step, step))
