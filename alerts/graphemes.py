"""Where a text may be cut, so that what people see as one character stays whole."""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
_LONGEST = 40  # code points that are looked back over: who piles more marks on a letter has them cut
_REGIONAL = range(0x1F1E6, 0x1F200)  # two of them are a flag
_SKIN = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)  # after a black flag they name a region
_PICTURES = range(0x1F000, 0x1FB00)  # also those that this Python's Unicode does not know yet
_INITIALS, _SYLLABLES = range(0x1100, 0x1160), range(0xAC00, 0xD7A4)
_JAMO = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))  # vowels and finals, which join the letter before


def may_cut(text: str, at: int) -> bool:
    """Say whether a text may be cut before an offset in code points; at its ends it may.

    After the rules GB9 to GB13 of https://www.unicode.org/reports/tr29/ as far as they matter to what is read:
    marks, emoji that are joined or coloured, flags, and Korean letters stay with what is before them.
    """
    if at <= 0 or at >= len(text):
        return True
    left, right = text[at - 1], text[at]
    if _extends(right):
        return False
    if left == JOINER:
        return not is_picture(right)
    if ord(left) in _INITIALS and (ord(right) in _INITIALS or ord(right) in _SYLLABLES):
        return False
    if ord(left) in _REGIONAL and ord(right) in _REGIONAL:
        return _flags_before(text, at) % 2 == 0
    return True


def last_cut(text: str, end: int) -> int:
    """Return the last offset up to ``end`` before which a text may be cut; ``end`` when none is near."""
    return next((at for at in range(end, max(end - _LONGEST, -1), -1) if may_cut(text, at)), end)


def is_picture(char: str) -> bool:
    """Say whether a character is one that emoji are joined of, or may be."""
    return unicodedata.category(char) == "So" or ord(char) in _PICTURES


def joins(before: str, after: str) -> bool:
    """Say whether a joiner between two texts makes one emoji of them, and hides nothing that is read."""
    left = before.rstrip("\ufe0f")[-1:]
    return bool(left) and is_picture(left) and bool(after) and is_picture(after[0])


def _extends(char: str) -> bool:
    code = ord(char)
    if unicodedata.category(char)[0] == "M" or char == JOINER:
        return True
    return code in _SKIN or code in _TAGS or any(code in jamo for jamo in _JAMO)


def _flags_before(text: str, at: int) -> int:
    start = at
    while start > 0 and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return at - start
