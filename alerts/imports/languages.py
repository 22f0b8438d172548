"""The English names of languages, as other systems write them."""

from __future__ import annotations

import re

from alerts.language_codes import NAMES


def language_code(name: str) -> str | None:
    """Return the code of a language by its English name or code; None for one that is not known."""
    plain = name.strip().lower()
    return NAMES.get(plain) or (plain if re.fullmatch("[a-z]{2}", plain) else None)
