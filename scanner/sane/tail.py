"""A JPEG cut short on the wire is decoded by sane-airscan without an error: the rest of the page is one flat tone.

No sensor delivers rows in which every sample is the same, so such rows at the end of a page mean lost data, unless they are the
pure white with which drivers pad a page that is shorter than the window, or a flat light margin of a drawn page."""

import numpy as np
from numpy.typing import NDArray

PAPER = 232
"""At or above this level a flat tail may be a margin."""
SHARE_DARK, SHARE_LIGHT = 0.02, 0.15


def truncated_tail(data: bytes | bytearray | memoryview, row_bytes: int, rows: int) -> int:
    """Number of flat rows at the end of the page when they speak of a cut image, else 0. ``data``: rows without padding."""
    page = np.frombuffer(data, np.uint8, row_bytes * rows).reshape(rows, row_bytes)
    level = page[-1, 0]
    flat = _flat_rows(page, level)
    share = flat / rows
    if level == 255 or share < SHARE_DARK or (level >= PAPER and share < SHARE_LIGHT):
        return 0
    return flat


def _flat_rows(page: NDArray[np.uint8], level: np.uint8) -> int:
    """Looks at 64 rows at a time from the end, so that a sound page costs next to nothing."""
    count = 0
    for end in range(len(page), 0, -64):
        same = (page[max(0, end - 64) : end] == level).all(axis=1)[::-1]
        run = len(same) if same.all() else int(np.argmin(same))
        count += run
        if run < len(same):
            break
    return count
