"""The ``sources:`` of a configuration."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

from crawler.config import values
from crawler.config.nodes import Item, Section
from crawler.config.slug import source_id
from crawler.config.strangers import read_language
from spiders.source import DEFAULT_BACKLOG, Source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from alerts.errors import Place
    from crawler.config.findings import Findings

_TYPES = ("wire", "government", "press", "state-media", "think-tank", "blog")
_ONLY_FEEDS = "give the address of a feed and write kind: auto or kind: feed"
kind = values.choice("auto", "feed", later={"sitemap": _ONLY_FEEDS, "listing": _ONLY_FEEDS})
fulltext = values.choice("auto", "never", later={"always": "write auto: the text that the feed carries is used"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDefaults:
    """What ``defaults:`` says about sources."""

    every: timedelta | None = None
    backlog: timedelta = DEFAULT_BACKLOG


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A source as written; its id may still be missing."""

    source: Source
    place: Place
    id_place: Place | None = field(default=None)  # None: the id is derived


def read_source(item: Item, defaults: SourceDefaults) -> Draft | None:
    """Read one entry of ``sources:``; None, with a problem noted, when it names no usable address."""
    entry = replace(item, name="url") if isinstance(item.node, yaml.ScalarNode) else item
    if entry is not item:
        if item.is_null and not item.report_lost_word():
            item.error("an empty entry in `sources`", "write an address, or remove the `-`")
        url = None if item.is_null else entry.read(values.address)
        return None if url is None else Draft(source=_bare(url, defaults), place=item.place)
    section = Section(replace(item, name="an entry of sources"), "sources[]")
    given = section.required("url")
    url = given.read(values.address) if given else None
    identity = section.get("id")
    source = _described(section, _bare(url or "", defaults), defaults)
    if given is None or url is None:
        return None
    return Draft(source=source, place=given.place, id_place=identity.place if identity and source.id else None)


def _bare(url: str, defaults: SourceDefaults) -> Source:
    name = (urlsplit(url).hostname or "").removeprefix("www.")
    return Source(id="", url=url, name=name, every=defaults.every, backlog=defaults.backlog)


def _described(section: Section, bare: Source, defaults: SourceDefaults) -> Source:
    section.optional("kind", kind)
    section.optional("fulltext", fulltext)
    every = section.get("every")
    return replace(
        bare,
        id=section.read("id", values.identifier, ""),
        name=section.read("name", values.text, bare.name),
        every=every.read(values.interval) if every else defaults.every,
        backlog=section.read("backlog", values.backlog, defaults.backlog),
        language=read_language(section, "language"),
        country=section.optional("country", values.country),
        tier=section.read("tier", values.whole(1, 4), 4),
        type=section.optional("type", values.choice(*_TYPES)),
        tags=section.many("tags", values.text),
        timezone=section.optional("timezone", values.zone),
    )


def settle_sources(drafts: Iterable[Draft], findings: Findings) -> tuple[Source, ...]:
    """Refuse repeated addresses and ids, and give an id to each source that has none.

    Derived ids depend on the addresses alone, not on their order in the file.
    """
    unique = _without_repeats(list(drafts), findings)
    taken = {draft.source.id for draft in unique if draft.id_place}
    derived: dict[str, str] = {}
    for url in sorted(draft.source.url for draft in unique if not draft.id_place):
        base = source_id(url)
        count, name = 1, base
        while name in taken:
            count += 1
            name = f"{base}-{count}"
        taken.add(name)
        derived[url] = name
    return tuple(
        draft.source if draft.id_place else replace(draft.source, id=derived[draft.source.url]) for draft in unique
    )


def _without_repeats(drafts: list[Draft], findings: Findings) -> list[Draft]:
    by_address: dict[str, Place] = {}
    by_id: dict[str, Place] = {}
    unique = []
    for draft in drafts:
        first = by_address.setdefault(_address_key(draft.source.url), draft.place)
        if first is not draft.place:
            findings.error(draft.place, f"this address is watched already, see {first}", "remove one of the two")
            continue
        unique.append(draft)
        if draft.id_place:
            first = by_id.setdefault(draft.source.id, draft.id_place)
            if first is not draft.id_place:
                findings.error(draft.id_place, f"`id: {draft.source.id}` is taken, see {first}", "choose another id")
    return unique


def _address_key(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    host = (parts.hostname or "").rstrip(".")
    return f"{parts.scheme}://{host}:{port}{parts.path or '/'}?{parts.query}"
