"""Codes of languages: what a tag such as ``pt-BR``, ``zh_TW`` or ``nb`` means to rules and stories."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_NAMES = {  # codes that name the same language to a reader of the news
    "zh": ("cmn", "yue", "wuu", "zho", "chi", "cn"),
    "no": ("nb", "nn", "nob", "nno"),
    "ar": ("ara", "arz", "ary"),
    "ku": ("ckb", "kmr", "sdh"),
    "da": ("dan", "dk"),
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
    "vi": ("vie", "vn"),
    "yi": ("ji",),
}
SAME = {other: code for code, others in _NAMES.items() for other in others}
_COUNTRIES = frozenset({"cn", "jp", "kr", "cz", "ua", "gr", "dk", "vn"})  # of which people write the code by mistake
_DIALECTS = frozenset({"yue", "wuu", "arz", "ary", "ckb", "kmr", "sdh", "prs", "uzs", "nn", "nno"})
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})
_SCRIPTS = {"hant": "hant", "tw": "hant", "hk": "hant", "mo": "hant"}  # of Chinese, by script or country
_SCRIPTS |= {"hans": "hans", "cn": "hans", "sg": "hans", "my": "hans"}

# What words can tell: the labels of py3langid, and what scripts say.
TOLD = frozenset(
    re.findall(
        r"\w+",
        """
    ace af am an ar as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu ext fa fi fo fr fuv fy ga
    gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig is it ja jv ka kab kik kk km kn ko ku ky la lad
    lb lg lij ln lo lt ltg lv mg mk ml mn mnw mr ms mt my ne nl no nso oc om or pa pcm pl ps pt qu ro ru rw sa se
    shn si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz vec vi vo wa xh xmf yi yo zh zu
    """,
    )
)
_NOT_TOLD = frozenset(  # the rest of ISO 639-1: only a source can say them
    re.findall(
        r"\w+",
        """
    aa ab ae ak av ay bi bm bo ce ch co cr cu cv dv ee ff fj gn gv ho hz ia ie ii ik io iu kg ki kj kl ks kv kw li
    lu mh mi na nd ng nr nv ny oj os pi rm rn sc sd sg sm ss su ti tn to ts tw ty ve wo za
    """,
    )
)
NAMES = {  # in English, as other systems and people write them
    "afrikaans": "af",
    "albanian": "sq",
    "amharic": "am",
    "arabic": "ar",
    "armenian": "hy",
    "bengali": "bn",
    "bulgarian": "bg",
    "burmese": "my",
    "catalan": "ca",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "estonian": "et",
    "finnish": "fi",
    "french": "fr",
    "georgian": "ka",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "irish": "ga",
    "italian": "it",
    "japanese": "ja",
    "kazakh": "kk",
    "khmer": "km",
    "korean": "ko",
    "latvian": "lv",
    "lithuanian": "lt",
    "malay": "ms",
    "mongolian": "mn",
    "norwegian": "no",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "serbian": "sr",
    "slovak": "sk",
    "slovenian": "sl",
    "spanish": "es",
    "swahili": "sw",
    "swedish": "sv",
    "tagalog": "tl",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "vietnamese": "vi",
}
_LEAST = 3  # letters of a name that are enough to guess it


def primary(tag: str | None) -> str | None:
    """Return the language of a tag such as ``pt-BR`` or ``zh_Hant``, by the one code that stories have for it."""
    code = _subtags(tag)[0]
    if not re.fullmatch(r"[a-z]{2,3}", code) or code in _NO_LANGUAGE:
        return None
    return SAME.get(code, code)


@lru_cache(maxsize=1_000)
def canonical(tag: str | None) -> str | None:
    """Return the tag that a story can have: the primary subtag (BCP 47, lower case), None when it names no language.

    Of Chinese the script follows where the tag says it or names a country that implies it: ``zh-TW`` is ``zh-hant``.
    """
    language = primary(tag)
    if language != "zh":
        return language
    script = next((_SCRIPTS[part] for part in _subtags(tag)[1:] if part in _SCRIPTS), None)
    return f"zh-{script}" if script else "zh"


def includes(wanted: str, language: str | None) -> bool:
    """Say whether a language (None: unknown) is the one that a tag asks for: ``zh-hant`` is ``zh``."""
    asked, spoken = canonical(wanted), canonical(language)
    return asked is not None and spoken is not None and (spoken == asked or spoken.startswith(f"{asked}-"))


def doubt_of(tag: str, said: Collection[str] = ()) -> tuple[str, str] | None:
    """Return why a tag asks for what no story can be known to have, or for less than it says, and the way out.

    ``said`` are the languages that sources are said to have; a story can have those, too.
    """
    read, code = canonical(tag), _subtags(tag)[0]
    if read is None or (primary(read) not in TOLD and primary(read) not in map(primary, said)):
        near = guess(code)
        hint = f"did you mean {near}?" if near else "codes are such as en, ja or zh-hant; a source can be given any"
        return f'the words of no story tell that it is in "{tag}", and no source says `language: {tag}`', hint
    if code in _COUNTRIES:
        return f'"{tag}" is read as {read}: {code} is the code of a country', f"write {read}"
    if code in _DIALECTS:
        return f'"{tag}" is read as {read}: words do not tell the two apart', f"write {read}"
    if "-".join([primary(read) or "", *_subtags(tag)[1:]]) == read:
        return None
    if read.startswith("zh-"):
        return f'"{tag}" is read as {read}: characters tell the script, not the country', f"write {read}"
    return f'"{tag}" is read as {read}: words tell the language, not the country or script', f"write {read}"


def doubt_of_source(tag: str) -> tuple[str, str] | None:
    """Return why a source cannot be said to be in a language, and the way out."""
    code = primary(tag)
    if code is None or (len(code) == 2 and code not in TOLD | _NOT_TOLD):  # noqa: PLR2004  ISO 639-1, known whole
        near = guess(_subtags(tag)[0])
        return f'"{tag}" is the code of no language', f"did you mean {near}?" if near else "codes are such as en or ja"
    return None


def guess(word: str) -> str | None:
    """Return the code of the language that somebody may mean by a word: its English name, or the beginning of it."""
    word = word.strip().lower()
    if len(word) < _LEAST:
        return None
    begun = [name for name in NAMES if name.startswith(word)]
    near = begun if len(begun) == 1 else get_close_matches(word, NAMES, n=1, cutoff=0.75)
    return NAMES[near[0]] if near else None


def _subtags(tag: str | None) -> list[str]:
    return re.split(r"[-_]", (tag or "").strip().lower())
