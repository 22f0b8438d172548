"""A fold of its own for texts of one alphabet: as bytes, which CPython translates faster than anything else."""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache

from alerts.rules.pieces import BRACKETS, TABLE
from alerts.rules.points import eased, harmless_bytes, is_uncommon

# The code pages that each alphabet was once written in know which characters occur together. Those of scripts
# that part into letters and marks are left out, so a text of one page is in NFC.
_SCRIPTS = {
    "cp1252": "LATIN",  # western Europe
    "cp1250": "LATIN",  # central Europe
    "cp1254": "LATIN",  # Turkish
    "cp1257": "LATIN",  # Baltic
    "cp1251": "CYRILLIC",
    "cp1253": "GREEK",
    "cp1255": "HEBREW",
    "cp1256": "ARABIC",
}
_WESTERN = next(iter(_SCRIPTS))
_ADDED = "\u202f\u2011\u200b\ufeff\u2015\u2010\u2009\u200e\u200f"  # younger than the pages; as many as have room
_ATTEMPTS = 8

_LATIN_RUN = re.compile(rb"[a-z0-9]+")
_BLANKS = re.compile(b"   *")  # two and more
_UNDEFINED = "\ufffe"  # in the codecs' tables


class CodePage:
    """A set of at most 256 characters, whose texts are folded byte by byte."""

    def __init__(self, name: str) -> None:
        """``name`` is the codec's."""
        bracket = BRACKETS.get(_SCRIPTS[name], "")
        known = filter(lambda char: _is_plain(char, bracket), [*_upper_half(name), *_ADDED])
        chars = [*map(chr, range(0x80)), *known][:256]
        pieces = [TABLE[ord(char)].strip(bracket or None) or TABLE[ord(char)] for char in chars]
        self._encoding = codecs.charmap_build("".join(chars).ljust(256, _UNDEFINED))
        self._harmless = [harmless_bytes(point, chars) for point in ".,:"]
        codes = [ord(piece) if len(piece) == 1 and piece.isascii() else pieces.index(piece) for piece in pieces]
        self._folded = bytes(codes).ljust(256)
        self._deleted = bytes(code for code, piece in enumerate(pieces) if not piece)
        self._expanded = {bytes([pieces.index(piece)]): piece.encode() for piece in pieces if len(piece) > 1}
        self._letters = "".join(piece if len(piece) == 1 else _UNDEFINED for piece in pieces)
        self._is_latin = not bracket

    def fold(self, text: str, *, is_eased: bool = False) -> str:
        """Fold a text as ``alerts.rules.fold.fold`` does; raises UnicodeEncodeError at a character not in the page."""
        codes = text.encode() if text.isascii() else codecs.charmap_encode(text, None, self._encoding)[0]
        if not is_eased:
            codes = codes.replace(b"\n\n", b"\n|")
            for harmless in self._harmless:
                codes = harmless.sub(b" ", codes)
        pieces = codes.translate(self._folded, self._deleted)
        for code, letters in self._expanded.items():
            pieces = pieces.replace(code, letters)
        if not self._is_latin:
            pieces = _LATIN_RUN.sub(lambda run: b" %b " % run[0], pieces)
        clauses = b" | ".join(map(bytes.strip, pieces.split(b"|")))
        spaced = _BLANKS.sub(b" ", b" %b " % clauses)
        return spaced.decode("ascii") if self._is_latin else codecs.charmap_decode(spaced, None, self._letters)[0]


def fold_by_page(text: str) -> str | None:
    """Fold a text that is written in one of the pages, some strangers aside; return None for any other."""
    name, is_eased = _WESTERN, is_uncommon(text)
    if is_eased:
        text = eased(text)
    for _ in range(_ATTEMPTS):
        try:
            return _page(name).fold(text, is_eased=is_eased)
        except UnicodeEncodeError as error:
            stranger = text[error.start]
        if name == _WESTERN and stranger in _PAGES and not is_eased:
            name = _PAGES[stranger]
        elif _is_plain(stranger, "") and len(TABLE[ord(stranger)]) <= 1:
            text, is_eased = text if is_eased else eased(text), True  # before: "STE." for "SŢĘ." would be a title
            text = text.replace(stranger, TABLE[ord(stranger)])
        else:
            return None
    return None


_page = cache(CodePage)


def _upper_half(name: str) -> str:
    return bytes(range(0x80, 0x100)).decode(name, "ignore")


_PAGES = {char: name for name in reversed(_SCRIPTS) for char in _upper_half(name)}


def _is_plain(char: str, bracket: str) -> bool:
    """Say whether a character composes with no other and folds to ASCII or to one letter between such brackets."""
    piece = TABLE[ord(char)]
    if unicodedata.combining(char) or char in "ﾞﾟ" or not unicodedata.is_normalized("NFC", char):
        return False
    return piece.isascii() or (piece[0] == bracket and len(piece.strip(bracket)) == 1)
