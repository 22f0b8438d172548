"""One fold for texts and terms: a canonical string to search in, and the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, compress, count
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = "|"  # what clause punctuation folds to; stands alone between blanks, so no phrase crosses it

# Each run of a script is one token. A character of such a script folds to itself between two brackets of
# its script; brackets that meet back to back vanish and the others become blanks, so a run ends where the
# script changes. "" stands for all scripts not named here. Latin letters and digits go without brackets.
_RUN_SCRIPTS = (
    *("KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "CYRILLIC", "GREEK", "ARABIC", "HEBREW"),
    *("DEVANAGARI", "BENGALI", "TAMIL", "ARMENIAN", "GEORGIAN", "ETHIOPIC", ""),
)
_BRACKETS = {script: chr(0xE000 + number) for number, script in enumerate(_RUN_SCRIPTS)}  # private use
_LATIN = frozenset({"LATIN", "DIGIT"})
_ONE_BY_ONE = frozenset({"CJK", "IDEOGRAPHIC", "HIRAGANA"})  # one token per character
_UNSPACED = frozenset({"THAI", "LAO", "KHMER", "MYANMAR"})  # no blanks between words: found anywhere in a run
_UNSPACED_BRACKETS = frozenset(_BRACKETS[script] for script in _UNSPACED)
_ACCENTED = frozenset({"LATIN", "GREEK", "CYRILLIC"})  # lose their diacritics; kana keep their dakuten
_GAP = "\0"  # a place in the pieces that leaves nothing behind

_CLAUSE = frozenset(".,;:!?()[]{}|•¡¿、。【】\u3014\u3015〖〗〘〙،؛؟\u06d4।॥።፣፤፥፧\u0589។៕၊။")
# Letters or symbols by their class, apostrophes or ornaments in a text.
_NO_LETTERS = frozenset("™℠\u02b9\u02ba\u02bb\u02bc\u02bd\u02c8")
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe"})

_LETTER = r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff\uff21-\uff3a\uff41-\uff5a]"
_INSIDE = r"[\w\u0300-\u036f\u00ad\u200b-\u200d\u2060]"
_TITLES = (  # by length: the regular expression looks back by fixed widths
    "Mr|Ms|Mx|Dr|St|Mt|Ft|Jr|Sr|Lt",
    "Mrs|Ste|Sen|Rep|Gov|Gen|Col|Maj|Sgt|Cpl|Adm|Rev|Hon|Mme",
    "Prof|Pres|Capt|Cmdr|Mlle",
    "Messrs",
)
# Points that end no clause: inside a number, after a single letter (U.S., George W. Bush) and after a title
# (St. Petersburg). Each match is one character long.
_HARMLESS = re.compile(
    r"[.,:\uff0e\uff0c\uff1a](?:(?<=\d.)(?=\d)|(?<=[.\uff0e])(?:"
    + "|".join((rf"(?<={_LETTER}.)(?<!{_INSIDE}{_LETTER}.)", *(rf"(?<=\b(?:{titles}).)" for titles in _TITLES)))
    + "))",
    re.IGNORECASE,
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that knows where each of its characters came from."""

    text: str
    _starts: Sequence[int]  # where each token but MARK begins in ``text``
    _places: Sequence[int]  # where each of them begins in the pieces, the gaps not counted
    _kept: Sequence[int]  # where the pieces are no gap
    _ends: Sequence[int]  # where the piece of each character ends
    _slices: Sequence[tuple[int, int]] | None  # what each character was composed from; None: from itself

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the slice of the original that ``text[start:end]`` came from, without blanks at its edges.

        What is left must begin and end with a letter or digit, as the terms of queries do.
        """
        while self.text[start] == " ":
            start += 1
        while self.text[end - 1] == " ":
            end -= 1
        return self._source(start)[0], self._source(end - 1)[1]

    def _source(self, position: int) -> tuple[int, int]:
        token = bisect_right(self._starts, position) - 1
        place = self._places[token] + position - self._starts[token]
        index = bisect_right(self._ends, self._kept[place])
        return self._slices[index] if self._slices else (index, index + 1)


def fold(text: str) -> str:
    """Fold a text to tokens between single blanks, with a blank at both ends.

    NFKC and case folding character by character, no accents on Latin, Greek and Cyrillic letters, nothing
    invisible; one token per Han or Hiragana character and per run of any other script; MARK for clause
    punctuation and for the blank line between paragraphs; a blank for everything else.
    """
    return _spaced(_joined(_translated(_eased(_composed(text)[0]))))


def fold_with_offsets(text: str) -> Folded:
    """Fold as ``fold`` does, and keep the way back to the original; several times slower."""
    composed, slices = _composed(text)
    eased = _eased(composed)
    pieces = _joined(_translated(eased))
    whole = range(len(pieces))
    kept = [place for place in whole if pieces[place] != _GAP] if _GAP in pieces else whole
    lengths = map(len, map(_TABLE.__getitem__, map(ord, eased)))
    ends = range(1, len(eased) + 1) if eased.isascii() else list(accumulate(lengths))
    folded = _spaced(pieces)
    return Folded(folded, _word_starts(folded), _word_starts(pieces.replace(_GAP, "")), kept, ends, slices)


def is_latin(token: str) -> bool:
    """Say whether a folded token is of Latin letters and digits."""
    return token.translate(_TABLE) == token


def is_one_by_one(token: str) -> bool:
    """Say whether a folded token is a Han or Hiragana character, which counts as about half a word."""
    return _TABLE[ord(token[0])][0] == " "


def is_unspaced(char: str) -> bool:
    """Say whether a folded character is of a script without blanks between words, where a term stands anywhere."""
    return _TABLE[ord(char)][0] in _UNSPACED_BRACKETS


def is_hangul(char: str) -> bool:
    """Say whether a folded character is Korean, where particles follow the word without a blank."""
    return _TABLE[ord(char)][0] == _BRACKETS["HANGUL"]


def _composed(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """Compose base letters with the marks that follow; also say which slice each character came from.

    Stories are in NFC, so this is the rule's exception (None: each character came from itself). The marks
    of half-width kana compose only under NFKC and are common in Japanese feeds.
    """
    if text.isascii() or (unicodedata.is_normalized("NFC", text) and "ﾞ" not in text and "ﾟ" not in text):
        return text, None
    composed: list[str] = []
    slices: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and _continues(text[max(start, end - 2) : end], text[end]):
            continue
        cluster = text[start:end]
        whole = unicodedata.normalize("NFKC" if "ﾞ" in cluster or "ﾟ" in cluster else "NFC", cluster)
        composed.append(whole)
        slices += [(at, at + 1) for at in range(start, end)] if whole == cluster else [(start, end)] * len(whole)
        start = end
    return "".join(composed), slices


def _continues(before: str, char: str) -> bool:
    """Say whether a character is a mark on those before, or composes with them (as Hangul jamo do)."""
    if unicodedata.combining(char) or char in "ﾞﾟ":
        return True
    nfc = partial(unicodedata.normalize, "NFC")
    return not char.isascii() and nfc(before + char) != nfc(before) + nfc(char)


def _eased(text: str) -> str:
    """Mark paragraph breaks and blank the full stops that end no clause; the length stays."""
    return _HARMLESS.sub(" ", text.replace("\n\n", f"\n{MARK}"))


def _translated(text: str) -> str:
    """Return ``text.translate(_TABLE)``; mostly ASCII text goes the way that CPython does fast."""
    if len(text.encode("ascii", "ignore")) > 0.9 * len(text):
        ascii_text = _NOT_ASCII.sub(lambda found: found[0].translate(_TABLE), text)
        if ascii_text.isascii():  # every ASCII piece folds to itself
            text = ascii_text
    return text.translate(_TABLE)


def _joined(pieces: str) -> str:
    """Join the runs of each script and part them from all others; the length stays."""
    if pieces.isascii():
        return pieces
    for bracket in _BRACKETS.values():
        if bracket in pieces:
            pieces = pieces.replace(bracket * 2, _GAP * 2).replace(bracket, " ")
    return pieces


def _spaced(pieces: str) -> str:
    """Drop the gaps and put every token between single blanks."""
    return " ".join(["", *pieces.replace(_GAP, "").replace(MARK, f" {MARK} ").split(), ""])


def _word_starts(text: str) -> list[int]:
    """Return where each token but MARK begins, in a folded text or in pieces without their gaps."""
    lengths = list(map(len, text.replace(MARK, " ").split(" ")))  # 0 between two blanks
    return list(compress(map(add, accumulate(lengths, initial=0), count()), lengths))


class _Table(dict[int, str]):
    """What each code point folds to, worked out when it is first met; both folds read it."""

    def __missing__(self, code: int) -> str:
        self[code] = piece = _piece(chr(code))
        return piece


_TABLE = _Table()


def _piece(char: str) -> str:
    """Fold one character: to nothing, a blank, MARK, or letters of one token with the script's brackets."""
    if char in _NO_LETTERS:
        return " "
    letters = "".join(part for part in _simplified(char) if not _is_invisible(part))
    if not letters:
        return ""
    if _CLAUSE.issuperset(letters):
        return MARK
    if not _is_one_token(letters):  # ½ would part into two numbers, ㈱ into clauses: no slice of a text is half of it
        letters = char
    if not all(map(_is_wordlike, letters)):
        return " "
    script = _script(letters[0])
    if script in _LATIN:
        return letters
    bracket = " " if script in _ONE_BY_ONE else _BRACKETS.get(script, _BRACKETS[""])
    return f"{bracket}{letters}{bracket}"


def _simplified(char: str) -> str:
    """Apply NFKC and case folding, and take the accents off the scripts where readers leave them out."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    if _script(plain[0]) not in _ACCENTED:
        return plain
    parts = unicodedata.normalize("NFD", plain)
    return "".join(part for part in parts if unicodedata.category(part) != "Mn").translate(_UNDECOMPOSED)


def _is_invisible(char: str) -> bool:
    """Say whether a character leaves no trace: soft hyphens, zero widths, stray accents, variant selectors."""
    category = unicodedata.category(char)
    return category == "Cf" or (category[0] == "M" and _script(char) in {"COMBINING", "VARIATION"})


def _is_wordlike(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def _is_one_token(letters: str) -> bool:
    scripts = {_script(letter) for letter in letters}
    whole = len(letters) == 1 or scripts <= _LATIN or (len(scripts) == 1 and not scripts & (_ONE_BY_ONE | _UNSPACED))
    return whole and all(map(_is_wordlike, letters))


def _script(char: str) -> str:
    """Name the script of a character by the first word of its Unicode name, "" where it has none."""
    return re.split(r"[ -]", unicodedata.name(char, ""), maxsplit=1)[0]
