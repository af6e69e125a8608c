"""A JPEG cut short on the wire is decoded by sane-airscan without an error: the rest of the page is one flat tone.

No sensor delivers rows in which every sample is the same, so such rows at the end of a page mean lost data, unless they are the
pure white with which drivers pad a page that is shorter than the window, or a flat light margin of a drawn page."""

PAPER = 232
"""At or above this level a flat tail may be a margin."""
SHARE_DARK, SHARE_LIGHT = 0.02, 0.15
"""Share of the rows from which a flat tail is reported."""


class FlatTail:
    """Counts the flat rows at the end of a page that arrives in strips."""

    def __init__(self, row_bytes: int) -> None:
        self._row_bytes = row_bytes
        self._level, self._count = -1, 0

    def add(self, strip: bytearray) -> None:
        """The next whole rows."""
        rows, level = len(strip) // self._row_bytes, strip[-1]
        flat = _flat_rows(strip, bytes([level]) * self._row_bytes, rows)
        self._count = self._count + flat if flat == rows and level == self._level else flat
        self._level = level

    def suspicious(self, rows: int) -> int:
        """Number of flat rows at the end of a page of ``rows`` when they speak of a cut image, else 0."""
        share = self._count / rows
        if self._level == 255 or share < SHARE_DARK or (self._level >= PAPER and share < SHARE_LIGHT):
            return 0
        return self._count


def _flat_rows(data: bytearray, row: bytes, rows: int) -> int:
    """Looks from the end and stops at the first row with anything on it: a sound page costs nothing."""
    count, size = 0, len(row)
    while count < rows and data[(rows - count - 1) * size : (rows - count) * size] == row:
        count += 1
    return count
