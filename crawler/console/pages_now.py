"""The first page: the newest alerts as cards, which come by themselves, and what is not well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse
from starlette.routing import Route

from alerts.outbox import State
from alerts.timing import Stage, figures
from crawler.console.room import asked, visitor_of
from crawler.console.views import MessageView, Tile, ago, message_view, source_tile
from crawler.store.panes import DAY
from crawler.store.place import file_of
from crawler.upkeep.disk import DISK, pause
from crawler.visits.spans import roughly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from alerts.timing import Figure
    from crawler.config.model import Config
    from crawler.console.live import Live
    from crawler.console.room import Room
    from crawler.store.health_plan import Reported
    from crawler.store.panes import Gauge

CARDS = 24
_SUBJECTS = {
    "dead-letters": "messages",
    "network": "the network",
    DISK: "the store's disk",
    "config": "the configuration",
}
_CONDITIONS = {"dead": "refused in every form", "outage": "most sources fail together"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is not well, as the ops channel was told."""

    subject: str
    condition: str
    since: datetime
    source: str | None  # its id, where it is about one


def tiles(gauge: Gauge, whole: Figure | None, now: datetime) -> tuple[Tile, ...]:
    """Return the numbers at the top; ``whole`` is from publication to the message, of the last day."""
    waiting = sum(gauge.outbox[state] for state in (State.PENDING, State.SENDING, State.UNCLEAR))
    dead = gauge.outbox[State.DEAD]
    unknown = "of none sent in 24 h is it known" if gauge.sent else "nothing was told in 24 h"
    oldest = f"the oldest since {ago(gauge.oldest_waiting, now)}" if gauge.oldest_waiting else "nothing waits"
    return (
        Tile(name="Last alert", value=ago(gauge.last_alert, now), note=f"{gauge.sent:,} sent in 24 h"),
        Tile(
            name="Time to alert",
            value=roughly(whole.p50) if whole else "-",
            link="/system",
            note=f"95 of 100 within {roughly(whole.p95)}" if whole else unknown,
        ),
        source_tile(gauge.sources),
        Tile(name="Waiting", value=f"{waiting:,}", tone="warn" if waiting else "", link="/delivery", note=oldest),
        Tile(
            name="Refused",
            value=f"{dead:,}",
            tone="bad" if dead else "good",
            link="/delivery?state=dead",
            note="can be tried again" if dead else "every message got through",
        ),
    )


def troubles(reports: Sequence[Reported]) -> tuple[Trouble, ...]:
    """Return what lasts of what people were told of."""
    return tuple(
        Trouble(
            subject=_SUBJECTS.get(one.report.subject, one.report.subject),
            condition=_CONDITIONS.get(one.report.condition.value, one.report.condition.value),
            since=one.report.since,
            source=one.report.subject.partition(":")[2] if one.report.subject.startswith("source:") else None,
        )
        for one in reports
        if one.report.is_open and one.report.condition.value not in {"changed", "missed"}
    )


def paused(reports: Sequence[Reported], config: Config) -> str | None:
    """Return that nothing is collected for lack of space, and the way out; None where all goes on."""
    told = any(one.report.subject == DISK and one.report.is_open for one in reports)
    return pause(file_of(config.store), config.care.disk, told=told)


class Now:
    """Serves the page, and the stream of what changes on it."""

    def __init__(self, room: Room, live: Live) -> None:
        self._room = room
        self._live = live

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/", self.show), Route("/live", self.follow)]

    async def show(self, request: Request) -> Response:
        """Show the newest alerts."""
        room, below = self._room, asked(request, "below") or None
        found = await room.browse.deliveries(below=below, limit=CARDS + 1, about=True)
        now, reports = room.now(), await room.browse.troubles()
        return room.page(
            request,
            "now.html",
            paused=paused(reports, room.config()),
            cards=[message_view(one) for one in found[:CARDS]],
            tiles=tiles(await room.browse.gauge(now), await whole(room, now), now),
            troubles=troubles(reports),
            older=found[CARDS - 1].delivery.key if len(found) > CARDS else None,
            is_first=below is None,
        )

    async def follow(self, request: Request) -> Response:
        """Stream cards as they come and change."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            self._live.stream(visitor_of(request).stays), media_type="text/event-stream", headers=headers
        )


async def whole(room: Room, now: datetime) -> Figure | None:
    """Return how long the alerts of the last day took from publication; None when that is not known."""
    return figures(await room.browse.walks(now - DAY)).get(Stage.WHOLE)


async def newest(room: Room) -> list[MessageView]:
    """Return the cards that stand on the page now, the newest first."""
    return [message_view(one) for one in await room.browse.deliveries(limit=CARDS, about=True)]
