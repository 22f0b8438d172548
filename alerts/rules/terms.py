"""What to search for when a user writes a term: its variants, as patterns for folded texts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from alerts.rules.fold import MARK, fold, fold_words, is_hangul, is_latin, is_one_by_one, is_unspaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 200  # characters of one term; a name or a phrase is never longer

Boundary = Literal["auto", "word", "none"]
Tokens = tuple[str, ...]

_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u2011](?=\w)")
_MAY_JOIN = re.compile(r"[-\u2010\u2011]| \d")
_MAY_VARY = re.compile(r"[-\u2010\u2011\dァ-ー]")
_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_]) (?=\d)")
# Prefixes that some write with a hyphen (semi-conductor). "re" and "de" before vowels only: "re-sign" is not "resign",
# and "de" is a word in Romance languages; "co" not where it is mostly the beginning of com-, con- and their like.
_PREFIXES = (
    "(?:(?:anti|counter|cyber|inter|micro|mid|multi|non|post|semi|sub|super|ultra)(?=[a-z]{4})"
    "|co(?=(?:[bdefghiopst]|au)[a-z]{3})|(?:de|pre|re)(?=[aeiou][a-z]{3})|trans(?=[a-z]{7}))"
)
_PREFIX = re.compile(rf"(?:^|(?<= ))({_PREFIXES})")
_HAS_PREFIX = re.compile(rf"[ \n]{_PREFIXES}")  # for lines; a search is faster where no look-behind comes first
_KATAKANA = re.compile(r"[ァ-ヺー]{4,}")
_MAY_PART = re.compile(f"{_PREFIX.pattern}|{_KATAKANA.pattern}")
_BETWEEN_KATAKANA = re.compile(r"(?<=[ァ-ヺー]) (?=[ァ-ヺ])")
_NO_BEGINNING = frozenset("ーァィゥェォッャュョヮンヵヶ")  # of a Katakana word
_LETTERS_DIGITS = re.compile(r"([a-z]+)(\d+)")
_LONE_VOWELS = frozenset("aeiouy")  # words of several languages: "A4" must not find "a 4 percent rise"
_REGULAR = frozenset("abcdefgijklmnpqrtuvw")  # at the end of a word of two letters or more: its plural takes an s
_LAST_LATIN = "\u024f"
_SIGNS = frozenset("&#@%+$=<>^~|\\")
_PLAIN = re.compile(r"[0-9A-Za-z]+(?: [0-9A-Za-z]+)*")
_SURE_LETTERS = "[0-9A-Za-zÀ-ÖØ-öø-ž\u0410-\u044fぁ-ゖァ-ヺ一-鿿가-힣]"  # the commonest
PLAIN_WORDS = rf"{_SURE_LETTERS}++(?:[ '\u2019-]{_SURE_LETTERS}++)*+"  # a term of which there is nothing to say
_PLAIN_WORDS = re.compile(PLAIN_WORDS)
_SURE_LETTER = re.compile(_SURE_LETTERS)
_WORDS = re.compile(r"[\w\s.,'\u2019-]+")
_WILDCARD = re.compile(r"([*?])")
_BEFORE_WILDCARD = 3  # letters; of scripts that write a syllable or a word in one character, fewer
_BEFORE_WILDCARD_DENSE = 2


def is_plain(text: str) -> bool:
    """Say whether a term is nothing but words: no wildcard, no sign that belongs to it, no reason for a complaint."""
    return _PLAIN_WORDS.fullmatch(text) is not None and len(text) <= LONGEST


@lru_cache(maxsize=10_000)  # a term of a query is looked at several times while it is compiled
def tokens_of(text: str) -> Tokens:
    """Return a term's tokens as a text would hold them; empty when it has no letter or digit."""
    return tuple(_spelled(text).split())


def patterns_of(text: str, *, plural: bool = True, joined: bool = True, boundary: Boundary = "auto") -> Tokens:
    """Return every folded string that a term stands for, with blanks where a word must begin or end.

    The plain form comes first. With ``joined``, hyphens and letter-digit names are also read joined (F-35
    and F35); with ``plural``, the last word, where it is Latin, also in the English plural.
    """
    spelling = _spelled(text)
    if not spelling:
        return ()
    spellings = (spelling, *_variants(text, spelling)) if joined else (spelling,)
    return _patterns(spellings, plural=plural, boundary=boundary)


def _patterns(spellings: Tokens, *, plural: bool, boundary: Boundary) -> Tokens:
    forms = [form for one in spellings for form in (one, *(_plurals(one) if plural else ()))]
    return tuple(dict.fromkeys([_pattern(form, boundary) for form in forms]))


def patterns_of_plain(terms: Sequence[str]) -> list[Tokens]:
    """Return the ``patterns_of`` each of some plain terms (see ``is_plain``), faster than one by one."""
    spellings = fold_words(terms)
    varied = _lines_with(_MAY_VARY, terms) | _lines_with(_HAS_PREFIX, spellings) | _lines_with(_KATAKANA, spellings)
    patterns = list(map(_patterns_of_spelling, spellings))
    for number in varied:
        spelling = spellings[number]
        every = (spelling, *_variants(terms[number], spelling))
        patterns[number] = _patterns(every, plural=True, boundary="auto")
    return patterns


def _lines_with(pattern: re.Pattern[str], lines: Sequence[str]) -> set[int]:
    """Return the numbers of the lines that a pattern is found in, in one search through all of them."""
    text, number, last = "\n".join(["", *lines]), -1, 0
    numbers = set[int]()
    for found in pattern.finditer(text):
        number += text.count("\n", last, last := found.end())
        numbers.add(number)
    return numbers


def _patterns_of_spelling(spelling: str) -> Tokens:
    """Return the patterns of a plain term that is spelled in one way only."""
    last = spelling[-1]
    if last in _REGULAR and spelling[-2:-1] > " ":
        return f" {spelling} ", f" {spelling}s "
    if last > _LAST_LATIN:  # of a script that has blanks between words, or stands between them when folded
        return (f" {spelling}" if is_hangul(last) else f" {spelling} ",)
    return (f" {spelling} ", *[f" {form} " for form in _plurals(spelling)])


def _spelled(text: str) -> str:
    """Return the tokens of a term with blanks between them."""
    return text.lower() if _PLAIN.fullmatch(text) else fold(text).strip(f" {MARK}")


def has_word(text: str) -> bool:
    """Say whether a term holds a letter or digit."""
    return bool(_SURE_LETTER.search(text) or tokens_of(text))


def weakness(text: str) -> str | None:
    """Return what a term shrinks to when losing its punctuation leaves little to search for, else None."""
    tokens = [token for token in tokens_of(text) if token != MARK] if _has_sign(text) else ()
    if tokens and all(len(token) <= 2 and is_latin(token) for token in tokens):  # noqa: PLR2004  AT&T: at t
        return " ".join(tokens)
    return None


def needs_its_signs(text: str) -> bool:
    """Say whether a term means nothing without its punctuation: AT&T, C++, U.S.

    Blanks, hyphens, quotes and slashes say nothing, clause punctuation is in the pattern, and the full
    stops of "George W. Bush" may be missing; those of a term of nothing but initials may not.
    """
    return _has_sign(text) or ("." in text and all(len(token) == 1 for token in tokens_of(text)))


def _has_sign(text: str) -> bool:
    """Say whether a term holds a sign that belongs to its words, such as the & of AT&T."""
    if _WORDS.fullmatch(text):
        return False
    if text.isascii():
        return not _SIGNS.isdisjoint(text)
    plain = unicodedata.normalize("NFKC", text)
    return any(char in _SIGNS or unicodedata.category(char) in {"Sc", "Sm", "So"} for char in plain)


def written_forms(text: str, *, plural: bool) -> Tokens:
    """Return how a term may be written, in the case and with the signs it has."""
    return (text, f"{text}s", f"{text}es", f"{text[:-1]}ies") if plural and text[-1:].isalnum() else (text,)


def has_wildcard(text: str) -> bool:
    """Say whether a term holds ``*`` or ``?``."""
    return "*" in text or "?" in text


def fault_of_wildcard(text: str) -> tuple[str, str] | None:
    """Return what is wrong with the ``*`` and ``?`` of a term, and the way out."""
    for word in text.split() if has_wildcard(text) else ():
        if not has_wildcard(word):
            continue
        if "*" in word.rstrip("*.,;:!)") or "**" in word:
            return f'the * in "{word}" stands before the end', "* is any ending: sign* finds signs and signature"
        letters = re.split(r"[\W_]", _WILDCARD.split(word)[0])[-1]
        tokens = tokens_of(letters)
        dense = bool(tokens) and (is_one_by_one(tokens[-1]) or is_hangul(tokens[-1][-1]))
        least = _BEFORE_WILDCARD_DENSE if dense else _BEFORE_WILDCARD
        if len(letters) < least:
            hint = f"write at least {least} letters before * (any ending) or ? (one letter)"
            return f'"{word}" would find too much', hint
    return None


def wild_forms(text: str, *, plural: bool = True) -> list[tuple[str, str]]:
    """Return a term with wildcards as pairs: a pattern to search for, and a regular expression to match there."""
    joined = _HYPHEN.sub("", unicodedata.normalize("NFC", text))
    forms: dict[str, list[str]] = {}
    spellings = list(map(_wild_tokens, dict.fromkeys((text, joined))))
    parted = (tuple(_PREFIX.sub(r"\1 ", " ".join(tokens)).split()) for tokens in spellings)
    for tokens in dict.fromkeys((*spellings, *parted)):
        last = tokens[-1]
        left = "" if is_unspaced(tokens[0][0]) else " "
        right = "" if is_unspaced(last[0]) or is_hangul(last.rstrip("*?")[-1]) else "(?= )"
        anchor = left + _WILDCARD.split(" ".join(tokens))[0]
        spelling = " ".join(tokens)
        for ending in (spelling, *(_plurals(spelling) if plural and last[-1] not in "*?" else ())):
            forms.setdefault(anchor, []).append(f"{left}{_expression(ending.split())}{right}")
    return [(anchor, "|".join(expressions)) for anchor, expressions in forms.items()]


def _wild_tokens(text: str) -> Tokens:
    tokens: list[str] = []
    for word in text.split():
        glued = False
        for piece in _WILDCARD.split(word):
            if piece in {"*", "?"}:
                tokens[-1] += piece
                glued = True
            elif found := tokens_of(piece):
                if glued and piece[0].isalnum():
                    tokens[-1] += found[0]
                    found = found[1:]
                tokens += found
                glued = False
    return tuple(tokens)


def _expression(tokens: Sequence[str]) -> str:
    return " ".join(_token_expression(token) for token in tokens)


def _token_expression(token: str) -> str:
    any_ending = "" if is_unspaced(token[0]) else "[^ ]*"  # a run has no end that would mean something
    return re.escape(token).replace(r"\*", any_ending).replace(r"\?", "[^ |]")


def _variants(text: str, spelling: str) -> Iterable[str]:
    """Return the other ways to write a term: joined (co-operation: cooperation) and parted (F35: F 35; semi-…)."""
    if _MAY_JOIN.search(text) or not unicodedata.is_normalized("NFC", text):
        # Co-operation → cooperation, F-35 → F35, F 35 → F35.
        yield _spelled(_BEFORE_NUMBER.sub("", _HYPHEN.sub("", unicodedata.normalize("NFC", text))))
    if any(map(str.isdigit, text)):
        yield " ".join(map(_parted, spelling.split()))
    if _MAY_PART.search(spelling):
        yield _PREFIX.sub(r"\1 ", spelling)
        yield from _parted_katakana(spelling)
    if not spelling.isascii():
        yield _BETWEEN_KATAKANA.sub("", spelling)


def _parted_katakana(spelling: str) -> Iterable[str]:
    """レアアース → レア アース, as レア・アース folds; which words it is made of is not known."""
    for run in _KATAKANA.finditer(spelling):
        for place in range(run.start() + 2, run.end() - 1):
            if spelling[place] not in _NO_BEGINNING:
                yield f"{spelling[:place]} {spelling[place:]}"


def _parted(token: str) -> str:
    """F35 → F 35, as F-35 folds."""
    found = _LETTERS_DIGITS.fullmatch(token)
    return f"{found[1]} {found[2]}" if found and found[1] not in _LONE_VOWELS else token


def _plurals(spelling: str) -> list[str]:
    """English plurals of the last word; a form that no text holds does no harm."""
    before, blank, word = spelling.rpartition(" ")
    if len(word) == 1 or not is_latin(word[-1]):  # then none of its letters is: a token is of one script
        return []
    if word.endswith(("s", "x", "z", "ch", "sh")):
        forms = [f"{word}es"]
    elif word[-1] == "y" and word[-2] not in "aeiou0123456789":
        forms = [f"{word[:-1]}ies", f"{word}s"]  # treaties; the Kennedys
    elif word[-1] == "o" and word[-2] not in "aeiou0123456789":
        forms = [f"{word}s", f"{word}es"]
    else:
        forms = [f"{word}s"]
    return [f"{before}{blank}{form}" for form in forms]


def _pattern(text: str, boundary: Boundary) -> str:
    """Put the blanks that hold a term to whole words where its script has words."""
    if boundary == "none":
        return text
    if boundary == "word" or text.isascii():
        return f" {text} "
    left = "" if is_unspaced(text[0]) else " "
    right = "" if is_unspaced(text[-1]) or is_hangul(text[-1]) else " "
    return f"{left}{text}{right}"
