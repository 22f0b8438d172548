"""The case forms of German names that a search for English plurals does not find, such as Frankreichs."""

from __future__ import annotations

import re

_ADJECTIVE = re.compile(r"([A-ZÄÖÜ][a-zäöüß]+(?:isch|igt|iert|lich|ig))(?:e|er|es)")
_GENITIVE_IN_S = re.compile(r"(?:ch|sh)$")  # of which an English plural would be in -es


def case_forms(name: str) -> list[str]:
    """Return a name in its cases, nominative first, but for those in -s that a search finds anyway: Polens."""
    forms = [name]
    words = name.split()
    leading = 0
    while leading < len(words) - 1 and (found := _ADJECTIVE.fullmatch(words[leading])):
        words[leading] = f"{found[1]}en"
        leading += 1
    if leading:
        forms.append(" ".join(words))
    return [form for one in forms for form in ([one, f"{one}s"] if _GENITIVE_IN_S.search(one) else [one])]
