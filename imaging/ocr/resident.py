"""Tesseract as a library: the model stays loaded for every page of a worker."""

import unicodedata
from collections.abc import Iterator, Sequence

import tesserocr
from tesserocr import OEM, PSM, RIL, PyTessBaseAPI

from imaging.language.token import Token
from imaging.ocr.choices import align
from imaging.ocr.engine import EngineFault, EngineTimeout, Layout, ReadLine, ReadWord
from imaging.ocr.tessdata import known_folder
from imaging.values import Pixels, Turn

MODES = {"page": PSM.AUTO, "block": PSM.SINGLE_BLOCK, "line": PSM.SINGLE_LINE, "sparse": PSM.SPARSE_TEXT}

VARIABLES = {
    "tessedit_do_invert": "0",  # white-on-black lines are rare; looking for them costs a third of the time
    "lstm_choice_mode": "2",  # second thoughts per symbol, 0.1 s a page
}


class Resident:
    """Holds one loaded model, loaded when first read with. Not shared between threads."""

    def __init__(self, language: str = "vie") -> None:
        """Raises ``LanguageMissing``."""
        known_folder((language,))
        self._language = language
        self._reader: PyTessBaseAPI | None = None
        self._turner: PyTessBaseAPI | None = None
        self._api = PyTessBaseAPI(init=False)
        self._api.InitForAnalysePage()  # finds lines without any language
        version = tesserocr.tesseract_version().split("\n", 1)[0].removeprefix("tesseract").strip()
        self.name = f"tesseract {version} {language} (tesserocr)"

    def recognise(self, picture: Pixels, dpi: float, layout: Layout, seconds: float) -> tuple[ReadLine, ...]:
        """See ``Engine``. The time limit is looked at between words: a hang inside one is for the worker's owner."""
        if self._reader is None:
            self._reader = _open_reader(self._language)
        reader = self._reader
        reader.SetPageSegMode(MODES[layout])
        show(reader, picture, dpi)
        try:
            if not reader.Recognize(int(seconds * 1000)):
                raise EngineTimeout(f"no result in {seconds:.1f} s")
            return tuple(_lines(reader))
        except RuntimeError as failure:
            raise EngineFault(str(failure)) from failure
        finally:
            reader.Clear()

    def recognise_lines(self, pictures: Sequence[Pixels], dpi: float, seconds: float) -> tuple[tuple[ReadLine, ...], ...]:
        """See ``Engine``."""
        return tuple(self.recognise(picture, dpi, "line", seconds) for picture in pictures)

    def orientation(self, picture: Pixels, dpi: float) -> tuple[Turn, float]:
        """See ``Engine``. Raises ``LanguageMissing`` without the ``osd`` data."""
        if self._turner is None:
            self._turner = _open("osd", PSM.OSD_ONLY)
        show(self._turner, picture, dpi)
        seen = self._turner.DetectOrientationScript()
        self._turner.Clear()
        if not seen:
            return 0, 0.0
        turn: Turn = (360 - int(seen["orient_deg"])) % 360  # type: ignore[assignment]
        return turn, float(seen["orient_conf"])

    def close(self) -> None:
        """Gives the model's memory back."""
        for api in (self._api, self._reader, self._turner):
            if api is not None:
                api.End()


def _open_reader(language: str) -> PyTessBaseAPI:
    reader = _open(language, PSM.AUTO)
    for key, value in VARIABLES.items():
        reader.SetVariable(key, value)
    return reader


def _open(language: str, mode: int) -> PyTessBaseAPI:
    folder = known_folder((language,))
    engine = OEM.DEFAULT if language == "osd" else OEM.LSTM_ONLY
    try:
        return PyTessBaseAPI(path=str(folder), lang=language, psm=mode, oem=engine)
    except RuntimeError as failure:
        raise EngineFault(f"Tesseract does not start with {language} from {folder}: {failure}") from failure


def show(api: PyTessBaseAPI, picture: Pixels, dpi: float) -> None:
    """Hand a grey picture over."""
    height, width = picture.shape
    api.SetImageBytes(picture.tobytes(), width, height, 1, width)
    api.SetSourceResolution(round(dpi))


def _lines(api: PyTessBaseAPI) -> Iterator[ReadLine]:
    weighed = api.GetBestLSTMSymbolChoices()
    walker = api.GetIterator()
    words: list[ReadWord] = []
    for number, step in enumerate(tesserocr.iterate_level(walker, RIL.WORD)):
        word = _word(step, weighed[number] if number < len(weighed) else [])
        if word is not None:
            words.append(word)
        if step.IsAtFinalElement(RIL.TEXTLINE, RIL.WORD):
            if words:
                yield _line(step, words)
            words = []


def _word(step: tesserocr.PyResultIterator, weighed: list[list[tuple[str, float]]]) -> ReadWord | None:
    text = _text(step)
    if not text:
        return None
    return ReadWord(
        token=Token(text, step.Confidence(RIL.WORD) / 100, align(text, weighed)),
        box=tuple(step.BoundingBox(RIL.WORD)),
    )


def _text(step: tesserocr.PyResultIterator) -> str:
    try:
        return unicodedata.normalize("NFC", step.GetUTF8Text(RIL.WORD)).strip()
    except RuntimeError:  # what the library raises where a rule or a picture stands instead of a word
        return ""


def _line(step: tesserocr.PyResultIterator, words: list[ReadWord]) -> ReadLine:
    box = tuple(step.BoundingBox(RIL.TEXTLINE))
    (x0, y0), (x1, y1) = step.Baseline(RIL.TEXTLINE)
    slope = (y1 - y0) / max(1, x1 - x0)
    return ReadLine(tuple(words), box, (y0 + (box[0] - x0) * slope, slope))
