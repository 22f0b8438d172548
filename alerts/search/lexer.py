"""The pieces of what a person types into a search."""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import Enum, auto
from typing import NamedTuple

from alerts.rules.lexer import FIELDS
from alerts.rules.nodes import Scope
from alerts.search.faults import fault


class Kind(Enum):
    """What a piece is."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    FIELD = auto()
    TERM = auto()  # a word, or a phrase in quotes
    END = auto()


class Word(NamedTuple):
    """A piece of a search."""

    kind: Kind
    text: str
    offset: int
    prefix: bool = False  # a * follows
    scope: Scope | None = None  # of a field


KNOWN = (Scope.TITLE, Scope.BODY, Scope.SOURCE, Scope.LANG)
_OPERATORS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_SIGNS = {"open": Kind.OPEN, "close": Kind.CLOSE, "minus": Kind.NOT}
# What people paste from a word processor or type on an East Asian keyboard, one character each.
_LOOKALIKES = str.maketrans(
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff08\uff09\uff1a\uff0a\uff0d\u2212\u3000", '"""""""():*-- '
)
_PIECE = re.compile(
    r"""  (?P<blank>\s+)
        | (?P<open>\() | (?P<close>\))
        | "(?P<phrase>[^"]*)(?P<closed>"?)(?P<star>\*?)
        | (?P<address>[A-Za-z]\w*://[^\s()"]*)
        | (?P<minus>-)(?=[^\s)])
        | (?P<field>[A-Za-z]\w*):(?=[^\s)])
        | (?P<word>[^\s()"]+)
    """,
    re.VERBOSE,
)


class Lexer:
    """Cuts a search into its pieces; raises QueryError at the first that cannot be one."""

    def __init__(self, written: str) -> None:
        self._written = written

    def words(self) -> list[Word]:
        """Return the pieces, the last one END."""
        text = self._written.translate(_LOOKALIKES)
        words = [self._word(found) for found in _PIECE.finditer(text) if found.lastgroup != "blank"]
        return [*words, Word(Kind.END, "the end", len(text.rstrip()))]

    def _word(self, found: re.Match[str]) -> Word:
        text, offset = found[0], found.start()
        if kind := _SIGNS.get(found.lastgroup or ""):
            return Word(kind, text, offset)
        if found["phrase"] is not None:
            return self._phrase(found)
        if found["address"]:
            hint = f'to search for its words, put it in quotes: "{text}"; for all of a source write source:example.org'
            raise fault(self._written, offset, "an address is no word", hint)
        if found["field"]:
            return self._field(found["field"], offset)
        if kind := _OPERATORS.get(text):
            return Word(kind, text, offset)
        if text[-1] == ":" and text[:-1].lower() in FIELDS:
            hint = f"write {text}word without a blank, or leave the colon out"
            raise fault(self._written, offset, f"a word must follow {text} at once", hint)
        if re.search(r"\w\?\w", text):
            raise fault(self._written, offset, "? stands for no letter here", "only * at the end is known: sign*")
        return self._term(text, offset, star=text[-1] == "*")

    def _phrase(self, found: re.Match[str]) -> Word:
        if not found["closed"]:
            hint = 'close the phrase with "'
            raise fault(self._written, found.start(), "this quotation mark is never closed", hint)
        text = f"{found['phrase']}{found['star']}"
        return self._term(text, found.start(), star=text.endswith("*"))

    def _term(self, text: str, offset: int, *, star: bool) -> Word:
        plain = text[:-1] if star else text
        if "*" in plain:
            hint = "* is any ending, once, at the end of a word: sign* finds signs and signature"
            raise fault(self._written, offset, f'the * in "{text}" stands before the end', hint)
        return Word(Kind.TERM, plain, offset, star)

    def _field(self, name: str, offset: int) -> Word:
        scope = FIELDS.get(name.lower())
        if scope not in KNOWN:
            near = get_close_matches(name.lower(), map(str, KNOWN), n=1)
            known = ", ".join(f"{one}:" for one in KNOWN)
            hint = f"did you mean {near[0]}:?" if near else f'known are {known}; a word with a colon stands in "…"'
            raise fault(self._written, offset, f"{name}: is nothing that a search knows", hint)
        return Word(Kind.FIELD, f"{name}:", offset, scope=scope)
