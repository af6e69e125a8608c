"""What tells a page from every other one, in the file beside its proof: 32 bytes of hash, then the sketch."""

from pathlib import Path

from imaging.measures.likeness import Likeness

NAME = "likeness.bin"
_HASH_BYTES = 32


def load(folder: Path) -> Likeness | None:
    """None where the page has not been looked at."""
    try:
        data = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return None
    return Likeness(data[:_HASH_BYTES], data[_HASH_BYTES:])
