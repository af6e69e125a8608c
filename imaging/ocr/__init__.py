"""Reading: the engine's own picture of a page, the engines behind one face, and a page's words in their places."""

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
