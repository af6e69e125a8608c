"""Practice pages: invented Vietnamese documents in the State and the Party form, typeset, aged and scanned by script.

For training operators, for the virtual scanner, for tests with known truth. No real document, seal or person."""

from imaging.practice.content import invent
from imaging.practice.fonts import find as find_faces
from imaging.practice.model import Document, FontMissing, PageTruth, PracticePage, TrueField
from imaging.practice.tray import TraySide, write_tray
from imaging.practice.typeset import typeset

__all__ = [
    "Document",
    "FontMissing",
    "PageTruth",
    "PracticePage",
    "TraySide",
    "TrueField",
    "find_faces",
    "invent",
    "typeset",
    "write_tray",
]
