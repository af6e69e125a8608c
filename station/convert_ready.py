"""What every worker of ``sohoa convert`` needs, loaded once before the workers are forked: the engine's network and the
language model among them.

The first page waits for this. What a library works out or reads by itself goes on beside the imports, on threads that have
ended when the workers are forked."""

import gc
from collections.abc import Callable
from contextlib import suppress
from threading import Thread


def _beside(work: Callable[[], object]) -> Thread:
    thread = Thread(target=work)
    thread.start()
    return thread


def _colours() -> None:
    """OpenCV works out the tables of its first conversion to Lab: a tenth of a second."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    cv2.setNumThreads(1)
    cv2.cvtColor(np.zeros((1, 1, 3), np.uint8), cv2.COLOR_BGR2Lab)


def _reading() -> None:
    """The engine and the language model; without the language the command itself says what to install."""
    from imaging.language import load_model  # noqa: PLC0415
    from imaging.ocr import EngineFault  # noqa: PLC0415
    from station.page_work import resident  # noqa: PLC0415

    with suppress(EngineFault):
        resident("vie")
    model = load_model()
    _ = model.numbers, model.by_base, model.by_tail


def _load() -> None:
    import cv2  # noqa: PLC0415, F401

    colours = _beside(_colours)
    with suppress(ImportError):  # its wheel does not exist on every platform: another engine is opened there
        import imaging.ocr.batched  # noqa: PLC0415, F401
    reading = _beside(_reading)
    import numpy.fft  # noqa: PLC0415
    import numpy.ma  # noqa: PLC0415, F401
    import pebble  # noqa: PLC0415, F401
    from PIL import Image  # noqa: PLC0415

    from station import convert_page  # noqa: PLC0415, F401

    Image.preinit()  # its usual formats
    colours.join()
    reading.join()


gc.disable()  # all this stays: it need not be looked through while it comes
try:
    _load()
    gc.freeze()  # nor by the workers, which would copy it by doing so
finally:
    gc.enable()
