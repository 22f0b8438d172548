"""In which language a story is written: by its script, by its words, else as the source says."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from functools import cache, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

from alerts.blocks import Blocks
from alerts.language_codes import SAME, canonical, primary

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

Basis = Literal["script", "text", "source", "unknown"]

# Measured on sentences of seven languages and on their first eight words, as long as a headline: at 0.7 two answers
# in 10,000 sentences are wrong, and seven in 10,000 headlines; at 0.5 two in 1,000, and six in 1,000. Of 1,000
# terse headlines four are less than 0.03 likely to be in the language they are in.
CERTAIN = 0.7  # the words decide, whatever the source says
LIKELY = 0.5  # the words decide where the source does not say
POSSIBLE = 0.03  # below this, words that are LIKELY go before the source's word
KANA = 0.05  # of kana and Han together: above, it is Japanese; Chinese texts quote less
HEADLINE = 25  # Han letters up to which a Japanese text may do without any kana
ENOUGH = 1_500  # characters of title and text that are looked at
SURE = 2  # Chinese letters of one script more than of the other, by which the script is that, whatever the source says

_LETTERS = re.compile(r"[^\W\d_]")
_ADDRESSES = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[@#]\w+")
_BLOCKS: tuple[tuple[int, int, str], ...] = (  # of Unicode, ascending
    (0, 0, ""),
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x08FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B00, 0x0B7F, "or"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x139F, "ethiopic"),
    (0x1780, 0x17FF, "km"),
    (0x3041, 0x30FA, "kana"),
    (0x3400, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "ko"),
    (0xF900, 0xFAFF, "han"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFF, "arabic"),
    (0xFF66, 0xFF9D, "kana"),
    (0x20000, 0x323AF, "han"),
)
_SHARED = {  # languages of the news by a script that several are written in; Latin, "", is everybody else's
    "cyrillic": frozenset({"ba", "be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk", "uz"}),
    "arabic": frozenset({"ar", "az", "fa", "ku", "ps", "sd", "ug", "ur"}),
    "devanagari": frozenset({"gom", "hi", "mr", "ne", "sa"}),
    "bengali": frozenset({"as", "bn"}),
    "ethiopic": frozenset({"am", "ti"}),
}
_IN_LATIN_TOO = frozenset({"az", "gom", "kk", "ku", "mn", "sa", "sr", "tg", "tt", "ug", "uz"})
# Other languages that are written in a script which otherwise tells the language, when the source names them.
_SHARING = {"he": {"yi", "lad"}, "el": {"grc"}, "my": {"shn", "mnw"}, "ka": {"xmf"}}
# Languages that the model knows but hardly any news site writes: they take short English, French and German
# texts away, so only a source that names them gets them.
_UNLIKELY = frozenset(
    {"ace", "an", "bcl", "br", "dz", "eo", "ext", "fuv", "gcf", "gcr", "gom", "grc", "gug", "guw", "hbo", "kab", "kik"}
    | {"la", "lb", "lij", "ln", "ltg", "nso", "oc", "pcm", "qu", "sa", "se", "st", "vec", "vo", "wa", "zxx"}
)
_ALONE = frozenset(tells for _, _, tells in _BLOCKS) - {""} - _SHARED.keys() | {"ja", "zh"}  # have their own script
_NEVER_LATIN = frozenset().union(*_SHARED.values(), _ALONE) - _IN_LATIN_TOO


def identify(title: str, text: str, said: str | None) -> tuple[str | None, Basis]:
    """Return the language of a story (None: unknown), as ``canonical`` writes tags, and how it is known.

    ``said`` is the source's own word. A script of one language decides at once. Else the words do when they are
    CERTAIN; then the source, while its word is POSSIBLE or cannot be judged; then the words when they are LIKELY;
    and last the source, if its language is written in such letters.
    """
    sample = _ADDRESSES.sub(" ", f"{title}\n{text}"[:ENOUGH])
    language, basis = _identified(sample, primary(said))
    if language != "zh":
        return language, basis
    return _chinese(sample, canonical(said)), basis


def _identified(sample: str, named: str | None) -> tuple[str | None, Basis]:
    scripts = _scripts(sample)
    if by_script := _by_script(scripts, named):
        return by_script, "script"
    odds = _odds(sample, named) if scripts else {}
    best = max(odds, key=odds.__getitem__, default="")
    if odds.get(best, 0) >= CERTAIN:
        return best, "text"
    named = named if named and _is_written_so(named, scripts) else None
    if named and odds.get(named, 1) >= POSSIBLE:
        return named, "source"
    if odds.get(best, 0) >= LIKELY:
        return best, "text"
    return (named, "source") if named else (None, "unknown")


def _chinese(sample: str, said: str | None) -> str:
    """Return ``zh-hant`` or ``zh-hans``, or ``zh`` where neither the letters nor the source tell.

    Letters that Big5 (of Taiwan) has and GB 2312 (of China) has not are Traditional ones, and the reverse. Of 1,000
    sentences written in both, eleven in Traditional and three in Simplified hold a letter of the other script, and none
    is taken for the other. When they are even, or apart by fewer than SURE, the source is asked first.
    """
    balance = sum(map(_script_of_chinese, sample))
    if said in {"zh-hant", "zh-hans"} and abs(balance) < SURE:
        return said
    return "zh-hant" if balance > 0 else "zh-hans" if balance < 0 else "zh"


@lru_cache(maxsize=30_000)
def _script_of_chinese(letter: str) -> int:
    """Return 1 for a letter of Traditional Chinese only, -1 for one of Simplified Chinese only, 0 for any other."""
    if _script(letter) != "han":
        return 0
    return len(letter.encode("big5", "ignore")[:1]) - len(letter.encode("gb2312", "ignore")[:1])


def _scripts(sample: str) -> Counter[str]:
    """Count the letters by what their script tells; "" stands for scripts of many languages."""
    return Counter(_script(letter) for letter in _LETTERS.findall(sample))


def _script(letter: str) -> str:
    code = ord(letter)
    start, end, tells = _BLOCKS[bisect_right(_BLOCKS, code, key=itemgetter(0)) - 1]
    return tells if start <= code <= end else ""


def _by_script(scripts: Counter[str], named: str | None) -> str | None:
    """Return the language when most letters are of a script that tells it, a Han letter counting twice."""
    kana, han = scripts["kana"], scripts["han"]
    weights = {**scripts, "kana": 0, "han": 2 * (kana + han)}
    most = max(weights, key=weights.__getitem__, default="")
    if not most or most in _SHARED or 2 * weights[most] <= sum(weights.values()):
        return None
    if most == "han":
        short = not kana and han <= HEADLINE and named == "ja"
        return "ja" if short or kana > KANA * (kana + han) else "zh"
    return named if named in _SHARING.get(most, ()) else most


def _is_written_so(language: str, scripts: Counter[str]) -> bool:
    """Say whether a language may be written in the script that most letters are of; any may when there are none."""
    most = max(scripts, key=scripts.__getitem__, default=None)
    if most is None:
        return True
    return language in _SHARED[most] if most in _SHARED else not most and language not in _NEVER_LATIN


def _odds(sample: str, named: str | None) -> dict[str, float]:
    """Return how likely the words are of each language; a language outside the news only when it is named."""
    odds: Counter[str] = Counter()
    for label, share in _model().rank(sample):
        code = SAME.get(label, label)
        if code not in _UNLIKELY or code == named:
            odds[code] += share
    whole = sum(odds.values())
    return {code: share / whole for code, share in odds.items()}


@cache
def _model() -> LanguageIdentifier:
    """Load the model when the first text needs it: half a second and about 40 MB.

    It is py3langid's own, and answers like it, with its largest table in blocks: it would be 76 MB. A text of 1,500
    letters takes 0.4 ms so, instead of 0.2.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    likely, prior, languages, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    few = Blocks(moves), array("i", features)
    return LanguageIdentifier(likely, prior, languages, *few, norm_probs=True, tk_row=rows)
