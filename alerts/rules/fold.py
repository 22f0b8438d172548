"""One fold for texts and terms: a canonical string to search in, and the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from alerts.rules.blanks import Blanks
from alerts.rules.codepage import fold_by_page
from alerts.rules.pieces import BRACKETS, GAP, MARK, TABLE, UNSPACED_BRACKETS
from alerts.rules.points import eased, ends_no_clause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["MARK", "Origin", "ends_no_clause", "fold", "fold_words", "is_hangul", "is_latin"]
__all__ += ["is_one_by_one", "is_unspaced", "origin"]

_ONE_BY_ONE_RUN = re.compile("([ぁ-ゖ一-鿿々]+)")  # characters that fold to themselves between blanks
_TERM = 40  # characters of a text that is folded before a faster way could be chosen
_SHORT = 24  # characters of a word or two that may well come again
_MOST = 1 << 15  # words remembered: some 6 MB
_CODEC = "cp1252"


@dataclass(frozen=True, slots=True)
class Origin:
    """The way back from a folded text: its n-th letter comes from the n-th letter of the original.

    Folding drops and moves no letter, it only changes what stands between them; digits count as letters.
    """

    _folded: Blanks  # with blanks for MARKs
    _original: Blanks  # with blanks for all that is no letter
    _further: Sequence[int]  # the letters that come from the same character as the one before: the e of œ
    _slices: Sequence[tuple[int, int]] | None  # what each character was composed from; None: from itself

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the slice of the original that a slice of the folded text came from, without blanks at its edges.

        What is left must begin and end with a letter or digit, as the terms of queries do.
        """
        while self._folded.text[start] == " ":
            start += 1
        number = start - self._folded.before(start)
        return next(self.originals([(start, end)], start, number, self._original.place(number)))

    def originals(
        self, slices: Iterable[tuple[int, int]], place: int = 0, number: int = 0, first: int = 0
    ) -> Iterator[tuple[int, int]]:
        """Yield the same for each of some slices in ascending order, each looked for from the one before on.

        They may lie anywhere behind ``place``, where letter ``number`` stands, in the original at ``first``.
        """
        folded, text = self._folded.text, self._original.text
        place_from = self._original.place_from
        is_plain = not self._further and self._slices is None
        for begin, stop in slices:
            start, end = begin, stop
            while folded[start] == " ":
                start += 1
            while folded[end - 1] == " ":
                end -= 1
            if start > place:
                letters = start - place - folded.count(" ", place, start)
                place, number, first = start, number + letters, place_from(first, letters)
            blanks = folded.count(" ", start, end)
            last = first + end - start - 1
            # Between the words of most phrases is a single character. Where not, the last letter is looked for, too.
            if text.count(" ", first, last) != blanks or text[last : last + 1] in {" ", ""}:
                last = place_from(first, end - start - blanks - 1)
            if is_plain:
                yield first, last + 1
            else:
                yield self._composed_from(number, first, number + end - start - blanks - 1, last)

    def _composed_from(self, number: int, first: int, last_number: int, last: int) -> tuple[int, int]:
        """Return the slice of the original between two of its letters, each given by its number and place."""
        if self._further:
            first -= bisect_right(self._further, number)
            last -= bisect_right(self._further, last_number)
        return (self._slices[first][0], self._slices[last][1]) if self._slices else (first, last + 1)


def fold(text: str) -> str:
    """Fold a text to tokens between single blanks, with a blank at both ends.

    NFKC and case folding character by character, no accents on Latin, Greek and Cyrillic letters, nothing
    invisible; one token per Han or Hiragana character and per run of any other script; MARK for clause
    punctuation and for the blank line between paragraphs; a blank for everything else.
    """
    if len(text) <= _TERM:
        return _spaced(_joined(eased(_composed(text)[0]).translate(TABLE)))
    folded = fold_by_page(text)
    return _fold_by_words(eased(_composed(text)[0])) if folded is None else folded


def fold_words(terms: Iterable[str]) -> list[str]:
    """Fold terms of letters in NFC, digits, blanks, apostrophes and hyphens, all at once: faster than one by one."""
    return _spaced(_joined(MARK.join(terms).translate(TABLE))).strip().split(f" {MARK} ")


def origin(text: str, folded: str) -> Origin:
    """Return the way back from ``folded``, which must be ``fold(text)``."""
    composed, slices = _composed(text)
    lettered, longer = _without_gaps(composed)
    further = _further_letters(lettered, longer) if longer else ()
    for char, length in longer.items():
        lettered = lettered.replace(char, char * length)
    return Origin(Blanks(folded.replace(MARK, " ")), Blanks(lettered), further, slices)


def is_latin(token: str) -> bool:
    """Say whether a folded token is of Latin letters and digits."""
    return token.translate(TABLE) == token


def is_one_by_one(token: str) -> bool:
    """Say whether a folded token is a Han or Hiragana character, which counts as about half a word."""
    return TABLE[ord(token[0])][0] == " "


def is_unspaced(char: str) -> bool:
    """Say whether a folded character is of a script without blanks between words, where a term stands anywhere."""
    return TABLE[ord(char)][0] in UNSPACED_BRACKETS


def is_hangul(char: str) -> bool:
    """Say whether a folded character is Korean, where particles follow the word without a blank."""
    return TABLE[ord(char)][0] == BRACKETS["HANGUL"]


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


def _without_gaps(text: str) -> tuple[str, Mapping[str, int]]:
    """Blank every character that folds to no letter, and count the letters of those that fold to several."""
    try:
        codes = text.encode() if text.isascii() else text.encode(_CODEC)  # the most common by far
    except UnicodeEncodeError:
        lengths = {char: _LENGTHS[char] for char in set(text)}
        for char, length in lengths.items():
            if not length:
                text = text.replace(char, " ")
        return text, {char: length for char, length in lengths.items() if length > 1}
    text = codes.translate(_WESTERN_LETTERS).decode("latin-1")
    return text, {char: length for char, length in _WESTERN_LONGER.items() if char in text}


def _further_letters(text: str, longer: Mapping[str, int]) -> list[int]:
    """Return the numbers of the letters that come from the same character as the one before."""
    further: list[int] = []
    letters = last = 0
    for found in re.finditer(f"[{''.join(map(re.escape, longer))}]", text):
        letters += found.start() - last - text.count(" ", last, found.start())
        last = found.end()
        further += range(letters + 1, letters + longer[found[0]])
        letters += longer[found[0]]
    return further


def _fold_by_words(text: str) -> str:
    """Fold an eased text word by word, mostly from memory."""
    parts = _ONE_BY_ONE_RUN.split(text)
    parts[::2] = map(_WORDS.__getitem__, parts[::2])
    parts[1::2] = [f" {' '.join(run)}" for run in parts[1::2]]
    return "".join([*parts, " "])


def _joined(pieces: str) -> str:
    """Join the runs of each script and part them from all others; the length stays."""
    if pieces.isascii():
        return pieces
    for bracket in BRACKETS.values():
        if bracket in pieces:
            pieces = pieces.replace(bracket * 2, GAP * 2).replace(bracket, " ")
    return pieces


def _spaced(pieces: str) -> str:
    """Drop the gaps and put every token between single blanks."""
    return " ".join(["", *pieces.replace(GAP, "").replace(MARK, f" {MARK} ").split(), ""])


class _Words(dict[str, str]):
    """What pieces of eased text fold to, with a blank before each token; short ones are remembered.

    The words of the news come again and again (Zipf's law), so most are known. A piece is parted from the next
    by blanks or by characters that fold one by one, so what stands around it makes no difference.
    """

    def __missing__(self, text: str) -> str:
        if len(text) > _SHORT and len(text) < _SHORT * len(words := text.split()):
            return "".join(map(self.__getitem__, words))
        folded = _spaced(_joined(text.translate(TABLE)))[:-1]
        if len(text) <= _SHORT:
            if len(self) >= _MOST:
                self.clear()
            self[text] = folded
        return folded


_WORDS = _Words()


class _Lengths(dict[str, int]):
    """How many letters each character folds to."""

    def __missing__(self, char: str) -> int:
        self[char] = length = len(_joined(TABLE[ord(char)]).replace(MARK, "").strip())
        return length


_LENGTHS = _Lengths()
_WESTERN = {byte: bytes([byte]).decode(_CODEC, "replace") for byte in range(256)}
_WESTERN_LETTERS = bytes(byte if _LENGTHS[char] else ord(" ") for byte, char in _WESTERN.items())
_WESTERN_LONGER = {chr(byte): length for byte, char in _WESTERN.items() if (length := _LENGTHS[char]) > 1}
