"""From an address that a person names to what can be watched there: look at each candidate, and choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from alerts.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from spiders.discover import Candidate, Choice, Trial
    from spiders.entry import Reading
    from spiders.reading import Document
    from spiders.source import Source

T = TypeVar("T")

MOST_TRIALS = 12  # candidates that are fetched, so that a site gets no more requests than a reader's visit
_PROMISING = 50  # the score of a candidate that somebody named; with one of these, nothing is guessed


class Web(Protocol):
    """What exploring asks of the outside."""

    async def document(self, source: Source) -> Document:
        """Fetch what stands at a source's address, in the host's own time; raises FetchError."""

    async def reading(self, source: Source) -> Reading:
        """Fetch and read a source as the daemon would, in the host's own time; raises FetchError."""

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return ``function(*args)``, computed where a bad document can do no harm; raises FetchError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What can be watched at an address, the best first, with what was read there."""

    choices: tuple[Choice, ...]
    readings: dict[str, Reading]  # by the candidate's address and kind, see ``reading_of``

    def reading_of(self, choice: Choice) -> Reading | None:
        """Return what a candidate holds; None when it could not be read."""
        return self.readings.get(_key(choice.candidate))


async def explore(start: Source, web: Web, now: datetime, *, kinds: frozenset[str] | None = None) -> Found:
    """Find out what can be watched at ``start.url``; raises FetchError when not even that can be read.

    ``kinds`` limits what is looked for. The page itself, its feeds, the sitemaps of its robots.txt and, where
    none of these was named, the customary addresses are looked at, most promising first: of what has to be fetched
    ``MOST_TRIALS`` at most.
    """
    from spiders.discover import candidates, choose

    document = await web.document(start)
    known = await web.run(candidates, document)
    if not any(one.url == document.url and one.score >= 100 for one in known):  # noqa: PLR2004 -- it is one itself
        known = await _with_site(known, document, start, web)
    wanted = [one for one in known if kinds is None or one.kind in kinds]
    elsewhere = [one for one in wanted if one.url != document.url][:MOST_TRIALS]
    here = [one for one in wanted if one.url == document.url]  # was fetched, so a look at it costs no request
    trials = [await _tried(candidate, document, start, web) for candidate in (*elsewhere, *here)]
    readings = {_key(trial.candidate): trial.reading for trial in trials if trial.reading}
    return Found(choices=choose(trials, now), readings=readings)


async def _with_site(known: Sequence[Candidate], document: Document, start: Source, web: Web) -> tuple[Candidate, ...]:
    """Add what the site's robots.txt names, and what stands by custom where nothing was named."""
    from spiders.discover import customary, in_robots, ranked

    robots = urljoin(document.url, "/robots.txt")
    try:
        text = (await web.document(replace(start, url=robots))).body.decode("utf-8", "replace")
        known = [*known, *in_robots(text, robots)]
    except FetchError:
        pass  # most sites have one, none needs it: the candidates that remain say what was found
    if not any(one.score >= _PROMISING for one in known):
        known = [*known, *customary(document.url)]
    return ranked(known)


async def _tried(candidate: Candidate, document: Document, start: Source, web: Web) -> Trial:
    from spiders.discover import Trial
    from spiders.read import read

    source = replace(start, url=candidate.url, kind=candidate.kind)
    if urlsplit(candidate.url).hostname != urlsplit(start.url).hostname:
        source = replace(source, headers=())  # they are for the host that the user named
    try:
        if candidate.url == document.url:
            reading = await web.run(read, document, source)
        else:
            reading = await web.reading(source)
    except FetchError as error:
        return Trial(candidate=candidate, error=error)
    return Trial(candidate=candidate, reading=reading)


def _key(candidate: Candidate) -> str:
    return f"{candidate.kind} {candidate.url}"
