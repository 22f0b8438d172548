"""LexisNexis terms and connectors: OR first, then proximity (the shortest first), AND, AND NOT."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from alerts.imports.grammar import Bracket, Dialect, Infix, Operand, Part, Prefix, Token
from alerts.imports.languages import language_code
from alerts.imports.parts import (
    at_least,
    both,
    either,
    left_out,
    near,
    scoped,
    term,
    together,
    unknown_operator,
    without,
)
from alerts.rules.nodes import (
    FACTS,
    And,
    AtLeast,
    Distinct,
    Near,
    Not,
    Or,
    Passage,
    Phrase,
    Scope,
    Scoped,
    Together,
    terms_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alerts.imports.grammar import Report
    from alerts.rules.nodes import Node

_AND_NOT, _AND, _SEGMENT, _PARAGRAPH, _SENTENCE, _WORDS, _OR, _BESIDE, _PREFIX = range(1, 10)
_SCOPES = {
    Scope.TITLE: ("headline", "title"),
    Scope.HLEAD: ("hlead",),
    Scope.LEAD: ("lead",),
    Scope.BODY: ("body", "text"),
    Scope.AUTHOR: ("byline", "author"),
    Scope.SECTION: ("section",),
}
_SEGMENTS = {segment: scope for scope, segments in _SCOPES.items() for segment in segments}
_CASES = frozenset({"caps", "allcaps", "nocaps"})
_FORMS = frozenset({"singular", "plural"})
_NO_WORDS = FACTS | {Scope.AUTHOR, Scope.TAG, Scope.URL, Scope.SECTION}
_PLURAL = re.compile(r"(?:[\w'-]*-)?[a-z]{2,}(?<![suioxz'])(?<!sh)(?<!ch)s")  # not process, virus, crisis
_HISSING = re.compile(r"(?:ss|sh|ch|x|zz)es$")
_NO_PLURALS = frozenset(
    re.findall(
        r"\w+",
        """
        always across alias analyses arms as atlas besides bias buses canvas christmas crises customs does earnings
        economics ethics gas has headquarters its lens means news overseas pants perhaps physics politics proceeds
        series species statistics sometimes texas thanks this thus towards was whereas
        """,
    )
)
_NAMES = frozenset({"united states", "united nations"})
_END = r"(?=[\s()\"]|$)"
_TOKEN = re.compile(
    rf"""  (?P<blank>\s+)
        | (?P<bracket>[()])
        | "(?P<phrase>[^"]*)"
        | (?P<limit>(?i:date|length)\s*(?:\(\s*)?(?:[<>=]+|(?i:aft|bef|geq|leq|is|after|before)\b)\s*[\w/.-]+\s*\)?)
        | (?i:atleast)\s*(?P<least>\d+)(?=\s*\()
        | (?P<proximity>(?:(?P<deny>(?i:not))\s+)?
            (?:(?P<order>(?i:pre|onear))|(?i:w|near)|(?=/))/\s?(?P<reach>\d+|(?i:sent|seg|para|s|p))){_END}
        | (?P<outside>(?i:not/)(?P<away>\d+|(?i:seg|s|p))){_END}
        | (?P<operator>(?i:and\s+not|and|or|not)){_END}
        | (?P<segment>[A-Za-z][\w-]*)(?=\()
        | (?P<word>[^\s()"]+)
        | (?P<odd>.)
    """,
    re.VERBOSE,
)


def _tokens(query: str, report: Report) -> Iterator[Token]:
    for found in _TOKEN.finditer(query):
        if found.lastgroup == "word" and (odd := unknown_operator(found[0], report, found.start(), _AND)):
            yield odd
        elif found.lastgroup not in {"blank", "odd"}:
            yield _token(found, report)
        elif found.lastgroup == "odd":
            raise report.fault(found.start(), "this quotation mark is never closed", "add the missing one")


def _token(found: re.Match[str], report: Report) -> Token:
    offset = found.start()
    token: Token
    match found.lastgroup:
        case "bracket":
            token = Bracket(opens=found[0] == "(", offset=offset)
        case "phrase" | "word" as kind:
            token = Operand(part=term(found[kind].replace("!", "*"), report, offset), offset=offset)
        case "limit":
            report.lost(offset, f"the limit {found[0].strip()} was left out", "see only: in docs/config.md")
            token = Operand(part=None, offset=offset)
        case "least":
            token = Prefix(level=_PREFIX, apply=at_least(report, offset, int(found["least"])), offset=offset)
        case "segment":
            token = Prefix(level=_PREFIX, apply=_segment(found["segment"], report, offset), offset=offset)
        case "operator":
            token = _operator(" ".join(found[0].upper().split()), offset)
        case "outside":
            token = _proximity(found["away"].lower(), report, offset, negated=True)
        case _:
            reach, negated = found["reach"].lower(), bool(found["deny"])
            token = _proximity(reach, report, offset, ordered=bool(found["order"]), negated=negated)
    return token


def _operator(name: str, offset: int) -> Infix:
    level, join = {"AND": (_AND, both), "OR": (_OR, either)}.get(name, (_AND_NOT, without))
    return Infix(level=level, join=join, offset=offset)


def _proximity(reach: str, report: Report, offset: int, *, ordered: bool = False, negated: bool = False) -> Infix:
    if reach.isdigit():
        join = near(report, offset, int(reach), ordered=ordered, negated=negated)
        return Infix(level=_WORDS + 1 / (1 + int(reach)), join=join, offset=offset)
    if reach == "seg":
        report.changed(offset, "/seg (same section of the document) was read as AND")
        return Infix(level=_SEGMENT, join=without if negated else both, offset=offset)
    sentence = reach in {"s", "sent"}
    passage, level = (Passage.SENTENCE, _SENTENCE) if sentence else (Passage.PARAGRAPH, _PARAGRAPH)
    return Infix(level=level, join=together(report, offset, passage, negated=negated), offset=offset)


def _segment(name: str, report: Report, offset: int) -> Callable[[Part], Part]:
    plain = name.lower()
    if scope := _SEGMENTS.get(plain):
        return scoped(report, offset, scope)
    if plain == "language":
        return partial(_language, report, offset)
    if plain in _CASES:
        return partial(_cased, report, offset, plain)
    if plain in _FORMS:
        return partial(_one_form, report, offset, name)
    hint = "write source:ft.com or only: {sources: [...]}" if plain in {"publication", "source"} else None
    return left_out(report, offset, f"the segment {name.upper()}()", hint)


def _language(report: Report, offset: int, part: Part) -> Part:
    code = language_code(part.text) if isinstance(part, Phrase) else None
    if code is None:
        report.lost(offset, "the language was left out", "write lang:en")
        return None
    return Scoped(field=Scope.LANG, part=Phrase(text=code, offset=offset))


def _one_form(report: Report, offset: int, name: str, part: Part) -> Part:
    """Keep plurals as they are written; a singular finds its plural, too."""
    terms = [] if part is None else list(terms_of(part))
    report.literal |= {one.offset for one in terms}
    if name.lower() == "singular" or not all(isinstance(one, Phrase) and singular(one.text) for one in terms):
        report.changed(offset, f"{name}: a singular finds its plural as well", 'write ="sanction" for exactly this')
    return part


def _cased(report: Report, offset: int, how: str, part: Part) -> Part:
    if isinstance(part, Phrase) and how == "allcaps":
        return Phrase(text=part.text.upper(), exact=True, offset=offset)
    if isinstance(part, Phrase) and how == "nocaps":
        return Phrase(text=part.text.lower(), exact=True, offset=offset)
    report.changed(offset, f"{how.upper()}() was dropped: any case is found", 'write ="RAA" for one spelling')
    return part


def _beside(token: Token, report: Report) -> Infix:
    def join(left: Part, right: Part) -> Part:
        if isinstance(left, Phrase) and isinstance(right, Phrase):
            return Phrase(text=f"{left.text} {right.text}", offset=left.offset)
        raise report.fault(token.offset, "two parts stand side by side", "write the connector between them")

    return Infix(level=_BESIDE, join=join, offset=token.offset)


def _singulars(tree: Node, report: Report) -> Node:
    """Write plurals in the singular, which finds both: so does Lexis, whichever of the two a query has."""
    match tree:
        case Phrase():
            form = None if tree.exact or tree.offset in report.literal else singular(tree.text)
            return replace(tree, text=form) if form else tree
        case Scoped():
            inner = tree.part if tree.field in _NO_WORDS else _singulars(tree.part, report)
            return replace(tree, part=inner)
        case Not() | AtLeast() | Distinct():
            return replace(tree, part=_singulars(tree.part, report))
        case And() | Or():
            return replace(tree, parts=tuple(_singulars(part, report) for part in tree.parts))
        case Near() | Together():
            return replace(tree, left=_singulars(tree.left, report), right=_singulars(tree.right, report))
    return tree


def singular(text: str) -> str | None:
    """Return a term with its last word in the singular; None when that is no regular English plural in lower case.

    A word with a capital is taken for a name: Williams is not William.
    """
    before, blank, word = text.rpartition(" ")
    if not _PLURAL.fullmatch(word) or word in _NO_PLURALS or text in _NAMES:
        return None
    if word.endswith("ies"):
        return f"{before}{blank}{word[:-3]}y"
    return f"{before}{blank}{word[: -2 if _HISSING.search(word) else -1]}"


DIALECT = Dialect(name="LexisNexis", tokens=_tokens, beside=_beside, finish=_singulars)
