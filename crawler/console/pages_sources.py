"""Sources: how each does, when it comes next, and what it brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from alerts.card import safe_link
from crawler.console.room import asked
from crawler.console.views import Spark, ago, spark
from crawler.visits.spans import roughly, spoken
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from crawler.console.room import Room
    from crawler.store.ledger import Account, Dossier
    from crawler.store.panes import SourceLine

ORDER = ("gone", "failing", "silent", "new", "ok", "disabled")  # trouble first
TONES = {"gone": "bad", "failing": "bad", "silent": "warn", "new": "note", "ok": "good", "disabled": ""}
_ADDRESS = 90  # characters of one that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source in the list."""

    id: str
    name: str
    condition: str
    tone: str
    kind: str
    rhythm: Spark | None  # by the hours of the day; None: nothing learnt yet
    rate: str
    fresh: int  # stories of a day
    late: str | None
    last_at: datetime | None
    next_due: datetime | None
    next_why: str
    gaps: int
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source whole."""

    id: str
    name: str
    condition: str
    tone: str
    link: str | None
    address: str
    facts: tuple[tuple[str, str, str], ...]  # name, text, tone
    rhythm: Spark | None
    dossier: Dossier


def source_row(line: SourceLine, now: datetime) -> SourceRow:
    """Lay a source out for the list."""
    how = line.standing
    learnt = how.rhythm.learnt > 0
    return SourceRow(
        id=line.id,
        name=line.name,
        condition=line.condition,
        tone=TONES[line.condition],
        kind=how.read_as or line.kind,
        rhythm=spark(how.rhythm.profile(), f"busiest at {busiest(how.rhythm.profile())} UTC") if learnt else None,
        rate=f"{how.rhythm.rate_at(now):.1f}/h" if learnt else "-",
        fresh=line.fresh,
        late=f"{roughly(line.latency.p50)} / {roughly(line.latency.p95)}" if line.latency else None,
        last_at=line.last_at,
        next_due=line.next_due,
        next_why=line.next_why,
        gaps=how.gaps,
        trouble=trouble(line, now),
    )


def busiest(profile: Sequence[float]) -> str:
    """Return the hour of the day with most stories."""
    return f"{max(range(len(profile)), key=profile.__getitem__):02}:00"


def trouble(one: SourceLine | Account, now: datetime) -> str:
    """Say in one line what is wrong with a source; nothing when nothing is."""
    how = one.standing
    if one.condition == "silent" and how.rhythm.last_new:
        usual = f"; usual is one every {roughly(how.rhythm.gap)}" if how.rhythm.gap else ""
        return f"nothing new for {roughly(now - how.rhythm.last_new)}{usual}"
    if not how.failures:
        return ""
    since = f" for {roughly(now - how.failing_since)}" if how.failing_since else ""
    visits = f"{how.failures} visits in a row" if how.failures > 1 else "one visit"
    detail = f": {one.last_detail}" if one.last_detail else ""
    return f"{one.last_reason}{since}, {visits}{detail}"


def source_view(dossier: Dossier, now: datetime, *, hidden: bool) -> SourceView:
    """Lay a source out whole; ``hidden`` keeps an address back that holds a secret."""
    account = dossier.account
    learnt = account.standing.rhythm.learnt > 0
    return SourceView(
        id=account.id,
        name=account.name,
        condition=account.condition,
        tone=TONES[account.condition],
        link=account.url if safe_link(account.url) and not hidden else None,
        address="its address holds a secret" if hidden else account.url[:_ADDRESS],
        facts=tuple(fact for fact in _facts(dossier, now) if fact[1]),
        rhythm=spark(dossier.profile, f"busiest at {busiest(dossier.profile)} UTC") if learnt else None,
        dossier=dossier,
    )


def _facts(dossier: Dossier, now: datetime) -> Iterator[tuple[str, str, str]]:
    account, how = dossier.account, dossier.account.standing
    tone = TONES[account.condition]
    yield "State", trouble(account, now) or account.condition, tone
    if how.failures and account.last_reason:
        yield "", meaning(account.last_reason), ""
    due = ago(account.next_due, now) if account.next_due else "never"
    yield "Next visit", f"{due}: {account.next_why}", ""
    yield "Visited", f"{ago(account.last_at, now)}, last good {ago(account.last_ok, now)}", ""
    for host, (until, reason) in dossier.holds.items():
        if host in account.url:
            yield "Held", f"{host} wants to be left alone, which ends {ago(until, now)}: {reason}", "warn"
    kinds = (how.read_as or account.kind, f"tier {account.tier}", account.country, account.type)
    yield "Kind", " · ".join(one for one in kinds if one), ""
    if how.moved_to and not how.read_as:
        yield "Moved", "visited at another address; `url:` in the configuration should say so", "warn"
    every = account.cron or (spoken(account.every) if account.every else "as its rhythm asks")
    yield "Every", every, ""
    a_day = "" if account.new_a_day is None else f", {account.new_a_day:.1f} new a day"
    yield "Stories", f"{account.stories:,}{a_day}; {how.entries} in the last document", ""
    if late := account.latency:
        yield "Late", f"half within {roughly(late.p50)} of publication, 19 in 20 within {roughly(late.p95)}", ""
    if how.gaps:
        says = f"{how.gaps} visits shared nothing with the one before: stories may be missing"
        yield "Gaps", says, "warn"
    pages = dossier.pages
    if pages.due or pages.read or pages.failed:
        yield "Pages", f"{pages.read} read, {pages.failed} failed in 7 days; {pages.due} due", ""
    rhythm = how.rhythm
    if rhythm.learnt and account.rate is not None:
        usual = f", usual gap {roughly(rhythm.gap)}" if rhythm.gap else ""
        yield "Rhythm", f"{account.rate:.1f} stories/h at this hour{usual}, last new {ago(rhythm.last_new, now)}", ""
    if how.untrusted:
        yield "Repeats", "asked for whole: its server said that nothing had changed when it had", "warn"


class Sources:
    """Serves the list and the page of one source."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/sources", self.list), Route("/sources/{name}", self.show)]

    async def list(self, request: Request) -> Response:
        """Show every source, trouble first."""
        room, only, word = self._room, asked(request, "state"), asked(request, "q").lower()
        now = room.now()
        lines = await room.browse.sources(now)
        counts = {state: sum(one.condition == state for one in lines) for state in ORDER}
        chosen = [
            one
            for one in lines
            if (only in {"", one.condition}) and (not word or word in f"{one.id} {one.name} {one.url}".lower())
        ]
        chosen.sort(key=lambda one: (ORDER.index(one.condition), one.id))
        rows = [source_row(one, now) for one in chosen]
        return room.page(request, "sources.html", rows=rows, counts=counts, only=only, word=word, total=len(lines))

    async def show(self, request: Request) -> Response:
        """Show one source."""
        room, name = self._room, request.path_params["name"]
        now = room.now()
        dossier = await room.browse.dossier(name, now)
        if dossier is None:
            raise HTTPException(404, "There is no such source.")
        view = source_view(dossier, now, hidden=room.hides(name, dossier.account.url))
        return room.page(request, "source.html", source=view)
