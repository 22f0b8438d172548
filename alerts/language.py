"""In which language a story is written: by its script, by its words, else as the source says."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

Basis = Literal["script", "text", "source", "unknown"]

# Measured on sentences of seven languages and on their first eight words, as long as a headline: at 0.7 two answers
# in 10,000 sentences are wrong, and seven in 10,000 headlines; at 0.5 two in 1,000, and six in 1,000. Of 1,000
# terse headlines four are less than 0.03 likely to be in the language they are in.
CERTAIN = 0.7  # the words decide, whatever the source says
LIKELY = 0.5  # the words decide where the source does not say
POSSIBLE = 0.03  # the source's word is no longer believed below this
KANA = 0.05  # of kana and Han together: above, it is Japanese; Chinese texts quote less
HEADLINE = 25  # Han letters up to which a Japanese text may do without any kana
ENOUGH = 1_500  # characters of title and text that are looked at

_LETTERS = re.compile(r"[^\W\d_]")
_ADDRESSES = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[@#]\w+")
_BLOCKS: tuple[tuple[int, int, str], ...] = (  # of Unicode, ascending
    (0, 0, ""),
    (0x0370, 0x03FF, "el"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
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
    (0x1780, 0x17FF, "km"),
    (0x3041, 0x30FA, "kana"),
    (0x3400, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "ko"),
    (0xF900, 0xFAFF, "han"),
    (0xFF66, 0xFF9D, "kana"),
    (0x20000, 0x323AF, "han"),
)
# Other languages that are written in a script which otherwise tells the language, when the source names them.
_SHARING = {"he": {"yi", "lad"}, "el": {"grc"}, "my": {"shn", "mnw"}, "ka": {"xmf"}}
_NAMES = {  # codes that name the same language to a reader of the news
    "zh": ("cmn", "yue", "wuu", "zho", "chi", "cn"),
    "no": ("nb", "nn", "nob", "nno"),
    "ar": ("ara", "arz", "ary"),
    "ku": ("ckb", "kmr", "sdh"),
    "de": ("deu", "ger"),
    "en": ("eng",),
    "es": ("spa",),
    "fr": ("fra", "fre"),
    "it": ("ita",),
    "ja": ("jpn", "jp"),
    "ko": ("kor", "kr"),
    "pt": ("por",),
    "ru": ("rus",),
    "cs": ("cz", "ces", "cze"),
    "fa": ("prs", "fas", "per"),
    "uk": ("ua", "ukr"),
    "el": ("gr", "ell", "gre"),
    "he": ("iw", "heb"),
    "id": ("in", "ind"),
    "ro": ("mo", "ron", "rum"),
    "tl": ("fil",),
    "uz": ("uzs",),
    "yi": ("ji",),
}
_SAME = {other: code for code, others in _NAMES.items() for other in others}
# Languages that the model knows but hardly any news site writes: they take short English, French and German
# texts away, so only a source that names them gets them.
_UNLIKELY = frozenset(
    {"ace", "an", "bcl", "br", "dz", "eo", "ext", "fuv", "gcf", "gcr", "gom", "grc", "gug", "guw", "hbo", "kab", "kik"}
    | {"la", "lb", "lij", "ln", "ltg", "nso", "oc", "pcm", "qu", "sa", "se", "st", "vec", "vo", "wa", "zxx"}
)
_ALONE = frozenset(tells for _, _, tells in _BLOCKS) | {"ja", "zh"}  # a script of their own shows them
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})


def identify(title: str, text: str, said: str | None) -> tuple[str | None, Basis]:
    """Return the language of a story (primary subtag of BCP 47, lower case; None: unknown) and how it is known.

    ``said`` is the source's own word. A script of one language decides at once. Else the words do when they are
    CERTAIN; then the source, while its word is POSSIBLE or cannot be judged; then the words when they are LIKELY.
    """
    named = primary(said)
    sample = _ADDRESSES.sub(" ", f"{title}\n{text}"[:ENOUGH])
    scripts = _scripts(sample)
    if by_script := _by_script(scripts, named):
        return by_script, "script"
    odds = _odds(sample, named) if scripts else {}
    best = max(odds, key=odds.__getitem__, default="")
    if odds.get(best, 0) >= CERTAIN:
        return best, "text"
    if named and odds.get(named, 1 if named not in _ALONE or not scripts else 0) >= POSSIBLE:
        return named, "source"
    return (best, "text") if odds.get(best, 0) >= LIKELY else (None, "unknown")


def primary(tag: str | None) -> str | None:
    """Return the language of a tag such as ``pt-BR`` or ``zh_Hant``, as ``identify`` would name it."""
    code = re.split(r"[-_]", (tag or "").strip().lower(), maxsplit=1)[0]
    if not re.fullmatch(r"[a-z]{2,3}", code) or code in _NO_LANGUAGE:
        return None
    return _SAME.get(code, code)


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
    if not most or 2 * weights[most] <= sum(weights.values()):
        return None
    if most == "han":
        short = not kana and han <= HEADLINE and named == "ja"
        return "ja" if short or kana > KANA * (kana + han) else "zh"
    return named if named in _SHARING.get(most, ()) else most


def _odds(sample: str, named: str | None) -> dict[str, float]:
    """Return how likely the words are of each language; a language outside the news only when it is named."""
    odds: Counter[str] = Counter()
    for label, share in _model().rank(sample):
        code = _SAME.get(label, label)
        if code not in _UNLIKELY or code == named:
            odds[code] += share
    whole = sum(odds.values())
    return {code: share / whole for code, share in odds.items()}


@cache
def _model() -> LanguageIdentifier:
    """Load the model when the first text needs it: half a second and about 80 MB."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
