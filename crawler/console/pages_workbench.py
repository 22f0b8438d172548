"""The workbench: edit a rule, and see what it would have found; the configuration itself is never written."""

from __future__ import annotations

import asyncio
import math
import os
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from alerts.errors import ConfigError
from crawler.config.loader import read_ground
from crawler.config.trial import LONGEST, as_entry, compile_draft, compile_spec, written
from crawler.console.abandon import unless_gone
from crawler.console.forecasts import planned, told_of
from crawler.console.room import asked, form_of
from crawler.console.workbench import (
    DAYS,
    MOST_MISTAKES,
    Line,
    Mistake,
    Outcome,
    Tally,
    difference,
    lines,
    mistakes,
    tests_say,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request

    from alerts.errors import Problem
    from alerts.rules.ruleset import RuleSet
    from crawler.config.loader import Ground
    from crawler.config.model import Config
    from crawler.config.trial import Draft
    from crawler.console.room import Room

AT_ONCE = 400  # stories between two looks at the clock
PATIENCES = (3, 15, 60)  # seconds of looking that somebody may choose
_READERS = 2  # texts that are read at once
EMPTY = "id: my-rule\nname: My rule\nwhen: |\n  japan AND france\nseverity: notice\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the page shows of one text."""

    text: str
    live: str | None  # the rule in force as its file has it; None: a new one
    rule: str  # the id of the one that is edited; empty for a new one
    lines: tuple[Line, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    more: int = 0  # mistakes that are not shown
    outcome: Outcome | None = None  # None: it was not looked, or there are errors
    difference: tuple[tuple[str, str], ...] = ()
    entry: str = ""  # to be pasted into the configuration
    tests: str = ""
    forecast: tuple[str, ...] = ()  # messages it would have sent
    patience: int = PATIENCES[0]


class Workbench:
    """Serves the editor."""

    def __init__(self, room: Room, environ: Mapping[str, str] = os.environ) -> None:
        self._room = room
        self._environ = environ
        self._searching = asyncio.Semaphore(1)  # judging takes a processor: one at a time
        self._reading = asyncio.Semaphore(_READERS)  # what somebody types is checked beside another's search

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/workbench", self.edit), Route("/workbench", self.attempt, methods=["POST"])]

    async def edit(self, request: Request) -> Response:
        """Show the text of a rule as it is in force."""
        name = asked(request, "rule")
        live = await self._written(name) if name else None
        bench = Bench(text=live or EMPTY, live=live, rule=name, lines=())
        return await self._page(request, "workbench.html", bench)

    async def attempt(self, request: Request) -> Response:
        """Try an edited text; with ``part`` only what came of it is returned, and with ``check`` nothing is looked."""
        form = await form_of(request)
        name, text = form.get("rule", ""), form.get("text", "").replace("\r\n", "\n")
        patience = next((one for one in PATIENCES if str(one) == form.get("patience")), PATIENCES[0])
        bench = await unless_gone(request, self._tried(name, text, None if form.get("check") else patience))
        if bench is None:
            return Response(status_code=204)  # nobody hears it
        return await self._page(request, "_bench.html" if form.get("part") else "workbench.html", bench)

    async def _page(self, request: Request, template: str, bench: Bench) -> Response:
        return await asyncio.to_thread(self._room.page, request, template, bench=bench, patiences=PATIENCES, days=DAYS)

    async def _written(self, name: str) -> str | None:
        rule = self._room.rule(name)
        return await asyncio.to_thread(written, self._room.config(), rule)

    async def _tried(self, name: str, text: str, patience: int | None) -> Bench:
        live = await self._written(name) if name else None
        bare = Bench(text=text[:LONGEST], live=live, rule=name, patience=patience or PATIENCES[0])
        if len(text) > LONGEST:
            problem = f"this is longer than {LONGEST:,} characters, and no rule; the rest was cut off"
            return replace(bare, mistakes=(Mistake(line=1, column=1, is_error=True, message=problem, hint=""),))
        try:
            ground = await asyncio.to_thread(read_ground, self._room.config().path, self._environ)
        except ConfigError as error:
            return await asyncio.to_thread(_faulty, bare, error.problems[:1])
        async with self._reading:
            draft = await asyncio.to_thread(compile_draft, text, ground)
            bench = await asyncio.to_thread(_laid_out, bare, draft)
        if draft.rules is None or patience is None:
            return bench
        async with self._searching:
            outcome, told = await self._look(draft.rules, await self._live(name, ground), patience)
        return replace(bench, outcome=outcome, forecast=told)

    async def _live(self, name: str, ground: Ground) -> RuleSet | None:
        """Return the rule in force by itself."""
        if not name:
            return None
        rules, _ = await asyncio.to_thread(compile_spec, self._room.rule(name).spec, ground)
        return rules

    async def _look(self, edited: RuleSet, live: RuleSet | None, patience: int) -> tuple[Outcome, tuple[str, ...]]:
        """Look through the stories of DAYS, the newest first, for as long as somebody wants to wait.

        Those of which the search index says that neither rule can hold for them are not read. Returns also what the
        edited rule would have sent.
        """
        room, start = self._room, self._room.now()
        until = start + timedelta(seconds=patience)
        config = room.config()
        sides = [replace(config, rules=rules) for rules in (edited, live) if rules]
        told = await _forecast(sides[0], start, patience / 3)
        plan = await asyncio.to_thread(planned, config, sides, start)
        tally, wanted = Tally(edited, live, start - timedelta(days=DAYS)), sorted(plan.wanted_ids, reverse=True)
        for first in range(0, len(wanted), AT_ONCE):
            if first and room.now() >= until:
                last = wanted[first - 1]
                return tally.outcome(looked=sum(one >= last for one in plan.ids), whole=False), told
            stories = await room.browse.some(wanted[first : first + AT_ONCE])
            await asyncio.to_thread(tally.add, stories)
        return tally.outcome(looked=len(plan.ids), whole=True), told


def _laid_out(bench: Bench, draft: Draft) -> Bench:
    """Return the bench with what reading its text brought."""
    read = replace(_faulty(bench, draft.problems), difference=difference(bench.live, bench.text))
    if draft.rules is None:
        return read
    return replace(read, entry=as_entry(bench.text), tests=tests_say(draft.tests))


def _faulty(bench: Bench, problems: Sequence[Problem]) -> Bench:
    """Return the bench with the first of some mistakes, and the lines that they stand in."""
    shown = mistakes(problems[:MOST_MISTAKES])
    return replace(bench, lines=lines(bench.text, shown), mistakes=shown, more=len(problems) - len(shown))


async def _forecast(config: Config, now: datetime, seconds: float) -> tuple[str, ...]:
    """Say what rules would have sent; who stops waiting stops the thread, too, at its next look at the time."""
    left = threading.Event()

    def elapsed() -> float:
        return math.inf if left.is_set() else monotonic()

    try:
        return await asyncio.to_thread(told_of, config, now, seconds, elapsed=elapsed)
    finally:
        left.set()
