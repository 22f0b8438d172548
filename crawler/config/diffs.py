"""The difference of two texts as ``patch`` and ``git apply`` take it, with no more of the file than needed."""

from __future__ import annotations

import difflib
import re
from itertools import accumulate

_LINES = re.compile("[^\n]*\n|[^\n]+$")  # as diff counts them
_HUNK = re.compile(r"@@ -(\d+)((?:,\d+)?) \+(\d+)((?:,\d+)?) @@")
_BARE = re.compile(r"\s*(?:#.*|[\w.-]+:\s*(?:#.*)?)?\s*")  # a line without a value
_CONTEXT = 3  # lines around a change, as diff has them


def unified(name: str, before: str, after: str, within: tuple[int, int]) -> str:
    """Return the difference of two texts in the unified form, and around it lines from a stretch of the first alone.

    ``within`` is that stretch in characters, which must hold all that differs: what stands outside may be nobody's
    business, such as a token. Of a change in its last line one more line is shown, where that has no value: a patch
    that ends without any is taken to be one of the file's end.
    """
    old, new = _LINES.findall(before), _LINES.findall(after)
    ends = [0, *accumulate(map(len, old))]
    first = max((number for number, end in enumerate(ends) if end <= within[0]), default=0)
    last = next((number for number, end in enumerate(ends) if end >= within[1]), len(old))
    if last < len(old) and _BARE.fullmatch(old[last]):
        last += 1
    below = not name.startswith(("/", ".."))  # what `git apply` finds from here, by names that begin with a/ and b/
    names = (f"a/{name}", f"b/{name}") if below else (name, name)
    some, others = old[first:last], new[first : len(new) - (len(old) - last)]
    lines = difflib.unified_diff(some, others, *names, n=_CONTEXT)
    return "".join(_ended(_HUNK.sub(lambda hunk: _moved(hunk, first), line, count=1)) for line in lines)


def _moved(hunk: re.Match[str], lines: int) -> str:
    return f"@@ -{int(hunk[1]) + lines}{hunk[2]} +{int(hunk[3]) + lines}{hunk[4]} @@"


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
