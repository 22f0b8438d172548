"""What an address that a user names stands for: a source, and the stories of its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.story import Story
    from crawler.config.model import Config
    from spiders.entry import Entry
    from spiders.source import Source


def source_of(config: Config, url: str) -> Source:
    """Return a source of the configuration by id or address, else one for an address; raises click.UsageError."""
    from spiders.source import Source

    if known := next((one for one in config.sources if url in {one.id, one.url}), None):
        return known
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        ids = ", ".join(one.id for one in config.sources[:5])
        raise click.UsageError(f"{url!r} is neither an http(s) address nor the id of a source (such as {ids})")
    return Source(id="trial", url=url, name=parts.hostname, kind="auto")


def as_story(entry: Entry, source: Source, now: datetime) -> Story:
    """Return the story that the daemon would make of an entry."""
    return entry.as_story(id=0, outlet=source.outlet, seen=now, language=entry.language_of_words())
