"""Reads queries of any dialect: operators with their levels, prefixes, brackets, and what stands side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.errors import ConfigError, Level
from alerts.rules.nodes import Near, Node, Together
from alerts.rules.query import MAX_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alerts.errors import Problem
    from alerts.rules.spec import Text

Part = Node | None  # None: it was left out, and reported

MAX_DEPTH = 100  # brackets and prefixes inside one another
_MOST_TERMS = 10_000  # of one query
_MOST_TOLD = 20  # problems of one query and level
_SPLIT = "split the query"

# What people paste from a word processor, one character each.
_LOOKALIKES = str.maketrans("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff08\uff09\u00a0", '"""""""() ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A term."""

    part: Part
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Infix:
    """An operator between two parts; the higher its level, the tighter it binds."""

    level: float
    join: Callable[[Part, Part], Part]
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """An operator before a part; it holds what binds tighter than its level."""

    level: float
    apply: Callable[[Part], Part]
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """An opening or a closing bracket."""

    opens: bool
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """An operator after a part, of what binds tighter than its level."""

    level: float
    apply: Callable[[Part], Part]
    offset: int


Token = Operand | Infix | Prefix | Postfix | Bracket


@dataclass(slots=True)
class Report:
    """What is said about one query while it is read."""

    query: Text
    problems: list[Problem] = field(default_factory=list)
    literal: set[int] = field(default_factory=set)  # offsets of terms that mean no other form of their words

    def lost(self, offset: int, message: str, hint: str | None = None) -> None:
        """Say that a part was left out."""
        self._tell(offset, message, hint, Level.ERROR)

    def changed(self, offset: int, message: str, hint: str | None = None) -> None:
        """Say that a part was carried, but means not quite the same."""
        self._tell(offset, message, hint, Level.WARNING)

    def _tell(self, offset: int, message: str, hint: str | None, level: Level) -> None:
        told = sum(problem.level is level for problem in self.problems[-2 * _MOST_TOLD :])
        if told < _MOST_TOLD:
            self.problems.append(self.query.problem(offset, message, hint, level))
        elif told == _MOST_TOLD:
            self.problems.append(self.query.problem(offset, "from here on there are more such places", None, level))

    def fault(self, offset: int, message: str, hint: str | None = None) -> ConfigError:
        """Return the error that gives the whole query up."""
        return ConfigError([self.query.problem(offset, message, hint)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a system writes its queries."""

    name: str
    tokens: Callable[[str, Report], Iterable[Token]]
    beside: Callable[[Token, Report], Infix]  # the operator between two parts that stand side by side
    line_by_line: bool = False  # in a file of queries each line is one
    finish: Callable[[Node, Report], Node] = lambda tree, _: tree  # what is done to the whole query, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading a foreign query brought."""

    tree: Part
    problems: tuple[Problem, ...] = ()


def read(query: Text, dialect: Dialect) -> Reading:
    """Read a query of another system."""
    report = Report(query)
    if len(query.value) > MAX_LENGTH:
        message = f"the query is too long: {len(query.value):,} characters"
        return Reading(tree=None, problems=(query.problem(0, message, f"the limit is {MAX_LENGTH:,} characters"),))
    try:
        tree = _Parser(list(dialect.tokens(query.value.translate(_LOOKALIKES), report)), dialect, report).query()
    except ConfigError as error:
        return Reading(tree=None, problems=(*report.problems, *error.problems))
    tree = None if tree is None else dialect.finish(tree, report)
    return Reading(tree=tree, problems=tuple(report.problems))


class _Parser:
    """Precedence climbing over the tokens of a dialect; operators of one level bind from left to right."""

    def __init__(self, tokens: list[Token], dialect: Dialect, report: Report) -> None:
        self._tokens = tokens
        self._dialect = dialect
        self._report = report
        self._next = 0

    def query(self) -> Part:
        """Read the whole query."""
        if not self._tokens:
            raise self._report.fault(0, "the query is empty")
        terms = [token for token in self._tokens if isinstance(token, Operand)]
        if len(terms) > _MOST_TERMS:
            raise self._report.fault(terms[_MOST_TERMS].offset, f"more than {_MOST_TERMS:,} terms", _SPLIT)
        tree = self._above(0, 0)
        if token := self._peek():
            raise self._report.fault(token.offset, "this bracket was never opened", "remove it, or add the missing one")
        return tree

    def _above(self, level: float, depth: int) -> Part:
        """Read a part and all that binds to it more tightly than ``level``."""
        left = self._unary(depth)
        proximities = 0  # of which each holds all before it
        while (operator := self._operator()) and operator.level > level:
            if self._peek() is operator:
                self._next += 1
            if isinstance(operator, Postfix):
                left = operator.apply(left)
            else:
                left = operator.join(left, self._above(operator.level, depth))
            proximities += isinstance(left, Near | Together)
            if proximities > MAX_DEPTH:
                raise self._report.fault(operator.offset, f"more than {MAX_DEPTH} proximities in a row", _SPLIT)
        return left

    def _operator(self) -> Infix | Postfix | None:
        """Return the operator that comes next, written or not; None at the end of a group."""
        token = self._peek()
        if token is None or (isinstance(token, Bracket) and not token.opens):
            return None
        return token if isinstance(token, Infix | Postfix) else self._dialect.beside(token, self._report)

    def _unary(self, depth: int) -> Part:
        token = self._peek()
        if token is None:
            raise self._report.fault(len(self._report.query.value.rstrip()), "a term is missing at the end")
        if depth > MAX_DEPTH:
            raise self._report.fault(
                token.offset, f"more than {MAX_DEPTH} brackets inside one another", "split the query"
            )
        self._next += 1
        match token:
            case Operand(part=part):
                return part
            case Prefix(level=level, apply=apply):
                return apply(self._above(level, depth + 1))
            case Bracket(opens=True, offset=offset):
                return self._group(offset, depth)
        raise self._report.fault(token.offset, "a term is missing before this", "write one, or remove the operator")

    def _group(self, offset: int, depth: int) -> Part:
        part = self._above(0, depth + 1)
        if self._peek() is None:
            raise self._report.fault(offset, "this bracket is never closed", "add the missing one")
        self._next += 1
        return part

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None
