"""What to search for when a user writes a term: its variants, as patterns for folded texts."""

from __future__ import annotations

import re
import unicodedata

from alerts.rules.fold import MARK, fold, is_hangul, is_latin, is_unspaced

LONGEST = 200  # characters of one term; a name or a phrase is never longer

_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u2011](?=\w)")
_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_]) (?=\d)")
_LETTERS_DIGITS = re.compile(r"([a-z]+)(\d+)")
_LONE_VOWELS = frozenset("aeiouy")  # words of several languages: "A4" must not find "a 4 percent rise"
_SYMBOLS = re.compile(r"[^\w\s.,'\u2019\-\u2010\u2011]")


def tokens_of(text: str) -> tuple[str, ...]:
    """Return a term's tokens as a text would hold them; empty when it has no letter or digit."""
    return tuple(fold(text).strip(f" {MARK}").split())


def patterns_of(text: str) -> tuple[str, ...]:
    """Return every folded string that a term stands for, with blanks where a word must begin or end.

    The plain form comes first. Hyphens and letter-digit names are also read joined (F-35 and F35), and the
    last word, where it is Latin, also in the English plural.
    """
    if not tokens_of(text):
        return ()
    spellings = [tokens_of(text), *_joined_forms(text), *_parted_forms(tokens_of(text))]
    forms = [form for spelling in spellings for form in (spelling, *_plurals(spelling))]
    return tuple(dict.fromkeys(map(_pattern, forms)))


def weakness(text: str) -> str | None:
    """Return what a term shrinks to when losing its punctuation leaves little to search for, else None."""
    tokens = tokens_of(text)
    symbols = _SYMBOLS.search(unicodedata.normalize("NFKC", text).strip())
    if symbols and all(len(token) <= 2 and is_latin(token) for token in tokens):  # noqa: PLR2004  AT&T: at t
        return " ".join(tokens)
    return None


def _joined_forms(text: str) -> list[tuple[str, ...]]:
    """Co-operation → cooperation, F-35 → F35, F 35 → F35."""
    joined = _HYPHEN.sub("", unicodedata.normalize("NFC", text))
    return [tokens_of(_BEFORE_NUMBER.sub("", joined))] if joined else []


def _parted_forms(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """F35 → F 35, as F-35 folds."""
    parted: list[str] = []
    for token in tokens:
        found = _LETTERS_DIGITS.fullmatch(token)
        parted += found.groups() if found and found[1] not in _LONE_VOWELS else [token]
    return [tuple(parted)]


def _plurals(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """English plurals of the last word; a form that no text holds does no harm."""
    *before, word = tokens
    if len(word) == 1 or not is_latin(word):
        return []
    if re.search(r"(s|x|z|ch|sh)$", word):
        forms = [f"{word}es"]
    elif re.search(r"[^aeiou\d]y$", word):
        forms = [f"{word[:-1]}ies", f"{word}s"]  # treaties; the Kennedys
    elif re.search(r"[^aeiou\d]o$", word):
        forms = [f"{word}s", f"{word}es"]
    else:
        forms = [f"{word}s"]
    return [(*before, form) for form in forms]


def _pattern(tokens: tuple[str, ...]) -> str:
    """Put the blanks that hold a term to whole words where its script has words."""
    text = " ".join(tokens)
    left = "" if is_unspaced(text[0]) else " "
    right = "" if is_unspaced(text[-1]) or is_hangul(text[-1]) else " "
    return f"{left}{text}{right}"
