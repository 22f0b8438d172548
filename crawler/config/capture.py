"""``capture:``, and what must never be written into one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from crawler.config import values
from crawler.config.credentials import LONG, Secrets, is_credential, without_credentials

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


def secrets_of(config: Config) -> Secrets:
    """Return the values that a capture must not hold: of variables in addresses, and of headers with credentials.

    A short value of a variable that neither its name nor its place makes a credential is one in addresses only.
    """
    variables = {name: secret.reveal() for name, secret in config.hidden.items()}
    found = {
        value
        for name, value in variables.items()
        if len(value) >= LONG or is_credential(name) or any(_is_secret_in(one.url, value) for one in config.sources)
    }
    for source in config.sources:
        for name, value in source.headers:
            if _SECRET.search(name):
                found |= {value, *value.split()[1:]}
    return Secrets(everywhere=frozenset(found), in_addresses=frozenset(variables.values()) - found)


def _is_secret_in(url: str, value: str) -> bool:
    """Whether a value stands in a parameter of an address that is named like a credential."""
    spellings = {value, quote(value, safe=""), quote(value), quote_plus(value)}
    return any(url.count(one) > without_credentials(url).count(one) for one in spellings)
