"""What stands in the code of a printed slip: short, readable by eye, and refused where it is not ours."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

MARK, VERSION = "SOHOA", "1"
_PARTS = 7
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
"""Any paper may bear a code with our mark: what could not be a count is not ours."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A document's slip: the archive file it belongs to, the document's number in it (1…), its sheets where they were counted.

    Codes, not record numbers: a slip printed at one station is read at every other."""

    fonds: str
    catalogue: str
    file: str
    number: int
    sheets: int | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        return self.fonds, self.catalogue, self.file


def encode(slip: Slip) -> str:
    """``SOHOA:1:HU:01:H49.64.33.2001.160:3:12``."""
    parts = [quote(part, safe="") for part in slip.place]
    return ":".join([MARK, VERSION, *parts, str(slip.number), str(slip.sheets or "")])


def decode(text: str) -> Slip | None:
    """None for anything that is not a slip of this version."""
    parts = text.strip().split(":")
    if len(parts) != _PARTS or parts[:2] != [MARK, VERSION]:
        return None
    fonds, catalogue, file = (unquote(part) for part in parts[2:5])
    number, sheets = parts[5], parts[6]
    if not _NUMBER.fullmatch(number) or (sheets and not _NUMBER.fullmatch(sheets)):
        return None
    return Slip(fonds, catalogue, file, int(number), int(sheets) if sheets else None)
