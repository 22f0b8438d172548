"""When an article appeared and was changed: by the page's witnesses, as exactly as they say and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.story import DateNote
from spiders import facts
from spiders.dates import when
from spiders.markup import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spiders.source import Source

_PUBLISHED_NAMES = (
    "article:published_time article:published og:published_time og:article:published_time datepublished "
    "publishdate publish-date publish_date pubdate date.published parsely-pub-date sailthru.date "
    "cxenseparse:recs:publishtime cxenseparse:publishtime dcterms.created dcterms.date dcterms.issued "
    "dc.date.issued dc.date dc.date.created bt:pubdate published_at published_time publication_date "
    "article.published article_date_original originalpublicationdate shareaholic:article_published_time "
    "rnews:datepublished weibo:article:create_at firstpublished vr:published_time iso-8601-publish-date date"
)
_PUBLISHED = tuple(_PUBLISHED_NAMES.split())
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")
_FIRST_YEAR = 1995  # of news on the web
_SLACK = timedelta(hours=14)  # a day may be tomorrow's here and today's in the east


class Precision(StrEnum):
    """How exactly a date is known."""

    MINUTE = "minute"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A date as a page gives it."""

    at: datetime | None = None  # aware UTC; of a day its first minute, where the zone is known
    day: date | None = None  # as the page writes it, in its own zone
    precision: Precision | None = None
    offset: timedelta | None = None  # east of UTC, where the page writes it
    note: DateNote | None = None


def published_of(page: facts.Page, source: Source, first: str = "") -> Dated:
    """Return when the article appeared, by the first witness that tells the moment: ``first``, then the page's own.

    Else by the first that the source's zone can date, else the day alone: that of a zoneless witness, or what
    htmldate finds in the page. ``note`` says why there is no moment, or what is odd about it.
    """
    best = Dated(note=DateNote.MISSING)
    for raw in filter(None, (first, *_witnesses(page))):
        found = _read(raw, page, source)
        if found.at and found.note is None:
            return found
        if best.note is DateNote.MISSING or _rank(found) > _rank(best):
            best = found
    if best.day is None and (day := _searched(page)):
        return Dated(day=day, precision=Precision.DAY, note=best.note)
    return best


def modified_of(page: facts.Page, source: Source) -> datetime | None:
    """Return when the article was changed last, as the page says; None where it does not, or without a zone."""
    told = (facts.text_in(item, "dateModified") for item in page.articles[:1])
    found = (_read(raw, page, source).at for raw in (*told, *page.meta(_MODIFIED)) if raw)
    return next(filter(None, found), None)


def _rank(found: Dated) -> tuple[bool, bool]:
    return found.at is not None, found.day is not None


def _read(raw: str, page: facts.Page, source: Source) -> Dated:
    """Read one witness; midnight to the second is what software writes when it knows the day only."""
    language = source.language or facts.language_of(page)
    hints = {"country": source.country, "language": language}
    at, note = when(raw, fetched=page.fetched, zone=source.timezone, **hints)
    local, offset = _local(raw, at)
    if at is None and note is DateNote.ZONELESS:
        local, _ = when(raw, fetched=page.fetched + _SLACK, zone=UTC, **hints)
    elif note is DateNote.ASSUMED_ZONE and at is not None:
        local = at.astimezone(source.timezone)
    if local is None:
        return Dated(note=note)
    exact = (local.hour, local.minute, local.second) != (0, 0, 0)
    return Dated(
        at=at, day=local.date(), precision=Precision.MINUTE if exact else Precision.DAY, offset=offset, note=note
    )


def _local(raw: str, at: datetime | None) -> tuple[datetime | None, timedelta | None]:
    """Return the moment on the clock of who wrote it, and the offset that stands there; else UTC and None."""
    text = raw.strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            local = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if at is not None and local.tzinfo is not None:
            return local, local.utcoffset()
    return at, None


def _witnesses(page: facts.Page) -> Iterator[str]:
    for item in page.articles[:1]:
        yield facts.text_in(item, "datePublished")
    yield from page.meta(_PUBLISHED)
    for item in page.articles[:1]:
        yield facts.text_in(item, "dateCreated")
    for element in page.root.xpath("//*[@itemprop='datePublished' or @pubdate]")[:2]:
        yield element.get("datetime") or element.get("content") or words_of(element)
    times = page.root.xpath("//article//time[@datetime] | //header//time[@datetime] | //main//time[@datetime]")
    said = list(dict.fromkeys(time.get("datetime") for time in times))
    if len(said) == 1:  # of several nobody knows which is meant
        yield from said


def _searched(page: facts.Page) -> date | None:
    """Return the day that htmldate finds in the page, its address included."""
    from htmldate import find_date  # slow to load; the pool's worker keeps it

    latest = (page.fetched + _SLACK).date()
    try:
        found = find_date(
            page.copy(),
            url=page.url,
            original_date=True,
            extensive_search=True,
            min_date=f"{_FIRST_YEAR}-01-01",
            max_date=latest.isoformat(),
        )
        day = date.fromisoformat(found) if found else None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
        return None  # it stumbles over some trees
    return day if day and day <= latest else None
