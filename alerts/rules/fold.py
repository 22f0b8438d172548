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

from alerts.rules.codepage import fold_by_page
from alerts.rules.pieces import BRACKETS, GAP, MARK, TABLE, UNSPACED_BRACKETS
from alerts.rules.points import eased, ends_no_clause

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MARK", "Aligned", "Folded", "ends_no_clause", "fold", "fold_with_offsets", "is_hangul", "is_latin"]
__all__ += ["is_one_by_one", "is_unspaced", "origin"]

_ONE_BY_ONE_RUN = re.compile("([ぁ-ゖ一-鿿々]+)")  # characters that fold to themselves between blanks
_SHORT = 24  # characters of a word or two that may well come again
_MOST = 1 << 15  # words remembered: some 6 MB
_CODEC = "cp1252"
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


@dataclass(frozen=True, slots=True)
class Aligned:
    """A folded text whose original has one character for each of its own, but for blanks and MARKs.

    The tokens of both come in the same order.
    """

    text: str
    _starts: Sequence[int]  # where each token but MARK begins in ``text``
    _places: Sequence[int]  # where each of them begins in the original

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return what ``Folded.original`` would."""
        while self.text[start] == " ":
            start += 1
        while self.text[end - 1] == " ":
            end -= 1
        return self._source(start), self._source(end - 1) + 1

    def _source(self, position: int) -> int:
        token = bisect_right(self._starts, position) - 1
        return self._places[token] + position - self._starts[token]


def fold(text: str) -> str:
    """Fold a text to tokens between single blanks, with a blank at both ends.

    NFKC and case folding character by character, no accents on Latin, Greek and Cyrillic letters, nothing
    invisible; one token per Han or Hiragana character and per run of any other script; MARK for clause
    punctuation and for the blank line between paragraphs; a blank for everything else.
    """
    folded = fold_by_page(text)
    return _fold_by_words(eased(_composed(text)[0])) if folded is None else folded


def fold_with_offsets(text: str) -> Folded:
    """Fold as ``fold`` does, and keep the way back to the original; several times slower."""
    composed, slices = _composed(text)
    prepared = eased(composed)
    pieces = _joined(_translated(prepared))
    whole = range(len(pieces))
    kept = [place for place in whole if pieces[place] != GAP] if GAP in pieces else whole
    lengths = map(len, map(TABLE.__getitem__, map(ord, prepared)))
    ends = range(1, len(prepared) + 1) if prepared.isascii() else list(accumulate(lengths))
    folded = _spaced(pieces)
    return Folded(folded, _word_starts(folded), _word_starts(pieces.replace(GAP, "")), kept, ends, slices)


def origin(text: str, folded: str) -> Aligned | Folded:
    """Return the way back from ``folded``, which must be ``fold(text)``, by the cheapest means that is exact."""
    if _composed(text)[1] is None:
        pieces = _translated(eased(text))
        if pieces.isascii() and len(pieces) == len(text) and _WESTERN.keeps_length(text):
            return Aligned(folded, _word_starts(folded), _word_starts(pieces))
    return fold_with_offsets(text)


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


def _translated(text: str) -> str:
    """Return ``text.translate(TABLE)`` by the ways that CPython does fast, where they can be taken."""
    if (pieces := _WESTERN.translated(text)) is not None:
        return pieces
    if len(text.encode("ascii", "ignore")) > 0.9 * len(text):
        ascii_text = _NOT_ASCII.sub(lambda found: found[0].translate(TABLE), text)
        if ascii_text.isascii():  # every ASCII piece folds to itself
            text = ascii_text
    return text.translate(TABLE)


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


def _word_starts(text: str) -> list[int]:
    """Return where each token but MARK begins, in a folded text or in pieces without their gaps."""
    lengths = list(map(len, text.replace(MARK, " ").split(" ")))  # 0 between two blanks
    return list(compress(map(add, accumulate(lengths, initial=0), count()), lengths))


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


class _Western:
    """The same table for bytes: texts in the letters and quotation marks of Western Europe are the most common."""

    def __init__(self) -> None:
        known = {byte: bytes([byte]).decode(_CODEC, "ignore") for byte in range(256)}
        pieces = {byte: TABLE[ord(char)].encode() for byte, char in known.items() if char}
        self._single = bytes(pieces[byte][0] if len(pieces.get(byte, b"")) == 1 else byte for byte in range(256))
        self._dropped = bytes(byte for byte, piece in pieces.items() if not piece)
        self._uneven = tuple(byte for byte, piece in pieces.items() if len(piece) != 1)
        self._longer = tuple(
            (bytes([byte]), piece) for byte, piece in pieces.items() if len(piece) > 1 and piece.isascii()
        )

    def keeps_length(self, text: str) -> bool:
        """Say whether each character of a text becomes exactly one."""
        try:
            raw = text.encode(_CODEC)
        except UnicodeEncodeError:
            return all(len(TABLE[ord(char)]) == 1 for char in set(text))
        return not any(byte in raw for byte in self._uneven)

    def translated(self, text: str) -> str | None:
        """Return ``text.translate(TABLE)``, or None for a text that has other characters."""
        try:
            raw = text.encode(_CODEC)
        except UnicodeEncodeError:
            return None
        folded = raw.translate(self._single, self._dropped)
        for byte, piece in () if folded.isascii() else self._longer:
            folded = folded.replace(byte, piece)
        return folded.decode("ascii") if folded.isascii() else None  # the micro sign, for one, is Greek


_WESTERN = _Western()
