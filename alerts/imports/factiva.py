"""Factiva's search statements: proximity first, then counts and fields, NOT, AND, OR; words side by side a phrase."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.imports.grammar import Bracket, Dialect, Infix, Operand, Part, Postfix, Prefix, Token
from alerts.imports.parts import at_least, both, deny, either, left_out, near, scoped, term, together, unknown_operator
from alerts.rules.nodes import Passage, Phrase, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alerts.imports.grammar import Report

_OR, _AND, _NOT, _FIELD, _NEAR, _BESIDE = range(1, 7)
_MOST_FIRST_WORDS = 100  # of /F50/: about what Tocsin's title and lead hold
_SCOPES = {
    Scope.TITLE: ("hd", "hl"),
    Scope.HLEAD: ("hlp",),
    Scope.LEAD: ("lp",),
    Scope.BODY: ("td",),
    Scope.AUTHOR: ("by",),
    Scope.SECTION: ("se",),
    Scope.LANG: ("la",),
}
_FIELDS = {field: scope for scope, fields in _SCOPES.items() for field in fields}
_SOURCES = frozenset({"rst", "sc", "sn", "pub"})
_END = r"(?=[\s()\[\]\"]|$)"
_TOKEN = re.compile(
    rf"""  (?P<blank>\s+)
        | (?P<bracket>[()\[\]])
        | "(?P<phrase>[^"]*)"
        | /[Nn](?P<within>\d+)/
        | /[Ff](?P<first>\d+)/
        | (?i:wc)\s*(?P<length>[<>=]+\s*\d+)
        | (?P<date>(?i:date\s+(?:from|to|after|before|on)\s)(?:(?!\s(?i:and|or|not)\s)[^()\[\]])*)
        | (?P<near>(?:(?P<any>(?i:near))|(?i:adj|w/))\s?(?P<words>\d+)?){_END}
        | (?P<same>(?i:same)){_END}
        | (?i:atleast)\s?(?P<least>\d+){_END}
        | (?P<operator>(?i:and|or|not)){_END}
        | (?P<field>[A-Za-z]{{2,5}})=(?=\S)
        | (?P<word>(?:[^\s()\[\]"/]|/(?![NnFf]\d+/)(?=\w))+)
        | (?P<odd>.)
    """,
    re.VERBOSE,
)


def _tokens(query: str, report: Report) -> Iterator[Token]:
    for found in _TOKEN.finditer(query):
        if found.lastgroup == "odd":
            if found[0] == '"':
                raise report.fault(found.start(), "this quotation mark is never closed", "add the missing one")
            report.lost(found.start(), f"the sign {found[0]} was left out")
        elif found.lastgroup == "word" and (odd := unknown_operator(found[0], report, found.start(), _AND)):
            yield odd
        elif found.lastgroup != "blank":
            yield _token(found, report)


def _token(found: re.Match[str], report: Report) -> Token:
    offset = found.start()
    token: Token
    match found.lastgroup:
        case "bracket":
            token = Bracket(opens=found[0] in "([", offset=offset)
        case "phrase" | "word" as kind:
            token = Operand(part=term(found[kind].replace("'", " "), report, offset), offset=offset)
        case "field":
            token = Prefix(level=_FIELD, apply=_field(found["field"], report, offset), offset=offset)
        case "least":
            token = Prefix(level=_FIELD, apply=at_least(report, offset, int(found["least"])), offset=offset)
        case "first":
            token = Postfix(level=_NEAR, apply=_first_words(int(found["first"]), report, offset), offset=offset)
        case "operator":
            token = _operator(found[0].upper(), offset)
        case "length" | "date":
            report.lost(offset, f"the limit {found[0].strip()} was left out", _gate(found["length"]))
            token = Operand(part=None, offset=offset)
        case _:
            token = Infix(level=_NEAR, join=_proximity(found, report, offset), offset=offset)
    return token


def _gate(length: str | None) -> str:
    """Return what of a limit to length or date a rule can say."""
    if length is None:
        return "write only: {max_age: 3d} in the rule"
    sign, words = re.findall(r"[<>=]+|\d+", length)
    if "<" in sign:
        return "a rule can ask for at least so many words (only: {min_words: 100}), not for at most"
    least = int(words) + (sign == ">")
    exactly = "; it cannot ask for at most so many" if sign == "=" else ""
    return f"write only: {{min_words: {least}}} in the rule{exactly}"


def _proximity(found: re.Match[str], report: Report, offset: int) -> Callable[[Part, Part], Part]:
    if found["same"]:
        return together(report, offset, Passage.PARAGRAPH)
    if found["within"]:
        return near(report, offset, int(found["within"]))
    return near(report, offset, int(found["words"] or 1), ordered=not found["any"])


def _operator(name: str, offset: int) -> Token:
    if name == "NOT":
        return Prefix(level=_NOT, apply=deny, offset=offset)
    return (
        Infix(level=_AND, join=both, offset=offset) if name == "AND" else Infix(level=_OR, join=either, offset=offset)
    )


def _field(name: str, report: Report, offset: int) -> Callable[[Part], Part]:
    if scope := _FIELDS.get(name.lower()):
        return scoped(report, offset, scope)
    hint = "write source:ft.com or only: {sources: [...]}" if name.lower() in _SOURCES else None
    return left_out(report, offset, f"the code {name}= of Factiva's", hint)


def _first_words(count: int, report: Report, offset: int) -> Callable[[Part], Part]:
    if count > _MOST_FIRST_WORDS:
        report.lost(offset, f"the limit to the first {count} words was left out", "hlead: is title and first paragraph")
        return lambda part: part
    report.changed(offset, f"the first {count} words were read as hlead: (title and first paragraph)")
    return scoped(report, offset, Scope.HLEAD)


def _beside(token: Token, report: Report) -> Infix:
    """Factiva's default operator is adj1; of plain words it makes a phrase."""
    if isinstance(token, Prefix):
        return Infix(level=_NOT, join=both, offset=token.offset)  # a NOT b
    adjacent = near(report, token.offset, 1, ordered=True)

    def join(left: Part, right: Part) -> Part:
        if isinstance(left, Phrase) and isinstance(right, Phrase):
            return Phrase(text=f"{left.text} {right.text}", offset=left.offset)
        return adjacent(left, right)

    return Infix(level=_BESIDE, join=join, offset=token.offset)


DIALECT = Dialect(name="Factiva", tokens=_tokens, beside=_beside)
