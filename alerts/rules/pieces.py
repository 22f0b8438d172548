"""What each character folds to: the one table that every way to fold reads."""

from __future__ import annotations

import re
import unicodedata

MARK = "|"  # what clause punctuation folds to; stands alone between blanks, so no phrase crosses it

# Each run of a script is one token. A character of such a script folds to itself between two brackets of
# its script; brackets that meet back to back vanish and the others become blanks, so a run ends where the
# script changes. "" stands for all scripts not named here. Latin letters and digits go without brackets.
_RUN_SCRIPTS = (
    *("KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "CYRILLIC", "GREEK", "ARABIC", "HEBREW"),
    *("DEVANAGARI", "BENGALI", "TAMIL", "ARMENIAN", "GEORGIAN", "ETHIOPIC", ""),
)
BRACKETS = {script: chr(0xE000 + number) for number, script in enumerate(_RUN_SCRIPTS)}  # private use
_LATIN = frozenset({"LATIN", "DIGIT"})
_ONE_BY_ONE = frozenset({"CJK", "IDEOGRAPHIC", "HIRAGANA"})  # one token per character
_UNSPACED = frozenset({"THAI", "LAO", "KHMER", "MYANMAR"})  # no blanks between words: found anywhere in a run
UNSPACED_BRACKETS = frozenset(BRACKETS[script] for script in _UNSPACED)
_ACCENTED = frozenset({"LATIN", "GREEK", "CYRILLIC"})  # lose their diacritics; kana keep their dakuten
GAP = "\0"  # a place in the pieces that leaves nothing behind

_CLAUSE = frozenset(".,;:!?()[]{}|•¡¿、。【】\u3014\u3015〖〗〘〙،؛؟\u06d4।॥።፣፤፥፧\u0589។៕၊။")
# Letters or symbols by their class, apostrophes or ornaments in a text.
_NO_LETTERS = frozenset("™℠®\u02b9\u02ba\u02bb\u02bc\u02bd\u02c8")
# What may stand between the words of a phrase, beside blanks, dashes and quotation marks by their class: apostrophes,
# slashes, the quotation marks that are classed as brackets, dots within names, and what some scripts part words with.
_CROSSED = frozenset(
    "'\"`\u00b4/\\\u2044\u2215\u2212\u2032\u2033\u2034\u2035_\u00b7\u2027\u30fb"
    "\u201a\u201e\u2e42\u300c\u300d\u300e\u300f\u300a\u300b\u301d\u301e\u301f"
    "\u05f3\u05f4\u055a\u055b\u055c\u055e\u055f\u0970\u0f0b\u0f0c\u1361"
)
_CROSSED_CLASSES = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn", "Pd", "Pi", "Pf"})
# Vowel signs, which readers of these scripts leave out, and letters that keyboards and countries differ in.
_POINTED = frozenset({"ARABIC", "HEBREW"})
_TATWEEL = "\u0640"
_ONE_LETTER = str.maketrans("أإآٱىیک", "ااااييك")
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe"})


class Table(dict[int, str]):
    """What each code point folds to, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = piece = _piece(chr(code))
        return piece


TABLE = Table()


def _piece(char: str) -> str:
    """Fold one character: to nothing, a blank, MARK, or letters of one token with the script's brackets."""
    if char in _NO_LETTERS:
        return " "
    letters = "".join(part for part in _simplified(char) if not _is_invisible(part))
    if not letters:
        return ""
    if _CLAUSE.issuperset(letters):
        return MARK
    is_wall = not any(map(_is_wordlike, letters)) and not all(map(_is_crossed, letters))
    if not _is_one_token(letters):  # ½ would part into two numbers, ㈱ into clauses: no slice of a text is half of it
        letters = char
    if not all(map(_is_wordlike, letters)):
        return MARK if is_wall else " "
    script = _script(letters[0])
    if script in _LATIN:
        return letters
    bracket = " " if script in _ONE_BY_ONE else BRACKETS.get(script, BRACKETS[""])
    return f"{bracket}{letters}{bracket}"


def _simplified(char: str) -> str:
    """Apply NFKC and case folding, and take the accents off the scripts where readers leave them out."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    if _script(plain[0]) not in _ACCENTED:
        return plain.translate(_ONE_LETTER)
    parts = unicodedata.normalize("NFD", plain)
    return "".join(part for part in parts if unicodedata.category(part) != "Mn").translate(_UNDECOMPOSED)


def _is_invisible(char: str) -> bool:
    """Say whether a character leaves no trace: soft hyphens, stray accents, vowel points, variant selectors."""
    category = unicodedata.category(char)
    if category == "Mn" and _script(char) in _POINTED:
        return True
    return char == _TATWEEL or category == "Cf" or (category[0] == "M" and _script(char) in {"COMBINING", "VARIATION"})


def _is_crossed(char: str) -> bool:
    """Say whether a phrase goes on behind a character that is no letter."""
    return char in _CROSSED or unicodedata.category(char) in _CROSSED_CLASSES


def _is_wordlike(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def _is_one_token(letters: str) -> bool:
    scripts = {_script(letter) for letter in letters}
    whole = len(letters) == 1 or scripts <= _LATIN or (len(scripts) == 1 and not scripts & (_ONE_BY_ONE | _UNSPACED))
    return whole and all(map(_is_wordlike, letters))


def _script(char: str) -> str:
    """Name the script of a character by the first word of its Unicode name, "" where it has none."""
    return re.split(r"[ -]", unicodedata.name(char, ""), maxsplit=1)[0]
