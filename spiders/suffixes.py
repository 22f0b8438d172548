"""Which part of a host's name its owner registered, by the Public Suffix List (https://publicsuffix.org)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import idna

_SNAPSHOT = "tldextract", ".tld_set_snapshot"  # the library itself would hold 8 MB for it, and could fetch a newer one

_DEEPEST = 10  # dots of a host that are looked at: no rule has half as many


def registrable(host: str) -> str | None:
    """Return the registrable domain of a host in lower case; None when its suffix is unknown, or nothing else.

    The longest rule holds, and an exception before any other; the list's private part counts: of
    ``ann.github.io`` all was registered.
    """
    labels = host.removesuffix(".").rsplit(".", _DEEPEST)
    if not all(labels):
        return None
    known, names = _rules(), [_decoded(label) for label in labels]
    for place in range(len(labels)):
        name, parent = ".".join(names[place:]), ".".join(names[place + 1 :])
        if f"!{name}" in known:
            return ".".join(labels[place:])
        if name in known or (parent and f"*.{parent}" in known):
            return ".".join(labels[place - 1 :]) if place else None
    return None


def _decoded(label: str) -> str:
    try:
        return idna.decode(label) if label.startswith("xn--") else label
    except (UnicodeError, IndexError):  # nobody's rule
        return label


@cache
def _rules() -> frozenset[str]:
    package, name = _SNAPSHOT
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ImportError(f"{package} is not installed")
    lines = Path(found.origin).with_name(name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("//"))
