"""``capture:``, and what must never be written into one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.config import values

if TYPE_CHECKING:
    from crawler.config.model import Config
    from crawler.config.nodes import Section

_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=400)
_WORDS = {"off", "none", "null", "~"}
_SECRET = re.compile("auth|cookie|key|token|secret|session|password", re.IGNORECASE)


def read_capture(main: Section) -> timedelta | None:
    """Read ``capture:``: for how long raw answers are kept; None: they are not."""
    return main.optional("capture", _kept)


def _kept(value: str) -> timedelta | None:
    if value.strip().lower() in _WORDS:
        return None
    return values.duration_between(_SHORTEST, _LONGEST)(value)


def secrets_of(config: Config) -> frozenset[str]:
    """Return the values that a capture must not hold: of variables in addresses, and of headers with credentials."""
    found = {secret.reveal() for secret in config.hidden}
    for source in config.sources:
        for name, value in source.headers:
            if _SECRET.search(name):
                found |= {value, *value.split()[1:]}
    return frozenset(found)
