"""Meltwater's Boolean searches: NOT binds tighter than AND, AND than OR; NEAR counts the words between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.imports.grammar import Bracket, Dialect, Infix, Operand, Prefix
from alerts.imports.parts import both, deny, either, left_out, near, scoped, term, unknown_operator
from alerts.rules.nodes import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.imports.grammar import Report, Token

_OR, _AND, _NOT, _NEAR, _FIELD = range(1, 6)
_USUAL = 4  # words between the two sides of NEAR without a number
_FIELDS = {"title": Scope.TITLE, "headline": Scope.TITLE, "ingress": Scope.LEAD, "url": Scope.URL, "inurl": Scope.URL}
_TOKEN = re.compile(
    r"""  (?P<blank>\s+)
        | (?P<bracket>[()])
        | (?P<boost>\^\d+(?:\.\d+)?)
        | "(?P<phrase>[^"]*)"
        | (?P<near>(?P<order>[oO]?)(?i:near)(?:/(?P<between>\d+))?)(?=[\s()"]|$)
        | (?P<operator>(?i:and|or|not))(?=[\s()"]|$)
        | (?P<field>[A-Za-z][\w.]*):(?=[^\s/])
        | (?P<word>[^\s()"^]+)
        | (?P<odd>.)
    """,
    re.VERBOSE,
)


def _tokens(query: str, report: Report) -> Iterator[Token]:
    for found in _TOKEN.finditer(query):
        offset = found.start()
        match found.lastgroup:
            case "bracket":
                yield Bracket(opens=found[0] == "(", offset=offset)
            case "phrase" | "word" as kind:
                odd = unknown_operator(found[0], report, offset, _AND)
                yield odd or Operand(part=term(found[kind], report, offset), offset=offset)
            case "near":
                between = int(found["between"] or _USUAL)
                join = near(report, offset, between + 1, ordered=bool(found["order"]))
                yield Infix(level=_NEAR, join=join, offset=offset)
            case "operator":
                yield _operator(found[0].upper(), offset)
            case "field":
                yield _field(found["field"], report, offset)
            case "boost":
                report.changed(offset, "the preference ^ only chooses the sentence shown, and was dropped")
            case "odd":
                raise report.fault(offset, "this quotation mark is never closed", "add the missing one")


def _operator(name: str, offset: int) -> Token:
    if name == "NOT":
        return Prefix(level=_NOT, apply=deny, offset=offset)
    return (
        Infix(level=_AND, join=both, offset=offset) if name == "AND" else Infix(level=_OR, join=either, offset=offset)
    )


def _field(name: str, report: Report, offset: int) -> Token:
    scope = _FIELDS.get(name.lower())
    apply = scoped(report, offset, scope) if scope else left_out(report, offset, f"the field {name}:")
    return Prefix(level=_FIELD, apply=apply, offset=offset)


def _beside(token: Token, report: Report) -> Infix:
    if not isinstance(token, Prefix):
        report.changed(token.offset, "side by side was read as AND", 'a phrase stands in "…"')
    return Infix(level=_AND, join=both, offset=token.offset)


DIALECT = Dialect(name="Meltwater", tokens=_tokens, beside=_beside)
