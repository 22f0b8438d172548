"""Tells the ops channel what is not well: sources, ways out, messages that were refused, and the configuration."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Protocol

from alerts.errors import Level, StoreError
from alerts.health import (
    AGAIN,
    CONFIGURATION,
    DEAD_LETTERS,
    DOWNTIME,
    Change,
    Condition,
    Refusal,
    Report,
    SourceFact,
    look,
    look_at_letters,
    look_at_ways,
    other_way,
)
from alerts.health_cards import NAMED, Differences, Setting, compose, of_changes, of_pause, of_refused
from alerts.sight import PAST, blind
from alerts.story import Outlet
from crawler.ids import Ids
from crawler.reload import compare
from crawler.store.calm_plan import CalmPlan, NewBulletin
from crawler.store.health_plan import Reported
from crawler.store.plan import Plan
from crawler.visits.poll import Tally
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from alerts.bulletin import Bulletin
    from alerts.errors import Problem
    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.reload import Changes
    from crawler.store import Store
    from crawler.store.plan import Memory

    Step = Callable[[Memory], Plan]

log = logging.getLogger(__name__)


class Foresight(Protocol):
    """What a changed rule would have told."""

    @property
    def rule(self) -> str:
        """Its id."""

    @property
    def says(self) -> str:
        """In words."""


class Health:
    """Looks how all does, and keeps one message in the ops channel for each trouble; without one, it does nothing."""

    def __init__(
        self,
        store: Store,
        config: Callable[[], Config],
        clock: Clock,
        wake: Callable[[], None],
        foresee: Callable[[Config, Config], Sequence[Foresight]] | None = None,
    ) -> None:
        """``config`` returns the one in force; ``wake`` tells the courier that there is something to deliver.

        ``foresee`` says what rules would have told that are not as they were; it may take some seconds, on a thread.
        """
        self._foresee = foresee
        self._foreseen: dict[str, str] = {}  # by rule
        self._store = store
        self._config = config
        self._clock = clock
        self._wake = wake
        self._ids = Ids(clock)  # asked only inside transactions, which are all on one thread
        self._last = config()
        self._base: Config | None = None  # what the message about a new configuration compares it with

    async def look(self) -> None:
        """Look at sources, ways out and messages; to be called every minute."""
        await self._apply(lambda told: told.look)

    async def watch(self) -> None:
        """Look also whether nobody watched for a while; to be called every minute by what always runs."""
        await self._apply(lambda told: told.look, lambda told: told.look_back)

    async def refused(self, problems: Sequence[Problem]) -> None:
        """Tell that a changed configuration has mistakes."""
        await self._apply(lambda told: partial(told.refused, problems))

    async def adopted(self, changes: Changes) -> None:
        """Tell that a changed configuration is in force; within AGAIN of the last one, what both changed together."""
        before, self._last = self._last, self._config()
        foreseen: Sequence[Foresight] = ()
        if self._foresee and self._last.slack.ops_channel is not None:
            foreseen = await asyncio.to_thread(self._foresee, before, self._last)
        await self._apply(lambda told: partial(told.adopted, changes, before, self, foreseen))

    def base(self, before: Config, *, goes_on: bool) -> Config:
        """Return what a message about the configuration compares with: it ``goes_on``, or is a new one."""
        if not goes_on or self._base is None:
            self._base = before
        return self._base

    def foreseen(self, lines: Sequence[Foresight], *, goes_on: bool) -> Mapping[str, str]:
        """Return what is foreseen of rules by all changes that one message tells of, the newest word on each."""
        kept = self._foreseen if goes_on else {}
        self._foreseen = kept | {one.rule: one.says for one in lines}
        return self._foreseen

    @property
    def compares(self) -> bool:
        """Whether there is a configuration from before, to compare with."""
        return self._base is not None

    async def _apply(self, *choose: Callable[[_Told], Step]) -> None:
        config = self._config()
        if config.slack.ops_channel is None:
            return
        channel, now = config.slack.ops_channel, self._clock.now()
        telling = [_Told(config, channel, self._ids, now) for _ in choose]
        try:
            tally = await self._store.apply(*(one(told) for one, told in zip(choose, telling, strict=True)))
        except StoreError as error:
            log.warning("health-refused", extra={"detail": str(error), "next": "looked at again in a minute"})
            return
        for facts in (facts for told in telling for facts in told.said):
            log.info("health", extra=facts)
        if tally.alerts:
            self._wake()


class _Told:
    """What one look tells people."""

    def __init__(self, config: Config, channel: str, ids: Ids, now: datetime) -> None:
        self._config = config
        self._channel = channel
        self._ids = ids
        self._now = now
        self._setting = Setting(channel=channel, zone=config.timezone, meaning=meaning)
        self._kept: Mapping[str, Reported] = {}
        self._brought: Mapping[str, Mapping[str, int]] | None = None

        self.said: list[dict[str, str]] = []  # for the log, once it is written
        self._bulletins: list[NewBulletin] = []
        self._reports: list[Reported] = []

    # ------------------------------------------------------------ each minute

    def look(self, memory: Memory) -> Plan:
        """Tell what is not well, and what is well again."""
        limits, health = self._config.health, memory.health
        self._kept = health.reports()
        reports = {subject: one.report for subject, one in self._kept.items()}
        every = limits.silent is not None
        for change in look(health.seen(self._now, all_=every), limits):
            self._tell(change, compose(change, self._setting, self._blind(change, memory)))
        own = [self._kept[DEAD_LETTERS].key] if DEAD_LETTERS in self._kept else []
        for letters in (health.dead(own), health.doubles(self._now)):
            if told := look_at_letters(letters, reports, self._now):
                self._tell(told, compose(told, self._setting))
        refusals = health.refusals(self._now)
        for change in look_at_ways(refusals, reports, self._now):
            self._tell_of_way(change, refusals)
        return self._plan()

    def _blind(self, change: Change, memory: Memory) -> Sequence[str]:
        source = change.about
        if not isinstance(source, SourceFact) or change.report.condition is Condition.OVER:
            return ()
        if self._brought is None:
            self._brought = memory.health.brought(self._now - PAST)
        outlet = Outlet(id=source.id, name=source.name, host=source.host)
        config = self._config
        return blind(outlet, config.rules.rules, config.routing.routes, self._brought)

    def _tell_of_way(self, change: Change, refusals: Sequence[Refusal]) -> None:
        """Tell by another way than the one that refuses; where there is none, the courier's log is all."""
        config = self._config
        others = [name for name in (config.fallback, *sorted(config.notifiers)) if name]
        refusing = {one.channel for one in refusals}
        channel = other_way(change.report.subject, self._channel, others, refusing) if change.anew else self._channel
        if channel is not None:
            setting = Setting(channel=channel, zone=config.timezone, meaning=meaning)
            self._tell(change, compose(change, setting))

    # ------------------------------------------------------------ what happens once

    def look_back(self, memory: Memory) -> Plan:
        """Tell for how long nobody watched, and, as soon as it is known, what was found after it."""
        self._kept = memory.health.reports()
        pause = memory.health.pause()
        if pause is None:
            return Plan()
        kept = self._kept.get(DOWNTIME)
        lately = self._now - pause.until < AGAIN
        if kept is None or kept.report.since != pause.since:
            known, is_news = False, lately  # not of a pause of long ago, before anybody looked for it
        else:
            known, is_news = True, kept.report.is_open and (pause.is_caught_up or not lately)
        if not is_news:
            return Plan()
        condition = Condition.OVER if known else Condition.MISSED
        self._tell(self._change(DOWNTIME, condition, pause.since, anew=not known), of_pause(pause, self._setting))
        return self._plan()

    def refused(self, problems: Sequence[Problem], memory: Memory) -> Plan:
        """Tell that a changed configuration has mistakes; while it has, in one message."""
        self._kept = memory.health.reports()
        report = self._of_configuration()
        lasts = report is not None and report.condition is Condition.REFUSED
        errors = [f"{one.place}: {one.message}" for one in problems if one.level is Level.ERROR]
        since = report.since if report and lasts else self._now
        told = of_refused(errors[:NAMED], len(errors[NAMED:]), self._now, self._setting)
        self._tell(self._change(CONFIGURATION, Condition.REFUSED, since, anew=not lasts), told)
        return self._plan()

    def adopted(
        self, changes: Changes, before: Config, health: Health, foreseen: Sequence[Foresight], memory: Memory
    ) -> Plan:
        """Tell what a new configuration changes, in the message about the refused one where there is one."""
        self._kept = memory.health.reports()
        report = self._of_configuration()
        mended = report is not None and report.condition is Condition.REFUSED
        goes_on = report is not None and report.condition is Condition.CHANGED and health.compares
        again = goes_on and report is not None and self._now - report.changed < AGAIN
        compared = compare(health.base(before, goes_on=again), self._config)
        named = [(name.replace("_", " ").capitalize(), str(what)) for name, what in compared.facts().items()]
        if changes.restart:
            kept = "until then what was there before stays in force"
            named.append(("Needs a restart", f"{', '.join(changes.restart)}; {kept}"))
        if not (named or mended):
            return Plan()
        changed = {*compared.rules.added, *compared.rules.removed, *compared.rules.edited}
        lines = health.foreseen(foreseen, goes_on=again)
        named += [(f"Rule {rule}", says) for rule, says in lines.items() if rule in changed]
        differences = Differences(facts=tuple(named), at=self._now)
        refused_since = report.since if report and mended else None
        change = self._change(CONFIGURATION, Condition.CHANGED, self._now, anew=not (mended or again))
        self._tell(change, of_changes(differences, self._setting, refused_since))
        return self._plan()

    # ------------------------------------------------------------ what all need

    def _of_configuration(self) -> Report | None:
        kept = self._kept.get(CONFIGURATION)
        return kept.report if kept else None

    def _change(self, subject: str, condition: Condition, since: datetime, *, anew: bool) -> Change:
        report = Report(subject=subject, condition=condition, since=since, changed=self._now)
        return Change(report=report, anew=anew)

    def _tell(self, change: Change, content: Bulletin) -> None:
        """Queue a message, or let the one of this subject say something else."""
        subject = change.report.subject
        known = self._kept.get(subject)
        key = self._ids.delivery() if change.anew or known is None else known.key
        self._bulletins.append(NewBulletin(key=key, content=content, at=self._now))
        self._reports.append(Reported(report=change.report, key=key))
        self.said.append({"subject": subject, "condition": str(change.report.condition), "said": content.title})

    def _plan(self) -> Plan:
        calm = CalmPlan(bulletins=self._bulletins, reports=self._reports)
        return Plan(calm=calm, tally=Tally(alerts=len(self._bulletins)))
