"""The query language of ``when:``: from what an analyst writes to a tree, with errors that show the way out.

::

    query   = either ;
    either  = all , { ( "OR" | "," ) , all } ;        commas only inside parentheses
    all     = unary , { [ "AND" ] , "NOT" , unary | "AND" , unary } ;
    unary   = "NOT" , unary | field , unary | "(" , either , ")" | "$" , name | phrase ;
    phrase  = '"' , text , '"' | word , { word } ;    bare words side by side are a phrase
    field   = ( "title" | "body" ) , ":" ;            no blank after the colon

AND and OR never meet on one level: an ``all`` of several parts beside OR stands in parentheses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from alerts.errors import ConfigError, Level, Place
from alerts.rules.lexer import FIELDS, LATER_OPERATOR, OPERATORS, Kind, Lexer, Token
from alerts.rules.spec import Text
from alerts.rules.terms import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.errors import Problem
    from alerts.story import Field

MAX_LENGTH = 100_000  # characters of one query; longer lists belong into entities
MAX_DEPTH = 50  # parentheses, fields and NOTs inside one another


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that must stand side by side."""

    text: str
    offset: int = field(default=0, compare=False)  # where in the query


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """``$name``: any of the names of an entity."""

    name: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """A part that must hold within one field of the story."""

    field: Field
    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """Every part must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one part must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part must not hold."""

    part: Node


Node = Phrase | Name | Scoped | And | Or | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading a query brought."""

    tree: Node | None = None  # None when it has errors
    names: tuple[Name, ...] = ()  # every $name, also of a query with errors
    problems: tuple[Problem, ...] = ()


_FIELD_NAMES = {scope: name for name, scope in FIELDS.items()}


def parse(query: str) -> Node:
    """Read a query; raises ConfigError with every problem found, at places in the file ``query``."""
    anchors = [(0, Place("query", 1, 1))]
    anchors += [(found.end(), Place("query", line, 1)) for line, found in enumerate(re.finditer("\n", query), start=2)]
    reading = read_query(Text(query, tuple(anchors)))
    if reading.tree is None:
        raise ConfigError([problem for problem in reading.problems if problem.level is Level.ERROR])
    return reading.tree


def read_query(query: Text) -> Reading:
    """Read a query from a file."""
    if len(query.value) > MAX_LENGTH:
        hint = f"the limit is {MAX_LENGTH:,} characters; move lists of names into entities"
        problem = query.problem(0, f"the query is too long: {len(query.value):,} characters", hint)
        return Reading(problems=(problem,))
    lexer = Lexer(query)
    tokens = lexer.tokens()
    names = tuple(Name(name=token.text, offset=token.offset) for token in tokens if token.kind is Kind.NAME)
    if any(problem.level is Level.ERROR for problem in lexer.problems):
        return Reading(names=names, problems=tuple(lexer.problems))
    try:
        return Reading(tree=_Parser(query, tokens).query(), names=names, problems=tuple(lexer.problems))
    except ConfigError as error:
        return Reading(names=names, problems=(*lexer.problems, *error.problems))


def print_query(tree: Node) -> str:
    """Write a tree so that reading it gives the same tree."""
    match tree:
        case Phrase(text=text):
            plain = re.fullmatch(r"\w+", text) and not LATER_OPERATOR.fullmatch(text) and text.upper() not in OPERATORS
            return text if plain else f'"{text}"'
        case Name(name=name):
            return f"${name}"
        case Scoped(field=scope, part=part):
            return f"{_FIELD_NAMES[scope]}:{_print_part(part, within=(Phrase, Name))}"
        case Not(part=part):
            return f"NOT {_print_part(part, within=(Phrase, Name, Scoped, Not))}"
        case And(parts=parts):
            return " AND ".join(_print_part(part, within=(Phrase, Name, Scoped, Not)) for part in parts)
        case Or(parts=parts):
            return " OR ".join(_print_part(part, within=(Phrase, Name, Scoped, Not)) for part in parts)


def terms_of(tree: Node) -> Iterator[Phrase | Name]:
    """Yield every phrase and name of a tree, from left to right."""
    match tree:
        case Phrase() | Name():
            yield tree
        case Scoped(part=part) | Not(part=part):
            yield from terms_of(part)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from terms_of(part)


def negations_inward(tree: Node) -> Node:
    """Return an equal tree in which NOT stands only before phrases and names (negation normal form)."""
    match tree:
        case Scoped(field=scope, part=part):
            return Scoped(field=scope, part=negations_inward(part))
        case And(parts=parts) | Or(parts=parts):
            return type(tree)(parts=tuple(map(negations_inward, parts)))
        case Not(part=part):
            return _denied(part)
        case _:
            return tree


def _denied(tree: Node) -> Node:
    """Return the negation of a tree, NOT only before phrases and names."""
    match tree:
        case Scoped(field=scope, part=part):
            return Scoped(field=scope, part=_denied(part))
        case And(parts=parts):
            return Or(parts=tuple(map(_denied, parts)))
        case Or(parts=parts):
            return And(parts=tuple(map(_denied, parts)))
        case Not(part=part):
            return negations_inward(part)
        case _:
            return Not(part=tree)


def _print_part(part: Node, *, within: tuple[type, ...]) -> str:
    return print_query(part) if isinstance(part, within) else f"({print_query(part)})"


class _Parser:
    """Recursive descent over the tokens; stops at the first error, raised as a ConfigError."""

    def __init__(self, query: Text, tokens: list[Token]) -> None:
        self._query = query
        self._tokens = tokens
        self._next = 0
        self._scope: Field | None = None

    def query(self) -> Node:
        """Read the whole query."""
        if self._peek().kind is Kind.END:
            self._fail(0, "the query is empty", "write what a story must say, for example: japan AND france")
        tree = self._either(0)
        if self._peek().kind is Kind.CLOSE:
            self._fail(self._peek().offset, "this parenthesis was never opened", "remove it, or add the missing (")
        if _holds_for_nothing(tree):
            subject = "a side of OR" if isinstance(tree, Or) else "a query"
            message = f"{subject} cannot consist only of NOT: it would match every story"
            self._fail(0, message, "say what the story must hold, too: japan NOT film")
        return tree

    def _either(self, depth: int) -> Node:
        start = self._peek().offset
        parts, signs = [self._unary(depth)], []
        while (sign := self._peek()).kind not in {Kind.CLOSE, Kind.END}:
            signs.append(self._sign(sign, depth))
            parts.append(self._unary(depth))
        if len(set(signs)) > 1:
            self._fail(start, "AND and OR are mixed without parentheses", _readings(parts, signs))
        if len(parts) == 1:
            return parts[0]
        return And(parts=tuple(parts)) if signs[0] is Kind.AND else Or(parts=tuple(parts))

    def _sign(self, token: Token, depth: int) -> Kind:
        """Read what stands between two parts; NOT alone means AND NOT, a comma in parentheses OR."""
        if token.kind is Kind.NOT:
            return Kind.AND
        if token.kind is Kind.COMMA and not depth:
            self._fail(token.offset, "a comma means OR only inside parentheses", "write (japan, france) or use OR")
        if token.kind not in {Kind.AND, Kind.OR, Kind.COMMA}:
            hint = "write AND or OR between them; a phrase stands in one pair of quotation marks"
            self._fail(token.offset, "two terms stand side by side", hint)
        self._next += 1
        return Kind.AND if token.kind is Kind.AND else Kind.OR

    def _unary(self, depth: int) -> Node:
        token = self._take()
        if depth > MAX_DEPTH:
            self._fail(token.offset, f"more than {MAX_DEPTH} levels of parentheses and NOTs", "split the rule")
        match token.kind:
            case Kind.NOT:
                return Not(part=self._unary(depth + 1))
            case Kind.FIELD:
                return self._scoped(token, depth)
            case Kind.OPEN:
                return self._group(token, depth)
            case _:
                return self._term(token)

    def _term(self, token: Token) -> Phrase | Name:
        match token.kind:
            case Kind.NAME:
                return Name(name=token.text, offset=token.offset)
            case Kind.PHRASE:
                return Phrase(text=token.text, offset=token.offset)
            case Kind.WORD:
                return self._words(token)
            case _:
                shown = "the end" if token.kind is Kind.END else f'"{token.text}"'
                message = f"a term is missing before {shown}"
                return self._fail(token.offset, message, "write one, or remove the operator")

    def _scoped(self, token: Token, depth: int) -> Node:
        if self._scope is not None:
            self._fail(token.offset, "a field inside a field", "write them side by side: title:japan AND body:france")
        self._scope = FIELDS[token.text]
        scoped = Scoped(field=self._scope, part=self._unary(depth + 1))
        self._scope = None
        return scoped

    def _group(self, opening: Token, depth: int) -> Node:
        if self._peek().kind is Kind.CLOSE:
            self._fail(opening.offset, "these parentheses are empty", "write a term between them, or remove them")
        tree = self._either(depth + 1)
        if self._take().kind is not Kind.CLOSE:
            self._fail(opening.offset, "this parenthesis is never closed", "add the missing )")
        return tree

    def _words(self, first: Token) -> Phrase:
        words = [first.text]
        while self._peek().kind is Kind.WORD:
            words.append(self._take().text)
        text = " ".join(words)
        if len(text) > LONGEST:
            self._fail(first.offset, "the phrase is too long", f"the limit is {LONGEST} characters")
        return Phrase(text=text, offset=first.offset)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _fail(self, offset: int, message: str, hint: str) -> NoReturn:
        raise ConfigError([self._query.problem(offset, message, hint)])


def _holds_for_nothing(tree: Node) -> bool:
    """Say whether a query holds for a story with none of its terms."""
    match tree:
        case Phrase() | Name():
            return False
        case Scoped(part=part):
            return _holds_for_nothing(part)
        case Not(part=part):
            return not _holds_for_nothing(part)
        case And(parts=parts):
            return all(map(_holds_for_nothing, parts))
        case Or(parts=parts):
            return any(map(_holds_for_nothing, parts))


def _readings(parts: list[Node], signs: list[Kind]) -> str:
    """Show both ways to read a mix of AND and OR, with the user's own terms when they are short."""
    both = [print_query(_grouped(parts, signs, first)) for first in (Kind.OR, Kind.AND)]
    if sum(map(len, both)) > LONGEST:
        both = ["(a OR b) AND c", "a OR (b AND c)"]
    known = "LexisNexis reads OR first, Factiva reads AND first"
    return f"{known}; say which you mean: {both[0]}, or {both[1]}"


def _grouped(parts: list[Node], signs: list[Kind], first: Kind) -> Node:
    """Bind the parts as a language would in which ``first`` binds tighter."""
    groups = [[parts[0]]]
    for sign, part in zip(signs, parts[1:], strict=True):
        if sign is first:
            groups[-1].append(part)
        else:
            groups.append([part])
    inner, outer = (And, Or) if first is Kind.AND else (Or, And)
    return outer(parts=tuple(inner(parts=tuple(group)) if len(group) > 1 else group[0] for group in groups))
