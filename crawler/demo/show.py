"""The show: the real daemon on the demo's news web, then what became of every publication, and why."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alerts.pacer import Pace
from alerts.policy import Reason
from crawler import config
from crawler.app import App
from crawler.demo.script import Expect
from crawler.demo.web import LOOPBACK, DemoWeb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.notify import Notifier
    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.demo.script import Item
    from crawler.store import Outcome, SourceStatus

AFTERTHOUGHT = timedelta(seconds=4)  # after the last publication: each outlet is visited once more
LOOK = timedelta(milliseconds=200)
LONGEST = timedelta(seconds=60)  # for the last cards to come out
PACE = Pace(channel=timedelta(milliseconds=400))  # a terminal takes more than Slack does


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One publication: what became of it and why, and whether the script expects that."""

    item: Item
    outlet: str
    fate: Expect | None  # None: nothing the script knows
    why: str

    @property
    def expected(self) -> bool:
        """Whether it ended as the script says."""
        return self.fate is self.item.expect


def free_port(wanted: int) -> int:
    """Return a port of this machine for the console: the one that is wanted, or any that nobody listens at."""
    for port in (wanted, 0):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(one.getsockname()[1])
    raise OSError("this machine has no free port")


async def show(notifier: Notifier, clock: Clock, *, scale: float = 1.0, port: int | None = None) -> list[Line]:
    """Run the daemon on the demo's web until everything is published and delivered; return what became of it all.

    Its console is at a ``port`` of this machine; without one there is none.
    """
    with TemporaryDirectory(prefix="tocsin-demo-") as folder:
        async with (
            DemoWeb(clock=clock, scale=scale) as web,
            App(_configure(web, Path(folder), port), notifier, clock, pace=PACE) as app,
        ):
            web.restart()
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(stop))
            await clock.wait_until(web.start + web.length + AFTERTHOUGHT)
            await _delivered(app, clock)
            stop.set()
            await running
            outcomes = await app.store.outcomes(web.start - timedelta(minutes=1))
            return summary(web.script, outcomes, await app.store.sources())


def _configure(web: DemoWeb, folder: Path, port: int | None) -> Config:
    """Go the way every configuration goes: through a file."""
    file = folder / "config.yaml"
    console = "null" if port is None else f'{{listen: "{LOOPBACK}:{port}"}}'
    file.write_text(f"{web.config_text(folder / 'tocsin.db')}\nconsole: {console}\n", encoding="utf-8")
    return config.load(file, {})


async def _delivered(app: App, clock: Clock) -> None:
    """Wait until no card is waiting any more."""
    end = clock.now() + LONGEST
    while await app.store.outbox.next_due() is not None and clock.now() < end:
        await clock.wait_until(clock.now() + LOOK)


def summary(script: Sequence[Item], outcomes: Sequence[Outcome], sources: Sequence[SourceStatus]) -> list[Line]:
    """Pair what was published with what became of it, in the order of publication."""
    names = {source.id: source.name for source in sources}
    by_place = {(outcome.outlet.id, outcome.title): outcome for outcome in outcomes}
    stories = {outcome.story: outcome for outcome in outcomes}
    failing = {source.id: source for source in sources if source.failures}
    lines = []
    for item in script:
        outcome = by_place.get((item.site, item.versions[-1].title))
        if outcome is not None:
            fate, why = _fate(outcome, stories)
        elif source := failing.get(item.site):
            fate, why = None, f"its outlet answered {source.last_reason}; {source.next_why}"
        else:
            fate, why = None, "it never arrived"
        lines.append(Line(item=item, outlet=names[item.site], fate=fate, why=why))
    return lines


def _fate(outcome: Outcome, stories: Mapping[int, Outcome]) -> tuple[Expect | None, str]:
    reasons = {ruling.reason for ruling in outcome.rulings}
    rules = ", ".join(sorted({ruling.match.rule for ruling in outcome.rulings}))
    fate: tuple[Expect | None, str] = (None, ", ".join(sorted(reasons)))
    if not reasons:
        fate = Expect.SILENT, "no rule holds"
    elif Reason.EDITED in reasons:
        fate = Expect.EDIT, f"{rules}: holds since the outlet changed the text"
    elif Reason.PAGE in reasons:
        fate = Expect.PAGE, f"{rules}: only its page says it"
    elif reasons & {Reason.FIRST, Reason.NEW_RULE}:
        fate = Expect.ALERT, rules
    elif reasons & {Reason.FOLLOW_UP, Reason.INHIBITED}:
        fate = Expect.ALERT, f"{rules}: in the thread of an earlier story"
    elif outcome.copy_of is not None:
        fate = Expect.COPY, f"same words as {stories[outcome.copy_of].outlet.name}, already told"
    elif Reason.BACKLOG in reasons:
        fate = Expect.BACKLOG, f"{rules}: was there before the first visit, too old or undated"
    return fate
