"""The product's own judgement of pages, pairs and streams, in the shape in which others' tools ask for it."""

from __future__ import annotations

from datetime import UTC, datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from alerts.cluster.copies import Verdict, judge
from alerts.cluster.events import Frequencies, pool
from alerts.errors import FetchError
from alerts.language import identify
from alerts.story import Outlet, Story
from crawler.clock import SystemClock
from crawler.intake.kinship import Kinship
from crawler.intake.sketch import profile, sketch
from crawler.intake.threads import WordCounts
from crawler.store.kin import StoryState
from spiders import article
from spiders.dating import Precision
from spiders.reading import Document
from spiders.source import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from alerts.cluster.copies import Profile
    from alerts.cluster.events import Thread
    from crawler.store.kin import Known, Neighbour

_NOWHERE = "https://page.example/"  # the address of a page that has none
_UNDATED = datetime(2026, 11, 2, 12, tzinfo=UTC)  # when stories without a date were seen, all of them


def extract(html: bytes, url: str) -> dict[str, Any]:
    """Read a page as the daemon does: title, text, published, author, language, canonical_url.

    ``published`` is a moment in the page's own zone, or a day where the page tells no more. A page that has no
    story gives None for everything, and the daemon's reason as ``refused``.
    """
    address = url or _NOWHERE
    document = Document(url=address, body=html, fetched=SystemClock().now())
    try:
        found = article.extract(document, Source(id="page", url=address, name="page"))
    except FetchError as error:
        empty = dict.fromkeys(("title", "text", "published", "author", "language", "canonical_url"))
        return {**empty, "refused": str(error)}
    language, _ = identify(found.title, found.text, found.language)
    return {
        "title": found.title,
        "text": found.text,
        "published": _published(found),
        "author": list(found.authors),
        "language": language,
        "canonical_url": found.canonical,
    }


def is_dup(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Say whether one of two stories is a copy or an update of the other, as intake judges a pair that it found.

    They have ``title`` and ``text``, and may have ``url``, ``source`` and ``published``. Where one has no date, it
    counts as seen when the other was published.
    """
    dates = [moment for one in (a, b) if (moment := _moment(one.get("published")))]
    seen = min(dates, default=_UNDATED)
    verdict = judge(_profile(_story(a, 1, seen)), _profile(_story(b, 2, seen))).verdict
    return verdict in {Verdict.COPY, Verdict.UPDATE}


def cluster(stories: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the event of each story, in the order given, as intake finds it for one that comes after the other.

    All are taken in by one transaction, so each is compared with every thread there is and not with those alone
    that full text would name. Words are rare by all the stories: a daemon has counted thousands before.
    """
    counts, memory = WordCounts(), Nothing()
    told = [_story(one, number, _moment(one.get("published")) or _UNDATED) for number, one in enumerate(stories, 1)]
    sketches = [sketch(story, truncated=False, boilerplate=()) for story in told]
    for made in sketches:
        counts.learn(pool(made.profile.language), made.terms, memory)
    kinship = Kinship(memory, counts, _UNDATED)
    for number, (story, made) in enumerate(zip(told, sketches, strict=True), 1):
        look = kinship.look(made, None, new=False)
        copies = kinship.copies(number, look)
        kinship.keep(story, _state(story), look, copies[0].state if copies else None)
    events = {one.story: one.thread.id for one in kinship.threads}
    return [events[number] for number in range(1, len(stories) + 1)]


class Nothing:
    """The memory of a store in which there is no story yet."""

    def near(self, bands: Sequence[int], after: datetime) -> Sequence[int]:
        """Return none."""
        del bands, after
        return ()

    def similar(self, terms: Collection[str], language: str | None, after: datetime) -> Sequence[int]:
        """Return none."""
        del terms, language, after
        return ()

    def neighbours(self, stories: Collection[int]) -> Sequence[Neighbour]:
        """Return none."""
        del stories
        return ()

    def known(self, stories: Collection[int]) -> Sequence[Known]:
        """Return none."""
        del stories
        return ()

    def members(self, group: int) -> Sequence[int]:
        """Return none."""
        del group
        return ()

    def told(self, groups: Collection[int]) -> Collection[int]:
        """Return none."""
        del groups
        return ()

    def common(self, lines: Mapping[str, Collection[int]]) -> Mapping[str, frozenset[int]]:
        """Return none."""
        return dict.fromkeys(lines, frozenset())

    def threads(self, ids: Collection[int]) -> Sequence[Thread]:
        """Return none."""
        del ids
        return ()

    def frequencies(self, pool: str) -> Frequencies:
        """Return the counts of no story."""
        del pool
        return Frequencies()


def _published(found: article.Article) -> datetime | date | None:
    if found.published is None or found.precision is Precision.DAY:
        return found.published_day
    return found.published if found.offset is None else found.published.astimezone(timezone(found.offset))


def _profile(story: Story) -> Profile:
    return profile(story, truncated=False, boilerplate=())


def _story(told: Mapping[str, Any], number: int, seen: datetime) -> Story:
    title, text = told.get("title") or "", told.get("text") or ""
    url, name = told.get("url") or None, told.get("source") or ""
    host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    language, _ = identify(title, text, None)
    return Story(
        id=number,
        outlet=Outlet(id=name or host or f"outlet {number}", name=name or host, host=host),
        url=url,
        title=title,
        text=text,
        language=language,
        published=_moment(told.get("published")),
        seen=seen,
    )


def _state(story: Story) -> StoryState:
    return StoryState(
        id=story.id,
        source=story.outlet.id,
        group=story.id,
        version=1,
        published=story.published,
        date_note=None,
        seen=story.seen,
    )


def _moment(written: str | None) -> datetime | None:
    """Read a date in ISO 8601, of a day its first minute; without a zone it is UTC."""
    if not written:
        return None
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
