"""Vietnamese text: spelling rules, the model of official language, and what they mend in a reading."""

from imaging.language.learned import Confirmed, Learned, learn
from imaging.language.letters import fold, nfc
from imaging.language.mending import mend
from imaging.language.model import Model, load_model
from imaging.language.parting import part
from imaging.language.syllable import possible
from imaging.language.token import Choices, Token

__all__ = [
    "Choices",
    "Confirmed",
    "Learned",
    "Model",
    "Token",
    "fold",
    "known",
    "learn",
    "load_model",
    "mend",
    "nfc",
    "part",
    "possible",
]


def known(text: str, model: Model | None = None) -> bool:
    """Whether a token holds a word of official Vietnamese, in any case, or a figure. A lone letter counts only by itself."""
    model = model or load_model()
    if any(one.isdigit() for one in text):
        return True
    words = "".join(one if one.isalpha() else " " for one in text).split()
    alone = text.strip(".,;:()-–“”\"'")
    return any(model.knows(word) and (len(word) > 1 or word == alone) for word in words)
