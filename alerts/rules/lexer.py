"""The tokens of a query, and every mistake that shows without its structure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum, auto
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.rules.terms import LONGEST, tokens_of
from alerts.story import Field

if TYPE_CHECKING:
    from alerts.errors import Problem
    from alerts.rules.spec import Text


class Kind(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    NAME = auto()
    FIELD = auto()
    PHRASE = auto()
    WORD = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query, as written but for look-alike signs."""

    kind: Kind
    text: str
    offset: int


_MOST_PROBLEMS = 20  # of one query and level; who mends them sees the rest
FIELDS = {"title": Field.TITLE, "body": Field.TEXT}
OPERATORS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
LATER_OPERATOR = re.compile(
    r"(?:NEAR|ONEAR|ADJ|PRE|SENT|SAME|PARA|ATLEAST|DISTINCT)/?\d*"
    r"|(?i:(?:near|onear|adj|pre|w|atleast|distinct)/\d*|w/[sp])"
)
_LATER_FIELDS = (
    *("lead", "hlead", "source", "lang", "author", "tag", "url", "section", "country", "headline", "hl", "hd"),
    *("intitle", "ingress", "lp", "hlp", "site", "publication", "by", "domain"),
)
# What people paste from a word processor or type on an East Asian keyboard, one character each.
_LOOKALIKES = str.maketrans("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff08\uff09\uff0c\u3001\uff04", '"""""""(),,$')
_SIGNS = {"open": Kind.OPEN, "close": Kind.CLOSE, "comma": Kind.COMMA}
_TOKEN = re.compile(
    r"""  (?P<blank>\s+)
        | (?P<open>\() | (?P<close>\)) | (?P<comma>,)
        | "(?P<phrase>[^"]*)(?P<closed>"?)
        | \$(?P<name>[\w-]*)
        | (?P<address>[A-Za-z]\w*://[^\s()]*)
        | (?P<field>[A-Za-z][\w-]*):
        | (?P<exact>=(?=["\w]))
        | (?P<regex>/(?:\\.|[^/\\\n])*/?)
        | (?P<word>[^\s(),"]+)
    """,
    re.VERBOSE,
)


class Lexer:
    """Cuts a query into tokens and notes all that can be seen without its structure."""

    def __init__(self, query: Text) -> None:
        self._query = query
        self.problems: list[Problem] = []

    def tokens(self) -> list[Token]:
        """Return the tokens, the last one END."""
        value = self._query.value.translate(_LOOKALIKES)
        tokens = [token for found in _TOKEN.finditer(value) if (token := self._token(found))]
        return [*tokens, Token(Kind.END, "the end", len(value.rstrip()))]

    def _token(self, found: re.Match[str]) -> Token | None:
        offset, token = found.start(), None
        match found.lastgroup:
            case "blank":
                pass
            case "closed":
                token = self._phrase(found["phrase"], found["closed"], offset)
            case "name":
                token = self._name(found["name"], offset)
            case "field":
                token = self._field(found["field"], found.string[found.end() : found.end() + 1], offset)
            case "address":
                self._problem(
                    offset, f"an address is no term: {found[0]}", 'to search for these words, put them in "…"'
                )
            case "exact":
                self._not_yet(offset, "matching exact case and punctuation (=)", "leave the = out")
            case "regex":
                self._not_yet(offset, "a regular expression between slashes", 'write words in "…" instead')
            case "word":
                token = self._word(found[0], offset)
            case sign:
                token = Token(_SIGNS[str(sign)], found[0], offset)
        return token

    def _name(self, name: str, offset: int) -> Token:
        if not name:
            self._problem(offset, "a name must follow the $", "write $name without a blank")
        return Token(Kind.NAME, name, offset)

    def _phrase(self, text: str, closed: str, offset: int) -> Token:
        if not closed:
            self._problem(offset, "this quotation mark is never closed", 'close the phrase with "')
        else:
            self._check_words(text, offset)
        return Token(Kind.PHRASE, " ".join(text.split()), offset)

    def _field(self, name: str, follower: str, offset: int) -> Token:
        if name.lower() in _LATER_FIELDS:
            self._not_yet(offset, f'the field "{name}:"', 'there are "title:" and "body:"')
        elif name not in FIELDS:
            near = get_close_matches(name.lower(), [*FIELDS, *_LATER_FIELDS], n=1)
            later = " (not yet available)" if near and near[0] in _LATER_FIELDS else ""
            hint = f'did you mean "{near[0]}:"?{later}' if near else 'to search for a word with a colon, put it in "…"'
            self._problem(offset, f'unknown field "{name}:"', hint)
        elif not follower or follower.isspace():
            self._problem(offset, f'a term must follow "{name}:" at once', f"write {name}:japan without a blank")
        return Token(Kind.FIELD, name, offset)

    def _word(self, word: str, offset: int) -> Token | None:
        if word in OPERATORS:
            return Token(OPERATORS[word], word, offset)
        if LATER_OPERATOR.fullmatch(word):
            self._not_yet(offset, f"the operator {word}", 'to search for the word itself, put it in "…"')
            return None
        if word[0] in "+-" and tokens_of(word):
            operator = "NOT" if word[0] == "-" else "AND"
            hint = f'write {operator} {word[1:]}, or put the phrase in "…"'
            self._problem(offset, f'"{word[0]}" before a word is no operator', hint)
        if word.upper() in OPERATORS:
            message = f'"{word}" is read as a word to search for'
            hint = f'write {word.upper()} for the operator, or put the phrase in "…"'
            self._problem(offset, message, hint, Level.WARNING)
        self._check_words(word, offset)
        return Token(Kind.WORD, word, offset)

    def _check_words(self, text: str, offset: int) -> None:
        shown = f'"{text[:30]}…"' if len(text) > LONGEST else f'"{text}"'
        if "*" in text or "?" in text:
            self._not_yet(offset, f"a wildcard (* or ?) as in {shown}", "write the forms out: (sign OR signed)")
        elif len(text) > LONGEST:
            self._problem(offset, f"the term {shown} is too long", f"the limit is {LONGEST} characters")
        elif not tokens_of(text):
            hint = 'put a phrase with signs in "…": "Procter & Gamble"; between terms write AND, OR or NOT'
            self._problem(offset, f"{shown} has no letter or digit to search for", hint)

    def _not_yet(self, offset: int, what: str, hint: str) -> None:
        """Note a part of the language that exists only in a later version; it leaves no token."""
        self._problem(offset, f"{what} is not yet available", hint)

    def _problem(self, offset: int, message: str, hint: str, level: Level = Level.ERROR) -> None:
        if sum(problem.level is level for problem in self.problems) < _MOST_PROBLEMS:
            self.problems.append(self._query.problem(offset, message, hint, level))
