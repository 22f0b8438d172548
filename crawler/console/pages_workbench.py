"""The workbench: edit a rule, and see what it would have found; the configuration itself is never written."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.routing import Route

from alerts.errors import ConfigError
from crawler.config.loader import read_ground
from crawler.config.trial import as_entry, compile_draft, compile_spec, written
from crawler.console.forecasts import planned, told_of
from crawler.console.room import asked, form_of
from crawler.console.workbench import DAYS, Line, Mistake, Outcome, Tally, difference, lines, mistakes, tests_say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from alerts.rules.ruleset import RuleSet
    from crawler.config.loader import Ground
    from crawler.console.room import Room

AT_ONCE = 400  # stories between two looks at the clock
PATIENCES = (3, 15, 60)  # seconds of looking that somebody may choose
EMPTY = "id: my-rule\nname: My rule\nwhen: |\n  japan AND france\nseverity: notice\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the page shows of one text."""

    text: str
    live: str | None  # the rule in force as its file has it; None: a new one
    rule: str  # the id of the one that is edited; empty for a new one
    lines: tuple[Line, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
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
        self._busy = asyncio.Semaphore(1)  # judging takes a processor: one at a time

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/workbench", self.edit), Route("/workbench", self.attempt, methods=["POST"])]

    async def edit(self, request: Request) -> Response:
        """Show the text of a rule as it is in force."""
        name = asked(request, "rule")
        live = await self._written(name) if name else None
        bench = Bench(text=live or EMPTY, live=live, rule=name, lines=())
        return self._room.page(request, "workbench.html", bench=bench, patiences=PATIENCES, days=DAYS)

    async def attempt(self, request: Request) -> Response:
        """Try an edited text; with ``part`` only what came of it is returned, and with ``check`` nothing is looked."""
        form = await form_of(request)
        name, text = form.get("rule", ""), form.get("text", "").replace("\r\n", "\n")
        patience = next((one for one in PATIENCES if str(one) == form.get("patience")), PATIENCES[0])
        bench = await self._tried(name, text, None if form.get("check") else patience)
        template = "_bench.html" if form.get("part") else "workbench.html"
        return self._room.page(request, template, bench=bench, patiences=PATIENCES, days=DAYS)

    async def _written(self, name: str) -> str | None:
        rule = self._room.rule(name)
        return await asyncio.to_thread(written, self._room.config(), rule)

    async def _tried(self, name: str, text: str, patience: int | None) -> Bench:
        live = await self._written(name) if name else None
        try:
            ground = await asyncio.to_thread(read_ground, self._room.config().path, self._environ)
        except ConfigError as error:
            wrong = mistakes(error.problems[:1])
            return Bench(text=text, live=live, rule=name, lines=lines(text, ()), mistakes=wrong)
        async with self._busy:
            draft = await asyncio.to_thread(compile_draft, text, ground)
            outcome: Outcome | None = None
            told: tuple[str, ...] = ()
            if draft.rules is not None and patience is not None:
                outcome, told = await self._look(draft.rules, await self._live(name, ground), patience)
        wrong = mistakes(draft.problems)
        return Bench(
            text=text,
            live=live,
            rule=name,
            lines=lines(text, wrong),
            mistakes=wrong,
            outcome=outcome,
            difference=difference(live, text),
            entry=as_entry(text) if draft.rules else "",
            tests=tests_say(draft.tests) if draft.rules else "",
            forecast=told,
            patience=patience or PATIENCES[0],
        )

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
        told = await asyncio.to_thread(told_of, sides[0], start, patience / 3)
        plan = await asyncio.to_thread(planned, config, sides, start)
        tally, wanted = Tally(edited, live, start - timedelta(days=DAYS)), sorted(plan.wanted_ids, reverse=True)
        for first in range(0, len(wanted), AT_ONCE):
            if first and room.now() >= until:
                last = wanted[first - 1]
                return tally.outcome(looked=sum(one >= last for one in plan.ids), whole=False), told
            stories = await room.browse.some(wanted[first : first + AT_ONCE])
            await asyncio.to_thread(tally.add, stories)
        return tally.outcome(looked=len(plan.ids), whole=True), told
