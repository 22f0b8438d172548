"""Full stops, commas and colons that end no clause: inside numbers, after initials and after titles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.rules.pieces import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

FULL_STOPS = ".\uff0e"
POINTS = f"{FULL_STOPS},:\uff0c\uff1a"

_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff\uff21-\uff3a\uff41-\uff5a]")
_INSIDE = re.compile(r"[\w&\u0300-\u036f\u00ad\u200b-\u200d\u2060]")  # what goes before a letter that is no initial
_TITLES = (  # by length: the regular expression looks back by fixed widths
    "Mr|Ms|Mx|Dr|St|Mt|Ft|Jr|Sr|Lt",
    "Mrs|Ste|Sen|Rep|Gov|Gen|Col|Maj|Sgt|Cpl|Adm|Rev|Hon|Mme",
    "Prof|Pres|Capt|Cmdr|Mlle",
    "Messrs",
)
# What a letter names one of: "plan B. Now" and "World War I. Then" hold no initials. By length, too.
_KINDS = (
    "[Ww]ar",
    "[Pp]lan|[Tt]ype|[Tt]eam|[Pp]art|[Zz]one|[Gg]ate",
    "[Gg]roup|[Cc]lass|[Gg]rade|[Pp]hase|[Ll]evel|[Ss]erie|[Aa]nnex|[Bb]lock|[Tt]able|[Ss]tage",
    "[Oo]ption|[Ss]eries|[Aa]nnexe|[Gg]ruppe|[Gg]roupe",
    "[Vv]itamin|[Ss]ection|[Ee]xhibit",
    "[Aa]ppendix|[Ss]chedule|[Cc]ategory|[Tt]erminal|[Vv]itamine",
    "[Hh]epatitis|[Ii]nfluenza",
)
DOTS = "\u00b7\u2027\u30fb\uff65"  # join the parts of a name; without a letter on both sides they are bullets
_STANDING = re.compile(rf"(?<!\w)[{DOTS}]|[{DOTS}](?!\w)|(?<!\w)_(?!\w)")
_BLANK_LINE = re.compile(r"\n[^\S\n](?=[^\S\n]*\n)")


def harmless(point: str, letter: str = _LETTER.pattern, inside: str = _INSIDE.pattern, word: str = r"\w") -> str:
    """Return the pattern of one sign where it ends no clause; each match is one character long, the sign itself.

    In a number (1,000), after a single letter (U.S., George W. Bush) that names no kind of a thing (plan B), and
    after a title (St. Petersburg).
    ``letter``, ``inside`` and ``word`` are the classes of characters to look for.
    """
    places = [r"(?<=\d.)(?=\d)"]
    if point in FULL_STOPS:
        named = "".join(rf"(?<!(?<!{word})(?:{kinds}) {letter}.)" for kinds in _KINDS)
        places.append(rf"(?<={letter}.)(?<!{inside}{letter}.){named}")
        places += [rf"(?<=(?<!{word})(?i:{titles}).)" for titles in _TITLES]
    return rf"[{point}](?:{'|'.join(places)})"


def harmless_bytes(point: str, chars: Iterable[str]) -> re.Pattern[bytes]:
    """Return the same for texts in an encoding of one byte a character, given the character of each code."""

    def codes(kind: re.Pattern[str]) -> str:
        return f"[{''.join(re.escape(chr(code)) for code, char in enumerate(chars) if kind.match(char))}]"

    pattern = harmless(point, codes(_LETTER), codes(_INSIDE), codes(re.compile(r"\w")))
    return re.compile(pattern.encode("latin-1"))


def eased(text: str) -> str:
    """Mark paragraph breaks and bullets, and blank the signs that end no clause; the length stays."""
    if is_uncommon(text):
        text = _STANDING.sub(MARK, _BLANK_LINE.sub(f"\n{MARK}", text))
    text = text.replace("\n\n", f"\n{MARK}")
    for point, pattern in _HARMLESS.items():
        if point in text:
            text = pattern.sub(" ", text)
    return text


def is_uncommon(text: str) -> bool:
    """Say whether a text may hold bullets, or blank lines that are not empty."""
    return any(sign in text for sign in f"{DOTS}_") or _BLANK_LINE.search(text) is not None


def ends_no_clause(text: str, offset: int) -> bool:
    """Say whether the full stop at ``offset`` belongs to a number, an initial or a title."""
    return _HARMLESS[text[offset]].match(text, offset) is not None


_HARMLESS = {point: re.compile(harmless(point)) for point in POINTS}
