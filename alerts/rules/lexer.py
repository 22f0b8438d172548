"""The tokens of a query, and every mistake that shows without its structure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import IntEnum, auto
from typing import TYPE_CHECKING, NamedTuple

from alerts.errors import Level
from alerts.rules.nodes import Listed, Scope
from alerts.rules.regexes import fault_of_regex
from alerts.rules.terms import LONGEST, PLAIN_WORDS, fault_of_wildcard, has_word, tokens_of

if TYPE_CHECKING:
    from alerts.errors import Problem
    from alerts.rules.spec import Text


class Kind(IntEnum):
    """What a token is; its hash, unlike that of other enums, is not worked out in Python."""

    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    NAME = auto()
    FIELD = auto()
    PHRASE = auto()
    LISTED = auto()  # phrases of plain words with commas in parentheses, all of it
    EXACT = auto()  # the = before a phrase or word
    REGEX = auto()
    WORD = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    NEAR = auto()  # in any order
    PRE = auto()  # in this order
    SENT = auto()
    PARA = auto()
    ATLEAST = auto()
    DISTINCT = auto()
    END = auto()


class Token(NamedTuple):
    """A piece of a query, as written."""

    kind: Kind
    text: str
    offset: int
    number: int = 0  # of NEAR, PRE, ATLEAST and DISTINCT


OPERATORS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
FARTHEST = 1_000  # words that NEAR may span, and mentions that ATLEAST may ask for

_MOST_PROBLEMS = 20  # of one query and level; who mends them sees the rest
# Synonyms of other systems: Factiva, LexisNexis, Meltwater, Brandwatch, Cision.
_FIELD_SYNONYMS = {
    Scope.TITLE: ("headline", "head", "hl", "hd", "intitle", "allintitle"),
    Scope.LEAD: ("ingress", "lp"),
    Scope.HLEAD: ("hlp",),
    Scope.BODY: ("text", "bd", "intext"),
    Scope.AUTHOR: ("by", "byline"),
    Scope.TAG: ("tags",),
    Scope.SECTION: ("se",),
    Scope.URL: ("inurl",),
    Scope.SOURCE: ("site", "publication", "domain", "rst"),
    Scope.LANG: ("language", "la"),
}
FIELDS = {str(scope): scope for scope in Scope} | {
    synonym: scope for scope, synonyms in _FIELD_SYNONYMS.items() for synonym in synonyms
}
_COUNTED = {
    **dict.fromkeys(("near", "w"), Kind.NEAR),
    **dict.fromkeys(("pre", "onear", "adj"), Kind.PRE),
    "atleast": Kind.ATLEAST,
    "distinct": Kind.DISTINCT,
}
_PASSAGES = {"SENT": Kind.SENT, "w/s": Kind.SENT, "PARA": Kind.PARA, "SAME": Kind.PARA, "w/p": Kind.PARA}
# NEAR/5, near5 and w/3; a number right after W would be a word, such as W3. The f of NEAR/5f means forward.
_COUNTED_OPERATOR = re.compile(r"(?i:(near|onear|pre|adj|atleast|distinct)/?(\d+)(f?)|(w)/(\d+))")
_BARE_OPERATOR = re.compile(r"(?:NEAR|ONEAR|PRE|ADJ|W|ATLEAST|DISTINCT)(?:/\D*)?|w/|w/seg")
# What people paste from a word processor or type on an East Asian keyboard, one character each.
_LOOKALIKES = str.maketrans(
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff08\uff09\uff0c\u3001\uff04\uff1d", '"""""""(),,$='
)
_LOOKALIKE = re.compile(f"[{''.join(map(chr, _LOOKALIKES))}]")
_SIGNS = {"open": (Kind.OPEN, "("), "close": (Kind.CLOSE, ")"), "comma": (Kind.COMMA, ",")}
_SIGNS |= {word.lower(): (kind, word) for word, kind in OPERATORS.items()}
_FIELD_NAMES = "|".join(sorted(FIELDS, key=len, reverse=True))
_TOKEN = re.compile(
    rf"""  (?P<blank>\s+)
        | (?P<listed>\( "{PLAIN_WORDS}" (?:,\s*"{PLAIN_WORDS}")* \))\s*
        | (?: (?P<open>\() | (?P<close>\)) | (?P<comma>,) )\s*
        | (?<=[\s)])(?: (?P<and>AND) | (?P<or>OR) | (?P<not>NOT) )(?=[\s(])\s*
        | "(?P<phrase>[^"]*)(?P<closed>"?)\s*
        | \$(?P<name>[\w-]*)
        | (?P<address>[A-Za-z]\w*://[^\s()]*)
        | (?P<field>[A-Za-z][\w-]*): | (?P<factiva>(?i:{_FIELD_NAMES}))= | (?P<lexis>(?i:{_FIELD_NAMES}))(?=\()
        | (?P<exact>=(?=["\w.]))
        | /(?P<regex>(?:\\.|[^/\\\n])*)(?P<slash>/?)
        | (?P<word>[^\s(),"]+)
    """,
    re.VERBOSE,
)


def is_operator(word: str) -> bool:
    """Say whether a word alone is an operator; in quotation marks it is a term."""
    return bool(word in _PASSAGES or _COUNTED_OPERATOR.fullmatch(word) or _BARE_OPERATOR.fullmatch(word))


class Lexer:
    """Cuts a query into tokens and notes all that can be seen without its structure."""

    def __init__(self, query: Text) -> None:
        self._query = query
        self.problems: list[Problem] = []

    def tokens(self) -> list[Token]:
        """Return the tokens, the last one END."""
        value = self._query.value
        if _LOOKALIKE.search(value):
            value = value.translate(_LOOKALIKES)
        tokens: list[Token] = []
        for found in _TOKEN.finditer(value):
            if found.lastgroup == "listed":
                tokens.append(self._listed(found["listed"], found.start()))
            elif sign := _SIGNS.get(found.lastgroup or ""):
                tokens.append(Token(*sign, found.start()))
            elif found.lastgroup != "blank":
                exact = bool(tokens) and tokens[-1].kind is Kind.EXACT
                tokens.append(self._token(found, exact=exact))
        return [*tokens, Token(Kind.END, "the end", len(value.rstrip()))]

    def _token(self, found: re.Match[str], *, exact: bool) -> Token:  # noqa: PLR0911  a kind of token, a line
        offset = found.start()
        match found.lastgroup:
            case "closed":
                return self._phrase(found, exact=exact)
            case "word":
                return self._word(found[0], offset, exact=exact)
            case "name":
                return self._name(found["name"], offset)
            case "field" | "factiva" | "lexis" as form:
                return self._field(found[form], found.string[found.end() : found.end() + 1], offset)
            case "exact":
                return Token(Kind.EXACT, "=", offset)
            case "slash":
                return self._regex(found)
            case _:  # an address
                hint = 'to search for these words, put them in "…"; for a source write source:example.org'
                self._problem(offset, f"an address is no term: {found[0]}", hint)
                return Token(Kind.WORD, found[0], offset)

    def _name(self, name: str, offset: int) -> Token:
        if not name:
            self._problem(offset, "a name must follow the $", "write $name without a blank")
        return Token(Kind.NAME, name, offset)

    def _phrase(self, found: re.Match[str], *, exact: bool) -> Token:
        start, end = found.span("phrase")
        text = self._query.value[start:end]
        if not found["closed"]:
            self._problem(found.start(), "this quotation mark is never closed", 'close the phrase with "')
        else:
            self._check_words(text, found.start(), exact=exact)
        return Token(Kind.PHRASE, " ".join(text.split()), found.start())

    def _listed(self, written: str, offset: int) -> Token:
        if len(written) > LONGEST:  # or no phrase of it can be too long
            for phrase in Listed(written[1:-1], offset + 1).parts:
                self._check_words(phrase.text, phrase.offset)
        return Token(Kind.LISTED, written, offset)

    def _regex(self, found: re.Match[str]) -> Token:
        pattern = self._query.value[found.start("regex") : found.end("regex")]
        if not found["slash"]:
            hint = 'end it with /, or put words with a slash in "…"'
            self._problem(found.start(), "this regular expression is never closed", hint)
        elif fault := fault_of_regex(pattern):
            self._problem(found.start(), *fault)
        return Token(Kind.REGEX, pattern, found.start())

    def _field(self, name: str, follower: str, offset: int) -> Token:
        if name.lower() not in FIELDS:
            near = get_close_matches(name.lower(), FIELDS, n=1)
            hint = f'did you mean "{near[0]}:"?' if near else 'to search for a word with a colon, put it in "…"'
            self._problem(offset, f'unknown field "{name}:"', hint)
        elif not follower or follower.isspace():
            self._problem(offset, f'a term must follow "{name}:" at once', f"write {name}:japan without a blank")
        return Token(Kind.FIELD, name, offset)

    def _word(self, word: str, offset: int, *, exact: bool) -> Token:
        if exact:
            self._check_words(word, offset, exact=True)
            return Token(Kind.WORD, word, offset)
        if kind := OPERATORS.get(word) or _PASSAGES.get(word):
            return Token(kind, word, offset)
        if found := _COUNTED_OPERATOR.fullmatch(word):
            return self._counted(found, offset)
        if _BARE_OPERATOR.fullmatch(word):
            self._bare(word, offset)
            return Token(Kind.NEAR, word, offset, 1)
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

    def _counted(self, found: re.Match[str], offset: int) -> Token:
        name = (found[1] or found[4]).lower()
        kind = Kind.PRE if found[3] and name == "near" else _COUNTED[name]
        digits = found[2] or found[5]
        number = int(digits[:9])
        if not 1 <= number <= FARTHEST:
            self._problem(offset, f"{found[0][:20]} is out of range", f"the number lies between 1 and {FARTHEST:,}")
        return Token(kind, found[0], offset, number)

    def _bare(self, word: str, offset: int) -> None:
        name = word.partition("/")[0].upper()
        if word == "w/seg":
            self._problem(offset, "w/seg is not known", "write a field around both: title:(japan AND france)")
        elif name in {"ATLEAST", "DISTINCT"}:
            self._problem(offset, f"{name} needs a number", f"write {name}/3 (rare earth, gallium)")
        else:
            hint = f"write {name}/5 (at most 5 words apart), SENT (same sentence) or PARA (same paragraph)"
            self._problem(offset, f"{name} needs a distance", hint)

    def _check_words(self, text: str, offset: int, *, exact: bool = False) -> None:
        if len(text) > LONGEST:
            self._problem(offset, f'the term "{text[:30]}…" is too long', f"the limit is {LONGEST} characters")
        elif not has_word(text):
            hint = 'put a phrase with signs in "…": "Procter & Gamble"; between terms write AND, OR or NOT'
            self._problem(offset, f'"{text}" has no letter or digit to search for', hint)
        elif not exact and (fault := fault_of_wildcard(text)):
            self._problem(offset, *fault)

    def _problem(self, offset: int, message: str, hint: str, level: Level = Level.ERROR) -> None:
        if sum(problem.level is level for problem in self.problems) < _MOST_PROBLEMS:
            self.problems.append(self._query.problem(offset, message, hint, level))
