"""Backfill: where to look for stories that came and went between two visits, and which of them belong to the gap."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.visits.poll import Answer, Claim, Poll, Validators
from crawler.visits.record import OFFLINE, OVERLOADED
from crawler.visits.standing import Next
from spiders.entry import Reading
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.errors import FetchError
    from crawler.visits.poll import Tally
    from crawler.visits.standing import Standing
    from spiders.entry import Entry
    from spiders.source import Source

DIALECT = "backfill"  # of what a backfill hands to the intake: no document of the source's own
OLDEST = timedelta(days=7)  # that a gap is filled after it was noted, and that is looked back
MARGIN = timedelta(hours=1)  # before the gap: what is published is listed a little later
MOST_DOCUMENTS = 5
MOST_ENTRIES = 500
TRIES = 3  # of one document
WAIT = timedelta(minutes=10)  # after the first of them; then twice as long each time
_NEAR = timedelta(days=1)  # between two dates of one story
_MOST_PLACES = 100
_MOST_NOTES = 12
_SERVER_FAULT = 500  # and above
_PASSING = OFFLINE | {"host-held", "robots-unreachable", "reset", "slow-body", "short-body", "engine-gone"}


class State(StrEnum):
    """Where a backfill stands."""

    DUE = "due"
    FILLED = "filled"
    NOTHING = "nothing"
    GIVEN_UP = "given-up"


class Look(StrEnum):
    """What is looked at."""

    FEED = "feed"  # a further page of the feed itself
    LISTING = "listing"  # a further page of the listing
    SITE = "site"  # robots.txt, for the sitemaps that it names
    SITEMAP = "sitemap"


@dataclass(frozen=True, slots=True)
class Step:
    """One look."""

    look: Look
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time of which a source no longer listed anything when it was visited, and how far filling it has come."""

    source: str
    home: str  # the source's address, as the configuration had it then
    since: datetime  # the last good visit before
    until: datetime  # the visit that shared nothing with it
    late: timedelta  # that this visit was
    failures: int  # before it, in a row
    due: datetime | None  # of the next look; None: it is over
    state: State = State.DUE
    result: str = ""  # for people
    tries: int = 0  # of the next look, so far
    documents: int = 0  # asked for
    unread: int = 0  # of them could not be had
    entries: int = 0  # handed to the intake
    stories: int = 0  # of them new
    steps: tuple[Step, ...] = ()  # still to do, the next first
    asked: tuple[str, ...] = ()
    places: frozenset[str] = frozenset()  # parts of its site from which the source brings stories
    origins: tuple[str, ...] = ()  # addresses that had some of what was missed
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look brought."""

    url: str
    entries: tuple[Entry, ...] = ()  # that belong to the gap
    steps: tuple[Step, ...] = ()  # that it leads to
    reaches: bool = False  # back to the beginning of the gap, so that nothing else need be looked at
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------- a gap is noted


def begin(poll: Poll) -> Gap | None:
    """Return the gap that a visit found, with where to look first; None when the visit before is not known."""
    last = poll.claim.standing.last_ok
    if last is None or poll.reading is None or last >= poll.at:
        return None
    home, kind = poll.claim.url or poll.source.url, kind_of(poll.source, poll.claim.standing)
    steps, notes = list[Step](), list[str]()
    if older := poll.reading.hints.older:
        steps.append(Step(Look.LISTING if kind == "listing" else Look.FEED, older))
    own = [entry.url for entry in poll.reading.entries if entry.url and site_of(entry.url) == site_of(home)]
    if own:
        steps.append(Step(Look.SITE, _robots(own)))
    else:
        notes.append("sitemaps are not looked at: its stories stand on other sites")
    gap = Gap(
        source=poll.source.id,
        home=poll.source.url,
        since=max(last, poll.at - OLDEST),
        until=poll.at,
        late=max(poll.at - poll.claim.due, timedelta(0)),
        failures=poll.claim.failures,
        due=poll.at,
        steps=tuple(steps),
        asked=(home,),
        places=frozenset(sorted({place_of(url) for url in own})[:_MOST_PLACES]),
        notes=tuple(notes),
    )
    return gap if steps else _over(gap)


def joined(earlier: Gap, later: Gap) -> Gap:
    """Return two gaps of one source as one, the first of which nobody has looked at yet."""
    since = max(min(earlier.since, later.since), later.until - OLDEST)
    late, failures = max(earlier.late, later.late), max(earlier.failures, later.failures)
    return replace(later, since=since, late=late, failures=failures, places=earlier.places | later.places)


def kind_of(source: Source, standing: Standing) -> str:
    """Return what a source is read as."""
    return (standing.read_as or source.kind) if source.kind == "auto" else source.kind


def place_of(url: str) -> str:
    """Return the part of its site that an address is in: the host with the first folder that is no date."""
    parts = urlsplit(url)
    folders = [one for one in parts.path.rstrip("/").split("/")[:-1] if one and not one.isdigit()]
    return f"{parts.netloc}/{folders[0] if folders else ''}"


def _robots(urls: Sequence[str]) -> str:
    sites = Counter(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls))
    return f"{sites.most_common(1)[0][0]}/robots.txt"


# ---------------------------------------------------------------- what a look brings


def over_before(gap: Gap, source: Source | None, now: datetime) -> Gap | None:
    """Return a gap that is given up without a further look; None when it is to be filled."""
    if source is None:
        why = "the source left the configuration"
    elif source.url != gap.home:
        why = "the source has another address by now"
    elif now - gap.until > OLDEST:
        why = f"the gap is more than {OLDEST.days} days old"
    elif not gap.steps:
        why = "there is nowhere to look"
    else:
        return None
    return _over(replace(gap, notes=(*gap.notes, why)))


def sitemaps(gap: Gap, named: Iterable[str], customary: Iterable[str]) -> Looked:
    """Return which sitemaps to look at: those that robots.txt names, the most promising first, else the usual ones."""
    urls = [url for url in named if url not in gap.asked]
    notes = () if urls else ("robots.txt names no sitemap",)
    steps = tuple(Step(Look.SITEMAP, url) for url in (urls or customary))
    return Looked(url=gap.steps[0].url, steps=steps[:MOST_DOCUMENTS], notes=notes)


def looked(gap: Gap, step: Step, reading: Reading) -> Looked:
    """Return what a document tells of a gap, and how much of it was left out, for which reason."""
    kept: list[Entry] = []
    left: Counter[str] = Counter()
    for entry in reading.entries:
        if why := _why_not(gap, step, entry):
            left[why] += 1
        elif len(kept) >= MOST_ENTRIES - gap.entries:
            left[f"beyond {MOST_ENTRIES}"] += 1
        else:
            kept.append(entry)
    further = [Step(step.look, url) for url in reading.more] if step.look is Look.SITEMAP else []
    if step.look is not Look.SITEMAP and reading.hints.older:
        further.append(Step(step.look, reading.hints.older))
    says = ", ".join(f"{count} {why}" for why, count in left.items() if why != _OTHER_TIME)
    return Looked(
        url=step.url,
        entries=tuple(kept),
        steps=tuple(further),
        reaches=_reaches(gap, step, reading),
        notes=(f"left out of {step.url}: {says}",) if says else (),
    )


_OTHER_TIME = "of another time"


def _why_not(gap: Gap, step: Step, entry: Entry) -> str | None:
    """Say why an entry does not belong to a gap; None when it does."""
    if entry.published is None:
        return "without a date"
    if not gap.since - MARGIN <= entry.published <= gap.until:
        return _OTHER_TIME
    if step.look is Look.SITEMAP and (entry.url is None or place_of(entry.url) not in gap.places):
        return "in parts of the site that the source does not list"
    return None


def _reaches(gap: Gap, step: Step, reading: Reading) -> bool:
    """Tell whether a document goes back to a gap's beginning.

    The last entry tells it of what lists the newest first, for an old one may be pinned to the top.
    """
    dates = [entry.published for entry in reading.entries if entry.published]
    return bool(dates) and (min(dates) if step.look is Look.SITEMAP else dates[-1]) <= gap.since


def is_near(one: datetime | None, other: datetime | None) -> bool:
    """Tell whether two dates may be those of one story at one address; an issue of tomorrow has another."""
    return one is None or other is None or abs(one - other) <= _NEAR


def poll_of(gap: Gap, source: Source, standing: Standing, found: Looked, at: datetime) -> Poll:
    """Return what was missed as the intake takes it: as news of a visit that was as late as the one that missed it."""
    note = f"fills the gap from {gap.since:%Y-%m-%d %H:%M} to {gap.until:%Y-%m-%d %H:%M} UTC: listed by {found.url}"
    return Poll(
        claim=Claim(
            source=gap.source,
            due=at - gap.late,
            token=0,
            first=False,
            validators=Validators(),
            standing=replace(standing, last_ok=gap.since, failures=gap.failures),
        ),
        source=source,
        at=at,
        answer=Answer.READ,
        reason=DIALECT,
        elapsed=timedelta(0),
        reading=Reading(title=None, dialect=DIALECT, entries=found.entries, notes=(note,)),
        validators=Validators(),
        schedule=_unscheduled,
    )


def _unscheduled(poll: Poll, _tally: Tally) -> Next:
    return Next(at=poll.at, why="a gap was filled; the source was not visited")


# ---------------------------------------------------------------- how it goes on


def trying(gap: Gap, now: datetime) -> Gap:
    """Return a gap of which a look begins: should it end with the program, it is tried again, but not for ever."""
    return replace(gap, tries=gap.tries + 1, due=now + WAIT * 2**gap.tries)


def after(gap: Gap, step: Step, found: Looked, new: int, now: datetime) -> Gap:
    """Return a gap after a look, ``new`` stories of which were not known: over, or with the next look due."""
    asked = (*gap.asked, step.url)
    steps = tuple(one for one in dict.fromkeys((*found.steps, *gap.steps[1:])) if one.url not in asked)
    gap = replace(
        gap,
        tries=0,
        due=now,
        documents=gap.documents + 1,
        entries=gap.entries + len(found.entries),
        stories=gap.stories + new,
        steps=steps,
        asked=asked,
        origins=(*gap.origins, step.url) if new else gap.origins,
        notes=(*gap.notes, *found.notes)[:_MOST_NOTES],
    )
    if found.reaches:
        return _over(gap)
    return _next(gap)


def failed(gap: Gap, step: Step, failure: FetchError, now: datetime) -> Gap:
    """Return a gap after a look that failed: what may pass is tried again, else the next look is due."""
    if failure.reason in {"host-held", "host-taken"}:  # nobody was asked
        return replace(gap, due=now + (failure.retry_after or WAIT))
    passing = failure.reason in _PASSING or failure.status in OVERLOADED or (failure.status or 0) >= _SERVER_FAULT
    tries = gap.tries + 1
    if passing and tries < TRIES:
        wait = max(WAIT * 2**gap.tries, failure.retry_after or timedelta(0))
        return replace(gap, tries=tries, due=now + wait)
    note = f"{step.url}: {failure.reason}" + (f", {failure.detail}" if failure.detail else "")
    notes = (*gap.notes, note[:300])[:_MOST_NOTES]
    asked = (*gap.asked, step.url)
    steps = tuple(one for one in gap.steps[1:] if one.url not in asked)
    documents, failures = gap.documents + 1, gap.unread + 1
    return _next(
        replace(gap, tries=0, due=now, documents=documents, unread=failures, notes=notes, asked=asked, steps=steps)
    )


def _next(gap: Gap) -> Gap:
    if gap.steps and gap.documents < MOST_DOCUMENTS and gap.entries < MOST_ENTRIES:
        return gap
    if gap.steps:
        most = f"{MOST_DOCUMENTS} documents" if gap.documents >= MOST_DOCUMENTS else f"{MOST_ENTRIES} entries"
        gap = replace(gap, notes=(*gap.notes, f"{len(gap.steps)} more not looked at: {most} are the most"))
    return _over(gap)


def _over(gap: Gap) -> Gap:
    """Return a gap of which no more is looked at, with what came of it."""
    read = gap.documents - gap.unread
    if gap.stories:
        stories = f"{gap.stories} {'story' if gap.stories == 1 else 'stories'}"
        state, result = State.FILLED, f"filled with {stories} from {', '.join(gap.origins)}"
    elif read:
        state, result = State.NOTHING, f"nothing there: {read} document{'s' if read > 1 else ''} read"
    else:
        state, result = State.GIVEN_UP, "given up"
    return replace(gap, due=None, state=state, result="; ".join((result, *gap.notes)), steps=())
