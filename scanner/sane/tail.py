"""A JPEG cut short on the wire is decoded by sane-airscan without an error: the rest of the page is one flat tone.

No sensor delivers rows in which every sample is the same, so such rows at the end of a page mean lost data, unless they are the
pure white with which drivers pad a page that is shorter than the window, or a flat light margin of a drawn page."""

PAPER = 232
"""At or above this level a flat tail may be a margin."""
SHARE_DARK, SHARE_LIGHT = 0.02, 0.15
"""Share of the rows from which a flat tail is reported."""


def truncated_tail(data: bytes | bytearray, row_bytes: int, rows: int) -> int:
    """Number of flat rows at the end of the page when they speak of a cut image, else 0. ``data``: rows without padding."""
    level = data[row_bytes * rows - 1]
    flat = _flat_rows(data, bytes([level]) * row_bytes, rows)
    share = flat / rows
    if level == 255 or share < SHARE_DARK or (level >= PAPER and share < SHARE_LIGHT):
        return 0
    return flat


def _flat_rows(data: bytes | bytearray, row: bytes, rows: int) -> int:
    """Looks from the end and stops at the first row with anything on it: a sound page costs nothing."""
    count, size = 0, len(row)
    while count < rows and data[(rows - count - 1) * size : (rows - count) * size] == row:
        count += 1
    return count
