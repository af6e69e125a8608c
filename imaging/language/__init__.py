"""Vietnamese text: spelling rules, the model of official language, and what they mend in a reading."""

from imaging.language.letters import fold, nfc
from imaging.language.mend import mend
from imaging.language.model import Model, load_model
from imaging.language.syllable import possible
from imaging.language.token import Choices, Token

__all__ = ["Choices", "Model", "Token", "fold", "known", "load_model", "mend", "nfc", "possible"]


def known(text: str, model: Model | None = None) -> bool:
    """Whether a token holds a word of official Vietnamese, in any case, or a figure."""
    model = model or load_model()
    letters = "".join(one if one.isalpha() else " " for one in text)
    return any(one.isdigit() for one in text) or any(model.knows(word) for word in letters.split())
