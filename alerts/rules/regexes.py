"""Regular expressions in queries: RE2, whose time is linear, with a literal to look for first."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from alerts.rules.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    import re2

LONGEST_REGEX = 500  # characters
MOST_MATCHES = 1_000  # of one expression in one text; more say nothing new
_MEMORY = 1 << 20  # bytes that RE2 may use for one expression

# A run of letters and digits that a match must hold: not inside a class or group, nothing optional.
_PIECE = re.compile(
    r"\\[pPx](?:\{[^}]*\}|\w+)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|.",
    re.DOTALL,
)
_OPTIONAL = ("?", "*", "{")
_SHORTEST_LITERAL = 3
_PLACES = ("", "a", "aa", "\n\n aa a\n")  # texts with every kind of place that an empty match can stand at


def compile_regex(pattern: str) -> re2._Regexp:
    """Compile an expression for ``matches``; raises re2.error (see ``fault_of_regex``)."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return re2.compile(pattern, options)


@cache
def _error() -> type[Exception]:
    import re2

    error: type[Exception] = re2.error
    return error


def fault_of_regex(pattern: str) -> tuple[str, str] | None:
    """Return what is wrong with an expression, and the way out."""
    if len(pattern) > LONGEST_REGEX:
        return "the regular expression is too long", f"the limit is {LONGEST_REGEX} characters"
    if not pattern:
        return "the regular expression is empty", "write it between the slashes: /RAA-20\\d\\d/"
    try:
        compiled = compile_regex(pattern)
    except _error() as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error.args[0]
        return f"the regular expression cannot be used: {reason}", "the syntax is that of RE2, without look-around"
    if any(compiled.fullmatch(text, at, at) is not None for text in _PLACES for at in range(len(text) + 1)):
        hint = "make it ask for one sign at least: /a+/ instead of /a*/, /\\bRAA\\b/ instead of /\\b/"
        return "the regular expression also matches the nothing between two signs", hint
    return None


def matches(compiled: re2._Regexp, text: str) -> Iterator[tuple[int, int]]:
    """Yield where an expression matches, in code points; what matches nothing is passed over."""
    encodable = text.encode("utf-8", "replace").decode()  # lone surrogates become one sign each
    for found in islice(compiled.finditer(encodable), MOST_MATCHES):
        if found.start() < found.end():
            yield found.start(), found.end()


def literal_of(pattern: str) -> str | None:
    """Return the folded form of letters that every match holds, None when there is no safe one.

    ASCII letters and digits side by side stay side by side in a folded text.
    """
    runs, depth = [""], 0
    pieces = _PIECE.findall(pattern)
    for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
        if piece == "|" and not depth:
            return None
        depth += (piece == "(") - (piece == ")")
        if not depth and len(piece) == 1 and piece.isascii() and piece.isalnum() and not after.startswith(_OPTIONAL):
            runs[-1] += piece
        else:
            runs.append("")
    longest = max(runs, key=len)
    return fold(longest).strip() if len(longest) >= _SHORTEST_LITERAL else None
