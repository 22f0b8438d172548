"""What a fold cannot tell of a hit: its case, its signs, its ending, what stands beside it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from alerts.rules.fold import MARK, fold
from alerts.rules.scan import BETWEEN
from alerts.rules.terms import written_forms

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.rules.proximity import Hit
    from alerts.rules.scan import Scan

    Check = Callable[[Scan, Hit], Hit | None]  # the hit that counts: the same one, a longer one, or none

_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u02b9\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015", "-"),
    }
)
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_JOINING = re.compile(r"[\s'\"/-]+")  # what says nothing unless a term is exact
_STEMMERS: dict[str, str] = dict(
    re.findall(
        r"(\w+):(\w+)",
        """
        ar:arabic hy:armenian eu:basque ca:catalan cs:czech da:danish nl:dutch en:english eo:esperanto
        et:estonian fi:finnish fr:french de:german el:greek hi:hindi hu:hungarian id:indonesian ga:irish
        it:italian lt:lithuanian ne:nepali no:norwegian nb:norwegian nn:norwegian fa:persian pl:polish
        pt:portuguese ro:romanian ru:russian sr:serbian es:spanish sv:swedish ta:tamil tr:turkish yi:yiddish
        """,
    )
)
_SHORTEST_ANCHOR = 3


def as_written(text: str, *, exact: bool, plural: bool) -> Check:
    """Return a check that a hit has the signs of a term, and with ``exact`` its case and accents, too."""
    form = _exact_form if exact else _loose_form
    forms = {form(written) for written in written_forms(text, plural=plural)}
    lead, trail = _edges(unicodedata.normalize("NFC", text))

    def check(scan: Scan, hit: Hit) -> Hit | None:
        number, start, end = scan.slice_of(hit)
        field = scan.fields[number]
        if lead > start or form(field[start - lead : end + trail]) not in forms:
            return None
        if lead or trail:  # the signs belong to the words that are shown
            scan.written[hit] = number, start - lead, end + trail
        return hit

    return check


def like(expression: str) -> Check:
    """Return a check that a folded text goes on as a term with wildcards says; the hit grows to all of it."""
    compiled: re.Pattern[str] | None = None  # until it is needed: of 50,000 terms few ever are

    def check(scan: Scan, hit: Hit) -> Hit | None:
        nonlocal compiled
        compiled = compiled or re.compile(expression)
        found = compiled.match(scan.text, hit[0])
        return found.span() if found else None

    return check


def has_stemmer(language: str) -> bool:
    """Say whether Snowball knows the stems of a language."""
    return language.partition("-")[0] in _STEMMERS


def stem_anchor(text: str, language: str) -> str:
    """Return what every text with these stems holds; the language must have a stemmer."""
    word = fold(text).split()[0]
    stem = fold(stem_of(text.split(maxsplit=1)[0], language)).strip()
    common = next((size for size, (one, other) in enumerate(zip(word, stem, strict=False)) if one != other), len(stem))
    return f" {word[: max(_SHORTEST_ANCHOR, common - 1)]}"


def has_stems(text: str, language: str) -> Check:
    """Return a check that the words at a hit have the stems of a term's words."""
    stems = [fold(stem_of(word, language)) for word in text.split()]

    def check(scan: Scan, hit: Hit) -> Hit | None:
        end = hit[0]
        for stem in stems:
            start = end + 1
            if scan.text[start : start + 1] in {"", MARK, BETWEEN}:
                return None
            end = scan.text.index(" ", start)
            number, first, last = scan.slice_of((start, end))
            if fold(stem_of(scan.fields[number][first:last], language)) != stem:
                return None
        return hit[0], end + 1

    return check


def stem_of(word: str, language: str) -> str:
    """Stem a word as Snowball does; the language must have a stemmer."""
    return _stemmed(unicodedata.normalize("NFC", word).casefold(), _STEMMERS[language.partition("-")[0]])


def stands_alone(scan: Scan, hit: Hit) -> Hit | None:
    """Check that no letter of the same script touches a hit, for those who want whole words in Chinese or Thai."""
    number, start, end = scan.slice_of(hit)
    field = scan.fields[number]
    touches = _same_script(field[start - 1 : start], field[start]) or _same_script(field[end : end + 1], field[end - 1])
    return None if touches else hit


def _same_script(neighbour: str, char: str) -> bool:
    if not neighbour.isalnum() and not unicodedata.category(neighbour or " ").startswith("M"):
        return False
    return unicodedata.name(neighbour, "").split(" ")[0] == unicodedata.name(char, "").split(" ")[0]


def _edges(text: str) -> tuple[int, int]:
    """Return how many signs a term has before its first letter or digit, and after its last."""
    words = [place for place, char in enumerate(text) if char.isalnum()]
    return words[0], len(text) - 1 - words[-1]


def _exact_form(text: str) -> str:
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(visible.translate(_LOOKALIKES).split())


def _loose_form(text: str) -> str:
    return _JOINING.sub("", fold_case(_exact_form(text)))


def fold_case(text: str) -> str:
    """Return a text without its case and accents, its signs kept."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(part for part in parts if unicodedata.category(part) != "Mn")


@lru_cache(maxsize=50_000)
def _stemmed(word: str, algorithm: str) -> str:
    stem: str = _stemmer(algorithm).stemWord(word)
    return stem


@cache
def _stemmer(algorithm: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(algorithm)
