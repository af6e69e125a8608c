"""Which strings can be a Vietnamese syllable: onset, rime, tone, and what the three forbid each other."""

from functools import lru_cache

from imaging.language.letters import ACUTE, DOT, VOWELS, without_tones

ONSET_LIST = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q qu r s t th tr v x"
RIME_LIST = (
    "a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây "
    "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu êng i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu "
    "o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt "
    "oc oe oem oen oeo oet oi om on ong ooc oong op ot "
    "ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uên uênh uêt ui um un ung uơ up ut uy uya uych "
    "uyên uyêt uynh uyt uyu uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu "
    "y yêm yên yêng yêt yêu"
)
ONSETS = frozenset({"", *ONSET_LIST.split()})
RIMES = frozenset(RIME_LIST.split())
FRONT = frozenset("eêiy")
STOPS = ("c", "ch", "p", "t")


@lru_cache(maxsize=65536)
def possible(word: str) -> bool:
    """Whether ``word`` (any case, NFC, letters only) obeys the spelling of Vietnamese syllables."""
    low = word.lower()
    if not low.isalpha():
        return False
    plain, tone = without_tones(low)
    if sum(1 for one, other in zip(plain, low, strict=True) if one != other) > 1:
        return False  # two tone marks
    return any(_fits(plain[:cut], plain[cut:], tone) for cut in range(min(3, len(plain)), -1, -1))


def _fits(onset: str, rime: str, tone: int) -> bool:
    if onset not in ONSETS or (rime not in RIMES and not (onset == "gi" and _after_gi(rime))):
        return False
    if rime.endswith(STOPS) and tone not in (ACUTE, DOT):
        return False
    return _spelt(onset, rime)


def _after_gi(rime: str) -> bool:
    return not rime or f"i{rime}" in RIMES


def _spelt(onset: str, rime: str) -> bool:
    """c/k, g/gh, ng/ngh by the vowel that follows; qu before its glide."""
    front = rime[:1] in FRONT
    if onset in ("k", "gh", "ngh"):
        return front
    if onset in ("c", "ng", "g") and front:
        return onset == "g" and rime[:1] == "i"
    if onset == "q":
        return rime.startswith(("u", "o"))
    return True


def has_vowel(word: str) -> bool:
    """Whether any letter is a vowel, marks aside: ``UBND`` has one, ``TTHC`` none."""
    plain, _ = without_tones(word.lower())
    return any(one in VOWELS for one in plain)
