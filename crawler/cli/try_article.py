"""What stands at an address that a user tries: the stories of a feed, or an article with what its page left out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.errors import FetchError, StoreError
from crawler.cli.addresses import as_story, source_of
from crawler.cli.common import shown
from crawler.cli.cut_words import cut_facts, cut_lines
from crawler.cli.stories_show import length, stored
from crawler.clock import SystemClock
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.text import Text

    from alerts.story import Story
    from crawler.cli.probe import Probe
    from crawler.cli.stories_show import Stored
    from crawler.config.model import Config
    from spiders.article import Article
    from spiders.entry import Reading
    from spiders.reading import Document
    from spiders.source import Source

_HEAD, _TAIL = 600, 300  # characters of a text that are shown
_WORDS = 60  # of an article that a page without marks has at least
_FEW = 25  # the same of a page that is no section page
_EACH = 30  # words for each link to a story: with fewer of them a page without marks is a section page


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """An article's page that was fetched because somebody asked."""

    url: str  # where it was in the end
    source: Source  # as whose page it was read
    article: Article
    stored: Stored | None  # what the store has of it
    trouble: str = ""  # why nobody could look there


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands at an address."""

    stories: Sequence[Story]
    looked: Looked | None = None  # when it is an article's page: the only story is its


def found_at(config: Config, url: str, *, as_page: bool = False) -> Found:
    """Fetch an address and read what is there: a feed, a section page, or an article's page.

    The address of a configured source is read as that source. Of other web pages one is an article's when it says
    so, or has many words for each link to a story; with ``as_page`` any is. Raises FetchError and click.UsageError.
    """
    source = source_of(config, url)
    if source in config.sources and not as_page:
        reading = asyncio.run(_visited(config, source))
        return _listed(reading, source)
    known, trouble = _stored_at(config, source.url)
    owner = _owner(config, source, known)
    seen = asyncio.run(_seen(config, source, owner, as_page=as_page))
    if seen.article is None:
        return _listed(seen.reading or asyncio.run(_visited(config, source)), source)
    for address in (seen.url, seen.article.canonical):
        if known is None and address not in {None, source.url}:
            known, trouble = _stored_at(config, address or "")
    looked = Looked(url=seen.url, source=owner, article=seen.article, stored=known, trouble=trouble)
    return Found(stories=[story_of(seen.article, owner, seen.url, SystemClock().now())], looked=looked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What was read at an address: an article, or what else is there."""

    url: str  # where it was in the end
    article: Article | None
    reading: Reading | None  # None: it has to be visited as a source


async def _visited(config: Config, source: Source) -> Reading:
    from crawler.cli.probe import Probe

    async with Probe(config) as probe:
        return await probe.reading(source)


def _listed(reading: Reading, source: Source) -> Found:
    now = SystemClock().now()
    return Found(stories=[as_story(entry, source, now) for entry in reading.entries])


async def _seen(config: Config, source: Source, owner: Source, *, as_page: bool) -> _Seen:
    """Fetch an address and read it as an article where it is one; raises FetchError."""
    from crawler.cli.probe import Probe
    from spiders.read import read
    from spiders.sniff import Form, form_of, unpacked

    async with Probe(config) as probe:
        document = await probe.document(source)
        if form_of(unpacked(document)[0].body) in {Form.PAGE, Form.OTHER}:
            return await _page(probe, document, source, owner, as_page=as_page)
        reading = await probe.run(read, document, source)
        return _Seen(url=document.url, article=None, reading=None if reading.more else reading)


async def _page(probe: Probe, document: Document, source: Source, owner: Source, *, as_page: bool) -> _Seen:
    """Read a web page as a section page and as an article, and decide which it is."""
    from spiders.article import extract, says_it_is_one
    from spiders.read import read

    reading, failure = None, None
    try:
        reading = await probe.run(read, document, source)
    except FetchError as error:
        failure = error
    try:
        article = await probe.run(extract, document, owner)
        is_one = as_page or await probe.run(says_it_is_one, document) or _is_long(article, reading)
    except FetchError as error:
        if as_page:
            raise
        article, is_one, failure = None, False, failure or (None if reading else error)
    if failure and not is_one:
        raise failure
    return _Seen(url=document.url, article=article if is_one else None, reading=reading)


def _is_long(article: Article, reading: Reading | None) -> bool:
    from spiders.clean import length_of

    words = length_of(article.text) if article.method != "description" else 0
    return words >= (_FEW if reading is None else max(_WORDS, _EACH * len(reading.entries)))


def _stored_at(config: Config, url: str) -> tuple[Stored | None, str]:
    """Return what the store has of an address, and why nobody could look there; both may be nothing."""
    try:
        return stored(config, url), ""
    except StoreError as error:
        return None, str(error)


def _owner(config: Config, source: Source, known: Stored | None) -> Source:
    """Return the source as whose page an address is read: the story's in the store, else one of the same host."""
    from spiders.urls import site_of

    if known and known.kin:
        name = known.kin.story.source
        if mine := next((one for one in config.sources if one.id == name), None):
            return mine
    host = urlsplit(source.url).netloc
    near = [one for one in config.sources if urlsplit(one.url).netloc == host]
    near += [one for one in config.sources if site_of(one.url) == site_of(source.url)]
    return near[0] if near else source


def story_of(article: Article, source: Source, url: str, now: datetime) -> Story:
    """Return the story that a page tells when nothing else is known of it."""
    from alerts.language import identify
    from alerts.story import Story

    language, _ = identify(article.title, article.text, article.language or source.language)
    return Story(
        id=0,
        outlet=source.outlet,
        url=article.canonical or url,
        title=article.title,
        text=article.text,
        language=language,
        authors=article.authors,
        section=article.section,
        published=article.published,
        date_note=article.date_note,
        seen=now,
    )


# ---------------------------------------------------------------- for programs and for people


def facts_of(looked: Looked) -> dict[str, object]:
    """Return what was found on an article's page, for programs."""
    article = looked.article
    return {
        "url": looked.url,
        "read_as": looked.source.id,
        "title": article.title,
        "published": article.published,
        "published_day": article.published_day,
        "precision": article.precision,
        "date_note": article.date_note,
        "modified": article.modified,
        "language": article.language,
        "authors": list(article.authors),
        "canonical": article.canonical,
        "method": article.method,
        "paywalled": article.paywalled,
        "truncated": article.truncated,
        "text": article.text,
        "characters": len(article.text),
        "left_out": [cut_facts(one) for one in article.cuts],
        "notes": list(article.notes),
        "stored": _stored_facts(looked),
    }


def _stored_facts(looked: Looked) -> dict[str, object] | None:
    from crawler.cli.kin import copies_facts

    known = looked.stored
    if known is None:
        return None
    return {
        "story": encode(known.id),
        "versions": len(known.editions),
        "same_text": known.editions[-1].text == looked.article.text,
        "copies": copies_facts(known.kin.copies) if known.kin else None,
    }


def lines(looked: Looked, text: Text | None = None) -> Iterator[Text]:
    """Yield what was found on an article's page, for people; the title and the rules are shown by who calls.

    ``text`` is the article's with words set off, of which the beginning and the end are shown.
    """
    from rich.text import Text

    article = looked.article
    yield Text(shown(looked.url), "dim")
    yield Text(" · ".join(filter(None, _about(looked))), "dim")
    yield Text(f"{length(article.text)} by {article.method}", "dim")
    yield _head_and_tail(Text(article.text) if text is None else text)
    for note in article.notes if not article.cuts else article.notes[:-1]:  # the last one counts the cuts
        yield Text("note  ", "yellow") + Text(shown(note))
    yield from cut_lines(article.cuts)
    yield from _stored_lines(looked)


def _about(looked: Looked) -> Iterator[str]:
    article = looked.article
    yield date_of(article)
    if article.modified:
        yield f"changed {article.modified:%Y-%m-%d %H:%M} UTC"
    yield f"says it is in {article.language}" if article.language else "says no language"
    yield f"by {shown(', '.join(article.authors))}" if article.authors else ""
    yield shown(article.section or "")
    yield f"read as a page of {looked.source.id}" if looked.source.id != "trial" else ""


def date_of(article: Article) -> str:
    """Say when an article appeared, as exactly as its page says."""
    if article.published and article.precision == "minute":
        at = article.published.astimezone(timezone(article.offset or timedelta()))
        return f"published {at:%Y-%m-%d %H:%M} {'UTC' if article.offset is None else at.isoformat()[-6:]}"
    if article.published_day:
        return f"published {article.published_day}, no time of day"
    return f"date {article.date_note or 'unknown'}"


def _head_and_tail(text: Text) -> Text:
    """Return the beginning and the end of a text, as a terminal may have it."""
    from rich.text import Text

    text.plain = "\n".join(map(shown, text.plain.split("\n")))
    if len(text) <= _HEAD + _TAIL:
        return text
    left = len(text) - _HEAD - _TAIL
    return text[:_HEAD] + Text(f"…\n[{left:,} characters more]\n…", "dim") + text[-_TAIL:]


def _stored_lines(looked: Looked) -> Iterator[Text]:
    from rich.text import Text

    from crawler.cli.kin import counted

    known = looked.stored
    if known is None:
        yield Text("not in the store" + (f": {shown(looked.trouble)}" if looked.trouble else ""), "dim")
        return
    newest, code = known.editions[-1], encode(known.id)
    same = "with the same text" if newest.text == looked.article.text else "with another text than the page has now"
    versions = counted(len(known.editions), "version", "versions")
    yield Text("in the store as ", "bold") + Text(f"{code}, {versions}, the newest {same}", "not bold")
    if known.kin and len(known.kin.copies.stories) > 1:
        copies = known.kin.copies
        outlets = counted(copies.outlets, "outlet", "outlets")
        yield Text(
            f"  one of {len(copies.stories)} stories with this text, at {outlets}; "
            f"{shown(copies.lead.member.outlet)} leads ({copies.reason})"
        )
    yield Text(f"  `tocsin stories show {code}` prints it whole, with what its versions changed", "dim")
