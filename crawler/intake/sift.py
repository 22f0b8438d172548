"""What a poll's entries are known by."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from alerts.cluster import copy_key, fingerprint
from alerts.cluster.boilerplate import line_keys
from crawler.intake.sketch import sketch
from crawler.intake.wanted import SHORT, breaks_off, words_of
from spiders.address import key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.story import Story
    from crawler.intake.sketch import Sketch
    from crawler.visits.poll import Poll
    from spiders.entry import Entry
    from spiders.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry and the keys by which it is known again."""

    entry: Entry
    key: bytes  # of its identity
    link_key: bytes  # of link and title: a new guid for the same thing does not make it new
    fingerprint: bytes  # of title and text
    address_key: bytes | None = None  # of what its address names, however it is spelled; None: known, or no one story
    language: str | None = None  # of its words
    identified: bool = False  # the language was looked for
    sketch: Sketch | None = None  # None: its words are known

    @property
    def spoken(self) -> str | None:
        """Return the language of its words, looking for it if nobody has."""
        return self.language if self.identified else self.entry.language_of_words()


def sift(poll: Poll) -> list[Item]:
    """Return a poll's entries with their keys, oldest first, so that ids and messages follow the news.

    Feeds list the newest first; an undated entry counts as new. An identity that a document gives to entries
    of different content names none of them: the content is then part of the key.
    """
    entries = poll.reading.entries[::-1] if poll.reading else ()
    contents = [(entry, fingerprint(entry.title, entry.text)) for entry in entries]
    uses = Counter(identity for identity, _ in {(entry.identity, content) for entry, content in contents})
    items = []
    for entry, content in sorted(contents, key=lambda pair: pair[0].published or poll.at):
        ambiguous = (content.hex(),) if uses[entry.identity] > 1 else ()
        key = identity_key(poll.source.id, entry.identity, *ambiguous)
        link = entry.url or f"none, in {poll.source.id}"  # without a link, a title says nothing across sources
        items.append(Item(entry=entry, key=key, link_key=link_key(link, entry.title), fingerprint=content))
    return items


def identified(items: Sequence[Item], known: Mapping[bytes, bytes]) -> list[Item]:
    """Return the items, with language and address those of which the words are not ``known``: fingerprints by key.

    It takes most of a millisecond for each, so it has no place inside a transaction, or on the event loop.
    """
    fresh = {item.key for item in items if known.get(item.key) != item.fingerprint}
    addresses = {item.key: address_key(item.entry.url) for item in items if item.key in fresh}
    titles = defaultdict(set)
    for item in items:
        titles[addresses.get(item.key)].add(_plain(item.entry.title))
    one_story = {key: address if len(titles[address]) == 1 else None for key, address in addresses.items()}
    return [
        replace(item, language=item.entry.language_of_words(), address_key=one_story[item.key], identified=True)
        if item.key in fresh
        else item
        for item in items
    ]


def sketched(items: Sequence[Item], source: Source, at: datetime, boilerplate: Collection[int]) -> list[Item]:
    """Return the items, those of which the words are new with what they are compared by.

    ``boilerplate`` are the keys of lines that the source puts under many stories. It takes about a millisecond for
    each, so it has no place inside a transaction, or on the event loop.
    """
    return [
        replace(item, sketch=sketch(_story(item, source, at), truncated=_is_cut(item), boilerplate=boilerplate))
        if item.identified
        else item
        for item in items
    ]


def lines_of(items: Sequence[Item]) -> frozenset[int]:
    """Return the keys of the lines of all items of which the words are new."""
    return frozenset(key for item in items if item.identified for key in line_keys(item.entry.text))


def _is_cut(item: Item) -> bool:
    return words_of(item.entry.text) < SHORT or breaks_off(item.entry.text)  # a summary, as far as anybody can tell


def _story(item: Item, source: Source, at: datetime) -> Story:
    return item.entry.as_story(id=0, outlet=source.outlet, seen=at, language=item.spoken)


def identity_key(source: str, identity: str, *more: str) -> bytes:
    """Return the key by which an entry of a source is known again; ``more`` tells those of one identity apart."""
    return _key("identity", source, identity, *more)


def link_key(link: str, title: str) -> bytes:
    """Return the key that items with one link and one title share."""
    return _key("link", link, _plain(title))


def address_key(url: str | None) -> bytes | None:
    """Return the key that all spellings of an address share; None for what names no one story."""
    address = url and key_of(url)
    return _key("address", address) if address else None


def origin_key(url: str | None) -> bytes | None:
    """Return the key that stories share of which the pages name an address as their origin; None for no one story."""
    address = url and key_of(url)
    return _key("origin", address) if address else None


def likeness_keys(item: Item) -> list[bytes]:
    """Return the keys that copies of an item share with it."""
    text_key = copy_key(item.entry.title, item.entry.text)
    return [key for key in (item.link_key, item.address_key, text_key) if key]


def _key(kind: str, *parts: str) -> bytes:
    text = "".join(f"{len(part)}:{part}" for part in parts)  # no two lists of parts give the same text
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16, person=kind.encode()).digest()


def _plain(title: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())
