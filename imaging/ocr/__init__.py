"""Reading: the engine's own picture of a page, the engines behind one face, and a page's words in their places.

Each is loaded when first asked for: who only looks for a language file (``tessdata``) needs neither engine nor images."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imaging.ocr.engine import Engine, EngineFault, EngineTimeout, LanguageMissing, open_engine
    from imaging.ocr.prepare_ocr import Preparation, preparations
    from imaging.ocr.reading import osd, read

__all__ = [
    "Engine",
    "EngineFault",
    "EngineTimeout",
    "LanguageMissing",
    "Preparation",
    "open_engine",
    "osd",
    "preparations",
    "read",
]
_HOMES = {"Preparation": "prepare_ocr", "preparations": "prepare_ocr", "osd": "reading", "read": "reading"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'engine')}"), name)
