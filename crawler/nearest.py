"""Which rules somebody may have meant who named one that there is not."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_MOST = 3


def nearest(wanted: str, rules: Collection[str], command: str) -> str:
    """Return the nearest ids of rules, and the ``command`` that shows all of them."""
    if not rules:
        return "the configuration has none"
    near = get_close_matches(wanted.lower(), rules, n=_MOST)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{meant}`{command}` shows {'the one there is' if len(rules) == 1 else f'all {len(rules)}'}"
