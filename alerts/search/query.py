"""The language of ``tocsin search``: from what a person types to a tree, with errors that show the way out.

::

    query  = either ;
    either = all , { "OR" , all } ;                  an all of several parts beside OR stands in parentheses
    all    = denial , { [ "AND" ] , denial } ;       words side by side must all be there
    denial = [ "-" | "NOT" ] , unit ;
    unit   = [ field , ":" ] , ( "(" , either , ")" | word , [ "*" ] | '"' , text , '"' , [ "*" ] ) ;
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from alerts.language_codes import canonical, guess
from alerts.rules.fold import fold
from alerts.rules.nodes import Scope
from alerts.search.faults import fault
from alerts.search.lexer import Kind, Lexer
from alerts.search.text import tokens
from alerts.story import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alerts.errors import QueryError
    from alerts.search.lexer import Word

LONGEST = 1_000  # characters of a query
_DEEPEST = 20  # parentheses inside one another
_LEAST_PREFIX = 2  # letters before a *
_COLUMNS = {Scope.TITLE: Field.TITLE, Scope.BODY: Field.TEXT}
_OPERATORS = {Kind.AND, Kind.OR, Kind.NOT}
_ENDS = {Kind.CLOSE, Kind.END}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that follow one another; with ``prefix`` the last may go on."""

    tokens: tuple[str, ...]
    prefix: bool = False
    field: Field | None = None  # None: in the title or in the text


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the parts, and none of those in ``without``."""

    parts: tuple[Node, ...]
    without: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parts."""

    parts: tuple[Node, ...]


Node: TypeAlias = Phrase | AllOf | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A source or language that stories must have, or with ``denied`` must not have."""

    value: str
    offset: int  # where it stands in the query
    denied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a person asks for; of several sources that are not denied a story has one, of languages likewise."""

    written: str
    words: AllOf  # without parts: whatever the rest says
    sources: tuple[Filter, ...] = ()
    languages: tuple[Filter, ...] = ()  # as stories can have them

    def phrases(self) -> Iterator[Phrase]:
        """Yield the phrases that are wanted, not those that are denied."""
        yield from _phrases(self.words)

    def fault(self, of: Filter, message: str, hint: str) -> QueryError:
        """Return an error about a part of this query."""
        return fault(self.written, of.offset, message, hint)


def phrase(text: str, *, prefix: bool = False, field: Field | None = None) -> Phrase | None:
    """Return how to find a text wherever the index has it; None when it has no letter or digit."""
    found = list(tokens(fold(text)))
    if not found:
        return None
    if found[-1].is_last_of_run:  # the run may go on, which is what pairs are for
        alone = len(found) == 1 or found[-2].end != found[-1].end
        found, prefix = (found, True) if alone else (found[:-1], False)
    return Phrase(tuple([token.text for token in found]), prefix, field)


def any_of(texts: Iterable[str]) -> AnyOf | None:
    """Return how to find stories that have one of some texts at least; None when none has a letter or digit."""
    parts = [found for text in texts if (found := phrase(text))]
    return AnyOf(tuple(dict.fromkeys(parts))) if parts else None


def parse(written: str) -> Query:
    """Read a query; raises QueryError with a caret and the way out, and nothing else, whatever the text."""
    if len(written) > LONGEST:
        hint = f"the limit is {LONGEST:,} characters"
        raise fault(written, LONGEST, f"the search is too long: {len(written):,} characters", hint)
    return _Parser(written).query()


def _phrases(node: Node) -> Iterator[Phrase]:
    if isinstance(node, Phrase):
        yield node
        return
    for part in node.parts:
        yield from _phrases(part)


class _Parser:
    """Recursive descent over the tokens; stops at the first error."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._words = Lexer(written).words()
        self._next = 0
        self._sources: list[Filter] = []
        self._languages: list[Filter] = []

    def query(self) -> Query:
        """Read the whole query."""
        if self._kind() is Kind.END:
            self._fail(0, "there is nothing to search for", 'write words, for example: tungsten "export licence"')
        tree = self._either(0, None)
        if self._kind() is Kind.CLOSE:
            self._fail(self._peek().offset, "this parenthesis was never opened", "remove it, or add the missing (")
        return Query(
            written=self._written,
            words=tree if isinstance(tree, AllOf) else AllOf((tree,)),
            sources=tuple(self._sources),
            languages=tuple(self._languages),
        )

    def _either(self, depth: int, field: Field | None) -> Node:
        outside = depth == 0
        start, filters = self._peek().offset, self._filters()
        sides = [self._all(depth, field)]
        if self._kind() is not Kind.OR:
            if not outside and not sides[0].parts:
                message = "these parentheses say only what is not wanted"
                self._fail(
                    start, message, "say what is wanted, too, or put the minus before the parenthesis: -(a OR b)"
                )
            return _plain(sides[0])
        places = [start]
        while self._kind() is Kind.OR:
            self._next += 1
            places.append(self._peek().offset)
            sides.append(self._all(depth, field))
        if self._filters() > filters:
            hint = "put the words in parentheses: source:nhk (a OR b); of several sources any will do"
            self._fail(start, "source: and lang: narrow the whole search, so they are no side of OR", hint)
        for side, place in zip(sides, places, strict=True):
            self._check_side(side, place)
        return AnyOf(tuple([_plain(side) for side in sides]))

    def _check_side(self, side: AllOf, place: int) -> None:
        if not side.parts:
            self._fail(
                place, "a side of OR needs a word that is wanted", 'write for example: tungsten OR "rare earths"'
            )
        if len(side.parts) + len(side.without) > 1:
            hint = "write (a b) OR c, or a (b OR c)"
            self._fail(place, "several words beside OR can be read in two ways", hint)

    def _all(self, depth: int, field: Field | None) -> AllOf:
        parts: list[Node] = []
        without: list[Node] = []
        if self._kind() in {Kind.OR, Kind.AND, *_ENDS}:
            self._missing()
        while self._kind() not in {Kind.OR, *_ENDS}:
            if self._kind() is Kind.AND:
                self._next += 1
                if self._kind() in {Kind.OR, Kind.AND, *_ENDS}:
                    self._missing()
            denied = self._kind() is Kind.NOT
            self._next += denied
            if (node := self._unit(depth, field, denied=denied)) is not None:
                (without if denied else parts).append(node)
        return AllOf(tuple(parts), tuple(without))

    def _unit(self, depth: int, field: Field | None, *, denied: bool) -> Node | None:
        """Read a word, a phrase or a parenthesis; None for what narrows the whole search."""
        word = self._take()
        if word.kind is Kind.FIELD:
            if word.scope not in _COLUMNS:
                self._filter(word, depth, denied=denied)
                return None
            if field is not None:
                self._fail(word.offset, "a field stands inside another", "write each field beside its own words")
            field, word = _COLUMNS[word.scope], self._take()
        if word.kind is Kind.OPEN:
            return self._group(word, depth, field)
        if word.kind is not Kind.TERM:
            self._next -= 1
            self._missing()
        return self._phrase(word, field)

    def _group(self, opened: Word, depth: int, field: Field | None) -> Node:
        if depth == _DEEPEST:
            self._fail(opened.offset, "too many parentheses inside one another", f"the limit is {_DEEPEST}")
        tree = self._either(depth + 1, field)
        if self._take().kind is not Kind.CLOSE:
            self._fail(opened.offset, "this parenthesis is never closed", "add the missing )")
        return tree

    def _phrase(self, word: Word, field: Field | None) -> Phrase:
        found = phrase(word.text, prefix=word.prefix, field=field)
        if found is None:
            hint = "leave it out; signs do not matter to a search"
            self._fail(word.offset, f'"{word.text}{"*" * word.prefix}" has no letter or digit to search for', hint)
        if word.prefix and found.prefix and len(found.tokens[-1]) < _LEAST_PREFIX and not _is_dense(found):
            hint = f"write at least {_LEAST_PREFIX} letters before the *"
            self._fail(word.offset, f'"{word.text}*" would find too much', hint)
        return found

    def _filter(self, word: Word, depth: int, *, denied: bool) -> None:
        name = str(word.scope)
        if depth:
            hint = f"write {name}: outside of parentheses"
            self._fail(word.offset, f"{name}: narrows the whole search", hint)
        value = self._take()
        if value.kind is not Kind.TERM or value.prefix:
            hint = f"write {name}:{'nhk' if word.scope is Scope.SOURCE else 'ja'}, and several beside one another"
            self._fail(value.offset, f"{name}: takes one name", hint)
        if word.scope is Scope.SOURCE:
            self._sources.append(Filter(value=value.text, offset=value.offset, denied=denied))
            return
        language = canonical(value.text)
        if language is None:
            meant = guess(value.text)
            hint = f"write lang:{meant}" if meant else "write a code such as lang:en or lang:ja"
            self._fail(value.offset, f'"{value.text}" is not a language', hint)
        self._languages.append(Filter(value=language, offset=value.offset, denied=denied))

    def _filters(self) -> int:
        return len(self._sources) + len(self._languages)

    def _peek(self) -> Word:
        return self._words[self._next]

    def _kind(self) -> Kind:
        return self._peek().kind

    def _take(self) -> Word:
        self._next += 1
        return self._words[self._next - 1]

    def _missing(self) -> NoReturn:
        """Say that a word is missing before the next token."""
        at = self._peek()
        before = self._words[self._next - 1] if self._next else at
        after = f" after {before.text}" if self._next else ""
        place = "at the end" if at.kind is Kind.END else f"before {at.text}"
        named = next((one.text for one in (before, at) if one.kind in _OPERATORS and one.text.isalpha()), None)
        hint = f'write one; to search for the word itself, put it in quotes: "{named}"' if named else "write one"
        self._fail(at.offset, f"a word is missing {place}{after}", hint)

    def _fail(self, offset: int, message: str, hint: str) -> NoReturn:
        raise fault(self._written, offset, message, hint)


def _plain(side: AllOf) -> Node:
    return side.parts[0] if len(side.parts) == 1 and not side.without else side


def _is_dense(found: Phrase) -> bool:
    """Say whether the last token is one letter of a run, which is found at every place without a *."""
    return phrase(found.tokens[-1]) == Phrase(found.tokens[-1:], prefix=True)
