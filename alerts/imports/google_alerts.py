"""Google Alerts: words side by side are AND, OR binds tighter, a minus excludes."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from alerts.imports.grammar import Bracket, Dialect, Infix, Operand, Part, Prefix, Token
from alerts.imports.parts import both, deny, either, left_out, near, scoped, term, unknown_operator
from alerts.rules.nodes import Phrase, Scope, Scoped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alerts.imports.grammar import Report

_REST, _AND, _OR, _AROUND, _PREFIX = range(5)
_FIELDS = {"intitle": Scope.TITLE, "inurl": Scope.URL, "intext": Scope.BODY, "inbody": Scope.BODY}
_REST_FIELDS = {"allintitle": Scope.TITLE, "allinurl": Scope.URL, "allintext": Scope.BODY}
_GAP = 5  # words that a * in a phrase is taken to stand for
_TOKEN = re.compile(
    r"""  (?P<blank>\s+)
        | (?P<bracket>[()])
        | (?P<minus>[-\u2212](?=[\w"(]))
        | \+(?=[\w"])(?P<plus>)
        | "(?P<phrase>[^"]*)"
        | AROUND\s?\((?P<around>\d+)\)
        | (?P<operator>(?:OR|AND|&)(?=[\s()"]|$)|\|)
        | (?P<field>all[a-z]+(?=:\s*[^\s/])|[a-z]+(?=:[^\s/])):
        | (?P<word>[^\s()"|]+)
        | (?P<odd>.)
    """,
    re.VERBOSE,
)


def _tokens(query: str, report: Report) -> Iterator[Token]:
    at_start = True  # of an operand: a minus inside F-35 is part of the word
    for found in _TOKEN.finditer(query):
        kind, offset = found.lastgroup, found.start()
        if kind == "minus" and not at_start:
            raise report.fault(offset, "a minus after a word excludes nothing", "put a blank before it")
        at_start = kind in {"blank", "bracket", "minus", "operator", "field", "plus"}
        if kind == "odd":
            raise report.fault(offset, "this quotation mark is never closed", "add the missing one")
        if token := _token(found, report):
            yield token


def _token(found: re.Match[str], report: Report) -> Token | None:
    offset = found.start()
    token: Token | None = None
    match found.lastgroup:
        case "bracket":
            token = Bracket(opens=found[0] == "(", offset=offset)
        case "minus":
            token = Prefix(level=_PREFIX, apply=deny, offset=offset)
        case "phrase":
            token = Operand(part=_phrase(found["phrase"], report, offset), offset=offset)
        case "word":
            token = _word(found["word"], report, offset)
        case "field":
            token = _field(found["field"], report, offset)
        case "around":
            report.changed(offset, "AROUND was read as the words between, which Google does not document")
            token = Infix(level=_AROUND, join=near(report, offset, int(found["around"]) + 1), offset=offset)
        case "operator":
            level, join = (_OR, either) if found[0] in {"OR", "|"} else (_AND, both)
            token = Infix(level=level, join=join, offset=offset)
    return token


def _word(word: str, report: Report, offset: int) -> Token | None:
    if word == "*":
        report.changed(offset, "a * on its own finds everything, and was dropped")
        return None
    if re.fullmatch(r"\d+\.\.\d+", word):
        report.lost(offset, f"the range of numbers {word} was left out")
        return Operand(part=None, offset=offset)
    if odd := unknown_operator(word, report, offset, _AND):
        return odd
    return Operand(part=term(word.lstrip("~").replace("?", ""), report, offset), offset=offset)


def _phrase(text: str, report: Report, offset: int) -> Part:
    """Read a phrase, in which a * between blanks stands for some words."""
    pieces = [" ".join(piece.split()) for piece in re.split(r"(?:^|\s)\*(?=\s|$)", text)]
    first, *others = [term(piece.replace("?", ""), report, offset) for piece in pieces if piece] or [None]
    if others:
        report.changed(offset, f"each * in the phrase was read as up to {_GAP} words")
    whole: Part = first
    for other in others:
        whole = near(report, offset, _GAP + 1, ordered=True)(whole, other)
    return whole


def _field(name: str, report: Report, offset: int) -> Prefix:
    if scope := _REST_FIELDS.get(name):
        return Prefix(level=_REST, apply=scoped(report, offset, scope), offset=offset)
    return Prefix(level=_PREFIX, apply=_applied(name, report, offset), offset=offset)


def _applied(name: str, report: Report, offset: int) -> Callable[[Part], Part]:
    if name == "site":
        return partial(_site, report, offset)
    scope = _FIELDS.get(name)
    return scoped(report, offset, scope) if scope else left_out(report, offset, f"{name}:")


def _site(report: Report, offset: int, part: Part) -> Part:
    if not isinstance(part, Phrase):
        raise report.fault(offset, "a host must follow site:", "write site:example.org")
    host, slash, path = part.text.removeprefix("www.").lstrip(".").partition("/")
    if slash and path:
        report.changed(offset, f"of site:{part.text}, the host alone was kept", f"add url:{path}")
    return Scoped(field=Scope.SOURCE, part=Phrase(text=host, offset=offset))


def _beside(token: Token, report: Report) -> Infix:  # noqa: ARG001 - the signature of a dialect
    return Infix(level=_AND, join=both, offset=token.offset)


DIALECT = Dialect(name="Google Alerts", tokens=_tokens, beside=_beside, line_by_line=True)
