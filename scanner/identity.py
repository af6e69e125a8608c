"""Who a device is, whatever its USB number or network address is today. Each backend finds the serial its own way."""

import re


def identity(vendor: str, model: str, serial: str, address: str) -> str:
    """``vendor:model:serial``, lower case; without a serial the address stands in its place, marked with ``@``."""
    return ":".join([_word(vendor), _word(model), _word(serial) if serial else f"@{address}"])


def _word(text: str) -> str:
    return re.sub(r"[\s:]+", "-", text.strip().lower())
