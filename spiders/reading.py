"""What a dialect's reader found, made into a Reading: cleaned, dated, identified, and every loss noted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from alerts.story import DateNote
from spiders import clean
from spiders.aggregators import publisher
from spiders.dates import when
from spiders.entry import Entry, Hints, Reading
from spiders.urls import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from spiders.source import Source

ENTRY_LIMIT = 500
_IDENTITY_LIMIT = 500  # characters; a longer guid is kept as its hash
_NAME_LIMIT = 200
_LIST_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The body of an answer, and what of its head a reader needs."""

    url: str  # where it was found in the end: the base of its links
    body: bytes
    content_type: str = ""
    fetched: datetime
    max_body: int = 5 * 1024 * 1024  # bytes that a body may have, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as the document has it: markup, raw dates, relative links."""

    guid: str | None = None
    link: str | None = None
    title: str = ""
    texts: tuple[str, ...] = ()  # content, summary …: the richest is taken
    dates: tuple[str, ...] = ()  # raw, the best first
    modified: str | None = None  # a raw date
    language: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document as its dialect's reader found it."""

    title: str | None
    dialect: str
    language: str | None = None
    items: Sequence[Item]
    more: tuple[str, ...] = ()  # absolute addresses
    hints: Hints = field(default_factory=Hints)
    notes: tuple[str, ...] = ()


def reading(found: Found, source: Source, document: Document) -> Reading:
    """Clean, date and identify what was found; what is dropped is counted in the notes."""
    notes = list(found.notes)
    if len(found.items) > ENTRY_LIMIT:
        notes.append(f"{ENTRY_LIMIT} of {len(found.items)} entries read")
    language = _language(source.language or found.language)
    drafts = [_draft(item, source, document, language, notes) for item in found.items[:ENTRY_LIMIT]]
    kept = [draft for draft in drafts if draft.title or draft.text or draft.url]
    entries = _identified(kept)
    if dropped := len(drafts) - len(kept):
        notes.append(f"{dropped} entries without title, text and address dropped")
    if repeated := len(kept) - len(entries):
        notes.append(f"{repeated} repeated entries folded")
    return Reading(
        title=clean.cut(clean.title_of(found.title or ""), _NAME_LIMIT) or None,
        dialect=found.dialect,
        language=_language(found.language),
        entries=entries,
        more=found.more,
        hints=found.hints,
        notes=tuple(f"{note} ({count} times)" if count > 1 else note for note, count in Counter(notes).items()),
    )


def _draft(item: Item, source: Source, document: Document, language: str | None, notes: list[str]) -> Entry:
    """Return the entry with its guid, perhaps empty, in the place of its identity."""
    title = clean.title_of(item.title)
    text = max((clean.text_of(candidate) for candidate in item.texts), key=len, default="")
    notes += [note for note, long in _caps(title, text) if long]
    published, note = _published(item.dates, source, document, language)
    return Entry(
        identity=_short(clean.printable(item.guid or "").strip()),
        url=canonical(publisher(item.link), document.url) if item.link else None,
        title=clean.cut(title, clean.TITLE_LIMIT),
        text=clean.cut(text, clean.TEXT_LIMIT),
        language=_language(item.language) or language,
        authors=_names(item.authors),
        tags=_names(item.tags),
        published=published,
        date_note=note,
        modified=_published((item.modified or "",), source, document, language)[0],
        needs_page=not (title or text),
    )


def _caps(title: str, text: str) -> Iterable[tuple[str, bool]]:
    yield f"title cut to {clean.TITLE_LIMIT} characters", len(title) > clean.TITLE_LIMIT
    yield f"text cut to {clean.TEXT_LIMIT} characters", len(text) > clean.TEXT_LIMIT


def _published(
    dates: Sequence[str], source: Source, document: Document, language: str | None
) -> tuple[datetime | None, DateNote | None]:
    """Take the first date that can be read; when none can, say what is wrong with the best one."""
    found = [
        when(raw, fetched=document.fetched, zone=source.timezone, country=source.country, language=language)
        for raw in dates
    ]
    return next((pair for pair in found if pair[0]), found[0] if found else (None, DateNote.MISSING))


def _identified(drafts: Sequence[Entry]) -> tuple[Entry, ...]:
    """Give each entry its identity: guid, else link, each unless repeated here, else a hash of its words."""
    once = {(draft.identity, draft.url, draft.title or draft.text): draft for draft in reversed(drafts)}
    unique = list(once.values())[::-1]
    guids = Counter(draft.identity for draft in unique)
    links = Counter(draft.url for draft in unique)
    named: dict[str, Entry] = {}
    for draft in unique:
        name = draft.identity if guids[draft.identity] == 1 else ""
        if not name and draft.url and links[draft.url] == 1:
            name = draft.url
        name = name or _hash(draft.title, draft.text)
        named.setdefault(name, replace(draft, identity=name))
    return tuple(named.values())


def _short(guid: str) -> str:
    return guid if len(guid) <= _IDENTITY_LIMIT else _hash(guid)


def _hash(*texts: str) -> str:
    return "hash:" + blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _language(tag: str | None) -> str | None:
    return (tag or "").strip().replace("_", "-").lower()[:35] or None


def _names(values: Iterable[str]) -> tuple[str, ...]:
    names = (clean.cut(clean.title_of(value), _NAME_LIMIT) for value in values)
    return tuple(dict.fromkeys(name for name in names if name))[:_LIST_LIMIT]
