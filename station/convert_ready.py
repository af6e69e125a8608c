"""What every worker of ``sohoa convert`` needs, loaded once before the workers are forked: the engine's network and the
language model among them. Nothing here starts a thread."""

import gc
from contextlib import suppress

import cv2
import numpy as np
import numpy.fft
import numpy.ma
import pebble
from PIL import Image

from imaging.language import load_model
from imaging.ocr import EngineFault
from station import convert_page
from station.page_work import resident

cv2.setNumThreads(1)
cv2.cvtColor(np.zeros((1, 1, 3), np.uint8), cv2.COLOR_BGR2Lab)  # works out its tables at the first call: a tenth of a second
Image.preinit()  # its usual formats

with suppress(EngineFault):  # without the language the command itself says what to install
    resident("vie")

_MODEL = load_model()
_LOADED = (_MODEL.numbers, _MODEL.by_base, _MODEL.by_tail, convert_page.work, pebble.ProcessPool, np.fft, np.ma)
gc.freeze()  # all this stays: no worker looks through it for garbage, nor copies it by doing so
