"""The query language of ``when:``: from what an analyst writes to a tree, with errors that show the way out.

::

    query   = either ;
    either  = all , { ( "OR" | "," ) , all } ;        commas only inside parentheses
    all     = denial , { [ "AND" ] , "NOT" , denial | "AND" , denial } ;
    denial  = "NOT" , denial | nearby ;
    nearby  = unary , { [ "NOT" ] , proximity , unary } ;       from left to right
    unary   = ( "ATLEAST" | "DISTINCT" ) "/" int , unary | field , unary | primary ;
    primary = "(" , either , ")" | "$" , name | [ "=" ] , phrase | "/" , re2 , "/" ;
    phrase  = '"' , text , '"' | word , { word } ;    bare words side by side are a phrase
    proximity = ( "NEAR" | "W" | "PRE" | "ONEAR" | "ADJ" ) "/" int | "SENT" | "w/s" | "PARA" | "SAME" | "w/p" ;
    field   = name of a field , ":" ;                 no blank after the colon

AND and OR never meet on one level: an ``all`` of several parts beside OR stands in parentheses. Proximity
takes what stands at places of a text: terms, names, OR groups of them, and proximities.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from alerts.errors import ConfigError, Level, Place
from alerts.rules.lexer import FIELDS, Kind, Lexer, Token
from alerts.rules.nodes import (
    FACTS,
    And,
    AtLeast,
    Distinct,
    Listed,
    Name,
    Near,
    Node,
    Not,
    Or,
    Passage,
    Phrase,
    Regex,
    Scope,
    Scoped,
    Term,
    Together,
    has_places,
    terms_of,
)
from alerts.rules.printing import print_query
from alerts.rules.spec import Text
from alerts.rules.terms import LONGEST

if TYPE_CHECKING:
    from alerts.errors import Problem

MAX_LENGTH = 100_000  # characters of one query; longer lists belong into entities
MAX_DEPTH = 50  # parentheses, fields and NOTs inside one another

_ONE_NAME = re.compile(r"\$([\w-]+)\s*")
_ENDS = {Kind.CLOSE, Kind.END}
_PROXIMITY = {Kind.NEAR, Kind.PRE, Kind.SENT, Kind.PARA}
_SIDE_BY_SIDE = "write AND or OR between them; a phrase stands in one pair of quotation marks"


class Reading(NamedTuple):
    """What reading a query brought."""

    tree: Node | None = None  # None when it has errors
    names: tuple[Name, ...] = ()  # every $name, also of a query with errors
    problems: tuple[Problem, ...] = ()
    has_fields: bool = False


def parse(query: str) -> Node:
    """Read a query; raises ConfigError with every problem found, at places in the file ``query``."""
    anchors = [(0, Place("query", 1, 1))]
    anchors += [(found.end(), Place("query", line, 1)) for line, found in enumerate(re.finditer("\n", query), start=2)]
    reading = read_query(Text(query, tuple(anchors)))
    if reading.tree is None:
        raise ConfigError([problem for problem in reading.problems if problem.level is Level.ERROR])
    return reading.tree


def read_query(query: Text, *, may_deny: bool = False) -> Reading:
    """Read a query from a file; with ``may_deny`` it may consist only of NOT, as what an alias needs may."""
    if len(query.value) > MAX_LENGTH:
        hint = f"the limit is {MAX_LENGTH:,} characters; move lists of names into entities"
        problem = query.problem(0, f"the query is too long: {len(query.value):,} characters", hint)
        return Reading(problems=(problem,))
    if found := _ONE_NAME.fullmatch(query.value):  # most queries of a large set
        name = Name(name=found[1])
        return Reading(tree=name, names=(name,))
    lexer = Lexer(query)
    tokens = lexer.tokens()
    kinds = [token.kind for token in tokens]
    names: tuple[Name, ...] = ()
    if Kind.NAME in kinds:
        names = tuple(Name(name=token.text, offset=token.offset) for token in tokens if token.kind is Kind.NAME)
    if lexer.problems and any(problem.level is Level.ERROR for problem in lexer.problems):
        return Reading(names=names, problems=tuple(lexer.problems))
    has_fields = Kind.FIELD in kinds
    try:
        tree = _Parser(query, tokens, kinds).query(may_deny=may_deny)
        return Reading(tree=tree, names=names, problems=tuple(lexer.problems), has_fields=has_fields)
    except ConfigError as error:
        return Reading(names=names, problems=(*lexer.problems, *error.problems))


class _Parser:
    """Recursive descent over the tokens; stops at the first error, raised as a ConfigError."""

    def __init__(self, query: Text, tokens: list[Token], kinds: list[Kind]) -> None:
        self._query = query
        self._tokens = tokens
        self._kinds = kinds
        self._next = 0
        self._scope: Scope | None = None
        self._counting = False

    def query(self, *, may_deny: bool) -> Node:
        """Read the whole query."""
        if self._kind() is Kind.END:
            self._fail(0, "the query is empty", "write what a story must say, for example: japan AND france")
        tree = self._either(0)
        if self._kind() is Kind.CLOSE:
            self._fail(self._peek().offset, "this parenthesis was never opened", "remove it, or add the missing (")
        if not may_deny and _holds_for_nothing(tree):
            subject = "a side of OR" if isinstance(tree, Or) else "a query"
            message = f"{subject} cannot consist only of NOT: it would match every story"
            self._fail(0, message, "say what the story must hold, too: japan NOT film")
        return tree

    def _either(self, depth: int) -> Node:
        start = self._peek().offset
        first = self._denial(depth)
        if (first_sign := self._kind()) in _ENDS:
            return first
        parts, signs = [first], []
        while self._kind() not in _ENDS:
            signs.append(self._sign(self._peek(), depth))
            parts.append(self._denial(depth))
        if len(set(signs)) > 1:
            self._fail(start, "AND and OR are mixed without parentheses", _readings(parts, signs))
        if signs[0] is Kind.AND:
            return And(parts=tuple(parts))
        return Or(parts=tuple(parts), commas=first_sign is Kind.COMMA)

    def _stands_in_number(self, offset: int) -> bool:
        return re.fullmatch(r"\d,\d", self._query.value[offset - 1 : offset + 2]) is not None

    def _sign(self, token: Token, depth: int) -> Kind:
        """Read what stands between two parts; NOT alone means AND NOT, a comma in parentheses OR."""
        if token.kind is Kind.NOT:
            return Kind.AND
        if token.kind is Kind.COMMA and not depth:
            hint = 'put it in "…"' if self._stands_in_number(token.offset) else "write (japan, france) or use OR"
            self._fail(token.offset, "a comma means OR only inside parentheses", hint)
        if token.kind not in {Kind.AND, Kind.OR, Kind.COMMA}:
            self._fail(token.offset, "two terms stand side by side", _SIDE_BY_SIDE)
        self._next += 1
        return Kind.AND if token.kind is Kind.AND else Kind.OR

    def _denial(self, depth: int) -> Node:
        if self._kind() is not Kind.NOT:
            return self._nearby(depth)
        self._check_depth(self._take(), depth)
        return Not(part=self._denial(depth + 1))

    def _nearby(self, depth: int) -> Node:
        start = self._peek().offset
        tree = self._unary(depth)
        while (negated := self._kind() is Kind.NOT and self._kinds[self._next + 1] in _PROXIMITY) or (
            self._kind() in _PROXIMITY
        ):
            self._next += negated
            sign, right_start = self._take(), self._peek().offset
            right = self._unary(depth)
            self._check_proximity(sign, [(tree, start), (right, right_start)])
            tree = self._proximity(sign, tree, right, negated=negated)
            depth += 1
            self._check_depth(sign, depth)
        return tree

    def _proximity(self, sign: Token, left: Node, right: Node, *, negated: bool) -> Near | Together:
        if sign.kind in {Kind.SENT, Kind.PARA}:
            passage = Passage.SENTENCE if sign.kind is Kind.SENT else Passage.PARAGRAPH
            return Together(left=left, right=right, passage=passage, negated=negated)
        return Near(left=left, right=right, distance=sign.number, ordered=sign.kind is Kind.PRE, negated=negated)

    def _check_proximity(self, sign: Token, sides: list[tuple[Node, int]]) -> None:
        if self._scope in FACTS:
            self._fail(sign.offset, f"{sign.text} has no meaning in {self._scope}:", "join the values with OR")
        for side, start in sides:
            if isinstance(side, Scoped):
                hint = f"put the field around both: {side.field}:(japan {sign.text} france)"
                self._fail(start, f"a field cannot stand beside {sign.text}", hint)
            if not has_places(side):
                hint = f"it takes terms, names and OR groups: (japan, tokyo) {sign.text} france"
                self._fail(start, f"AND, NOT, ATLEAST and DISTINCT cannot stand beside {sign.text}", hint)

    def _unary(self, depth: int) -> Node:
        token = self._take()
        self._check_depth(token, depth)
        match token.kind:
            case Kind.FIELD:
                return self._scoped(token, depth)
            case Kind.ATLEAST | Kind.DISTINCT:
                return self._counted(token, depth)
            case Kind.LISTED:
                return self._listed(token, depth)
            case Kind.OPEN:
                return self._group(token, depth)
            case Kind.NOT:
                return self._fail(token.offset, "NOT cannot stand here", "write it before the whole: NOT title:(japan)")
            case _:
                return self._term(token)

    def _term(self, token: Token) -> Term:
        match token.kind:
            case Kind.NAME:
                return Name(name=token.text, offset=token.offset)
            case Kind.EXACT:
                following = self._take()
                text = following.text if following.kind is Kind.PHRASE else self._words(following)
                return Phrase(text=text, exact=True, offset=token.offset)
            case Kind.PHRASE:
                return Phrase(text=token.text, offset=token.offset)
            case Kind.REGEX:
                return Regex(pattern=token.text, offset=token.offset)
            case Kind.WORD:
                return Phrase(text=self._words(token), offset=token.offset)
            case _:
                shown = "the end" if token.kind is Kind.END else f'"{token.text}"'
                message = f"a term is missing before {shown}"
                return self._fail(token.offset, message, "write one, or remove the operator")

    def _scoped(self, token: Token, depth: int) -> Node:
        field = FIELDS[token.text.lower()]
        if self._scope is not None:
            self._fail(token.offset, "a field inside a field", "write them side by side: title:japan AND body:france")
        self._scope = field
        part = self._denial(depth + 1) if self._peek().kind is Kind.NOT else self._unary(depth + 1)
        self._scope = None
        return Scoped(field=field, part=part)

    def _counted(self, token: Token, depth: int) -> Node:
        name = token.kind.name
        if self._counting or self._scope in FACTS:
            self._fail(token.offset, f"{name} cannot stand here", "write it before the group, once")
        self._counting = True
        start = self._peek().offset
        part = self._unary(depth + 1)
        self._counting = False
        if token.kind is Kind.ATLEAST:
            if not has_places(part):
                hint = f"write {name}/{token.number} before the terms that are counted"
                self._fail(start, f"{name} counts terms, names and OR groups", hint)
            return AtLeast(count=token.number, part=part)
        if not isinstance(part, Or | Name):
            hint = f"write {name}/{token.number} (gallium, germanium), or name a list"
            self._fail(start, f"{name} counts the members of a group in parentheses", hint)
        few = isinstance(part, Or) and len(part.parts) < token.number
        if few and not any(isinstance(term, Name) for term in terms_of(part)):
            self._fail(token.offset, f"{token.text} asks for more than the group has", "lower the number")
        return Distinct(count=token.number, part=part)

    def _group(self, opening: Token, depth: int) -> Node:
        if self._kind() is Kind.CLOSE:
            self._fail(opening.offset, "these parentheses are empty", "write a term between them, or remove them")
        tree = self._either(depth + 1)
        if self._take().kind is not Kind.CLOSE:
            self._fail(opening.offset, "this parenthesis is never closed", "add the missing )")
        return tree

    def _listed(self, token: Token, depth: int) -> Node:
        self._check_depth(token, depth + 1)
        written, offset = token.text[1:-1], token.offset + 1
        return Listed(written, offset) if '",' in written else Phrase(text=written[1:-1], offset=offset)

    def _words(self, first: Token) -> str:
        words = [first.text]
        while self._kind() is Kind.WORD:
            words.append(self._take().text)
        text = " ".join(words)
        if len(text) > LONGEST:
            self._fail(first.offset, "the phrase is too long", f"the limit is {LONGEST} characters")
        return text

    def _check_depth(self, token: Token, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._fail(token.offset, f"more than {MAX_DEPTH} levels of parentheses and NOTs", "split the rule")

    def _kind(self) -> Kind:
        return self._kinds[self._next]

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _fail(self, offset: int, message: str, hint: str) -> NoReturn:
        raise ConfigError([self._query.problem(offset, message, hint)])


def _holds_for_nothing(tree: Node) -> bool:
    """Say whether a query holds for a story with none of its terms and facts."""
    match tree:
        case Phrase() | Listed() | Name():  # most parts
            return False
        case Scoped(part=part):
            return _holds_for_nothing(part)
        case Not(part=part):
            return not _holds_for_nothing(part)
        case And(parts=parts):
            return all(map(_holds_for_nothing, parts))
        case Or(parts=parts):
            return any(map(_holds_for_nothing, parts))
        case _:
            return False


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
