"""Which sources may have had an address: by what they brought from its host and section, else by host and site."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import func, select

from crawler.store import ledger
from crawler.store.schema import seen, source, story, story_version
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from crawler.store.ledger import Dossier

RECENT = 20_000  # stories that are looked through for who brought what from a host
_NEAR = 5  # sources that are told of one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A source that may have had an address."""

    dossier: Dossier
    is_it: bool  # the address is the source's own
    brought: int  # stories of late from that host
    section: int  # folders that the address shares with the nearest of them, or with the source's own
    same_host: bool
    forgotten: datetime | None = None  # when it listed the address, of which the story is no longer kept


def near(connection: Connection, url: str, keys: Callable[[str], Sequence[bytes]], now: datetime) -> list[Near]:
    """Return the sources that may have an address, the likeliest first: by what they brought, and by host and site.

    ``keys`` returns the identity keys that entries of a source with this address may have.
    """
    host, site, folders = _host(url), site_of(url), _folders(url)
    brought, sections = _brought(connection, host, folders)
    found = []
    for row in connection.execute(select(source)):
        homes = [home for home in (row.url, row.moved_to) if home]
        same_host = any(_host(home) == host for home in homes)
        is_it = any(_plain(home) == _plain(url) for home in homes)
        if not (is_it or same_host or brought[row.id] or (site and any(site_of(home) == site for home in homes))):
            continue
        own = max(_shared(folders, _folders(home)) if _host(home) == host else 0 for home in homes)
        section = max(own, sections[row.id])
        weight = (is_it, section, brought[row.id] > 0, same_host, row.enabled, brought[row.id])
        found.append((weight, row.id, same_host, section))
    found.sort(key=lambda one: one[0], reverse=True)
    nearest = [
        Near(
            dossier=dossier,
            is_it=weight[0],
            brought=brought[name],
            section=section,
            same_host=same_host,
            forgotten=connection.scalar(select(func.min(seen.c.first_seen)).where(seen.c.key.in_(keys(name)))),
        )
        for weight, name, same_host, section in found[:_NEAR]
        if (dossier := ledger.dossier(connection, name, now))
    ]
    return sorted(nearest, key=lambda one: one.forgotten is None)


def _brought(connection: Connection, host: str, folders: Sequence[str]) -> tuple[Counter[str], dict[str, int]]:
    """Return how many of the newest stories of a host each source brought, and how near in folders they were."""
    oldest = select(story.c.id).order_by(story.c.id.desc()).limit(1).offset(RECENT).scalar_subquery()
    rows = connection.execute(
        select(story.c.source_id, story_version.c.url)
        .join(story_version, (story_version.c.story_id == story.c.id) & (story_version.c.version == story.c.version))
        .where(story.c.id > func.coalesce(oldest, 0), story_version.c.url.like(f"%://%{host}/%"))
    )
    brought: Counter[str] = Counter()
    sections: dict[str, int] = defaultdict(int)
    for source_id, address in rows:
        if _host(address) == host:
            brought[source_id] += 1
            sections[source_id] = max(sections[source_id], _shared(folders, _folders(address)))
    return brought, sections


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower().removeprefix("www.")


def _plain(url: str) -> str:
    return url.partition("://")[2].rstrip("/")


def _folders(url: str) -> list[str]:
    return [part for part in urlsplit(url).path.split("/")[:-1] if part]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    number = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        number += 1
    return number
