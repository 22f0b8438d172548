"""Readable ids for sources that have none."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Container

_SECOND_LEVEL = re.compile("ac|com?|edu|go|gob|gouv|gov|govt|gc|mil|ne|net|nom|org?")
_SAYS_NOTHING = re.compile("atom|default|feeds?|index|rdf|rss2?|xml")
_EXTENSION = re.compile(r"\.(?:aspx?|atom|cfm|html?|json|jsp|php|rdf|rss|xml)$", re.IGNORECASE)
_LONGEST = 60


def source_id(url: str) -> str:
    """Return an id such as ``nhk-news-cat6`` for ``https://www.nhk.or.jp/rss/news/cat6.xml``."""
    parts = urlsplit(url)
    words = _host_words(parts.hostname or "", parts.port)
    path = [_EXTENSION.sub("", segment) for segment in unquote(parts.path).split("/")]
    words += [word for word in map(_plain, [*path, *re.split("[&=]", unquote(parts.query))]) if word]
    kept = [words[0], *(word for word in words[1:] if not _SAYS_NOTHING.fullmatch(word))]
    name = "-".join(kept)[:_LONGEST].strip("-")
    return name or "source-" + hashlib.sha256(url.encode()).hexdigest()[:8]


def free_id(url: str, taken: Container[str]) -> str:
    """Return ``source_id``, counted where that is taken."""
    count, base = 1, source_id(url)
    name = base
    while name in taken:
        count += 1
        name = f"{base}-{count}"
    return name


def _host_words(host: str, port: int | None) -> list[str]:
    if ":" in host or re.fullmatch(r"[\d.]+", host):
        words = [_plain(host)]
    else:
        labels = re.sub(r"^www\d*\.", "", host.rstrip(".")).split(".")
        if len(labels) > 1:
            labels.pop()
        if len(labels) > 1 and _SECOND_LEVEL.fullmatch(labels[-1]):
            labels.pop()
        labels = [label for label in labels[:-1] if not re.fullmatch("feeds?|rss", label)] + labels[-1:]
        words = [_plain("-".join(labels))]
    return words if port in {None, 80, 443} else [*words, str(port)]


def _plain(word: str) -> str:
    """Keep ASCII letters and digits; anything else parts them."""
    ascii_only = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", ascii_only).strip("-")
