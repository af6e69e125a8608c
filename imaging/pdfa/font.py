"""The font of the invisible text: made in code for the characters of one file, every glyph empty.

Nothing is drawn in text render mode 3, so no outlines are needed, only widths (for selection), a mapping to Unicode
(for search and copy) and an embedded program (PDF/A, ISO 19005-2 6.2.11.4). A real font would bring a licence, a file
to ship and letters it does not have; this one has every character that occurs, beyond the BMP too."""

import io
import unicodedata

import pikepdf
from pikepdf import Array, Dictionary, Name

UNITS = 1000
ASCENT, DESCENT = 780, -200
"""Shares of the size above and below the baseline. With the size taken from a line's own height they make the boxes
that readers report fit the words' boxes (tests/imaging/test_pdfa.py measures it)."""

NAME = "SohoaInvisible"
DEFAULT_ADVANCE = 500
EPOCH_1970 = 2_082_844_800
"""1 January 1970 in a font's clock, seconds since 1904."""
_WIDTHS = (
    (200, "|"), (180, "'"), (250, " .,"), (278, "ijlt/\\:;"), (333, "fr!()[]-I`"), (389, "sJ"), (408, '"'),
    (444, "acez?"), (556, "FPS"), (564, "+<=>"), (611, "ELTZ"), (667, "ABCR"), (722, "DGHKNOQUVXYwĐ"), (778, "m&"),
    (833, "%"), (889, "M"), (921, "@"), (944, "W"),
)  # fmt: skip
ADVANCES = {char: width for width, chars in _WIDTHS for char in chars}
"""Widths of a Times-like face, so that selecting inside a word falls near the right letter."""


def advance(char: str) -> int:
    """Advance width in thousandths of the size; an accented letter is as wide as its base."""
    base = unicodedata.normalize("NFD", char)[0]
    return ADVANCES.get(base, UNITS if unicodedata.east_asian_width(base) in "WF" else DEFAULT_ADVANCE)


class InvisibleFont:
    """Hands out glyph numbers in order of first use: the same text gives the same font."""

    def __init__(self) -> None:
        self._gids: dict[str, int] = {" ": 1}  # 0 is .notdef, never shown

    def encode(self, text: str) -> bytes:
        """``text`` as two-byte glyph numbers."""
        return b"".join(self._gids.setdefault(c, len(self._gids) + 1).to_bytes(2, "big") for c in text)

    def width(self, text: str) -> int:
        """Natural width of ``text`` at size 1000."""
        return sum(advance(char) for char in text)

    def embed(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """The font as an object of ``pdf``: Type 0, Identity-H, TrueType program, ToUnicode."""
        program = pdf.make_stream(self._program())
        program.Length1 = len(program.read_bytes())
        descriptor = Dictionary(
            Type=Name.FontDescriptor, FontName=Name("/" + NAME), Flags=4, FontBBox=Array([0, DESCENT, UNITS, ASCENT]),
            ItalicAngle=0, Ascent=ASCENT, Descent=DESCENT, CapHeight=700, StemV=80, FontFile2=program,
        )  # fmt: skip
        descendant = Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name("/" + NAME), CIDToGIDMap=Name.Identity,
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0), DW=DEFAULT_ADVANCE,
            W=Array([1, Array([advance(c) for c in self._gids])]), FontDescriptor=pdf.make_indirect(descriptor),
        )  # fmt: skip
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=Name("/" + NAME),
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(descendant)]),
                ToUnicode=pdf.make_stream(self._to_unicode()),
            )
        )

    def _program(self) -> bytes:
        from fontTools.fontBuilder import FontBuilder  # noqa: PLC0415 - 0.2 s, needed once a file
        from fontTools.ttLib.tables._g_l_y_f import Glyph  # noqa: PLC0415

        names = [".notdef", *(f"g{gid}" for gid in self._gids.values())]
        widths = [DEFAULT_ADVANCE, *(advance(char) for char in self._gids)]
        builder = FontBuilder(UNITS, isTTF=True)
        builder.setupGlyphOrder(names)
        builder.setupCharacterMap({ord(char): f"g{gid}" for char, gid in self._gids.items() if len(char) == 1})
        builder.setupGlyf(dict.fromkeys(names, Glyph()))
        builder.setupHorizontalMetrics({name: (width, 0) for name, width in zip(names, widths, strict=True)})
        builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
        builder.setupNameTable({"familyName": NAME, "styleName": "Regular", "psName": NAME})
        builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, usWinAscent=ASCENT, usWinDescent=-DESCENT)
        builder.setupPost(keepGlyphNames=False)
        builder.updateHead(created=EPOCH_1970, modified=EPOCH_1970)  # the clock would make every file different
        builder.font.recalcTimestamp = False
        buffer = io.BytesIO()
        builder.save(buffer)
        return buffer.getvalue()

    def _to_unicode(self) -> bytes:
        """CMap from glyph number to UTF-16BE, in blocks of at most 100 (Adobe technical note 5014)."""
        pairs = [f"<{gid:04x}> <{char.encode('utf-16-be').hex()}>" for char, gid in self._gids.items()]
        blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
            f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end"
        ).encode("ascii")
