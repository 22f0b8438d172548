"""Reports once a week what the rules on trial would have sent."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from datetime import time, timedelta
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from alerts.routing.digest import next_due
from alerts.routing.spec import DigestSpec
from alerts.tuning.precision import NO_OPINIONS
from alerts.tuning.trial import Trial, Week, of_trials
from crawler.ids import Ids
from crawler.store.calm_plan import CalmPlan, NewBulletin, ToldDigest
from crawler.tuning.rehearsal import Rehearsal, rehearse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from alerts.rules.ruleset import Rule
    from alerts.tuning.precision import Precision
    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.store import Store
    from crawler.store.tuning import Trials

log = logging.getLogger(__name__)

NAME = "(rules on trial)"  # of the report among the digests; in brackets, as no digest is called
AT = time(9)  # of the local day, on …
DAY = 0  # … Mondays


class TrialReports:
    """Tells, every Monday, to ``slack.ops_channel``, or else to the channel of each rule."""

    def __init__(
        self,
        store: Store,
        config: Callable[[], Config],
        clock: Clock,
        wake: Callable[[], None],
        rehearsed: Callable[[Config, datetime, datetime], Rehearsal] = rehearse,
    ) -> None:
        """``config`` returns the one in force; ``wake`` tells the courier that there is something to deliver.

        ``rehearsed`` says what the rules on trial would have had sent in a time; it may take some seconds.
        """
        self._store = store
        self._config = config
        self._clock = clock
        self._wake = wake
        self._rehearsed = rehearsed
        self._ids = Ids(clock)  # asked only inside transactions, which are all on one thread
        self._next: datetime | None = None  # None: to be looked up

    async def tick(self) -> None:
        """Report when a week is over; to be called every minute."""
        now = self._clock.now()
        if self._next is not None and now < self._next:
            return
        try:
            config = self._config()
            report = _Report(config, self._ids, now, await self._store.people.precisions())
            if since := report.due_since(await self._store.tuning.told(NAME)):
                report.rehearsal = await asyncio.to_thread(self._rehearsed, config, since, now)
            told = await self._store.tuning.report(report.compose)
        except StoreError as error:
            log.warning("trials-refused", extra={"detail": str(error), "next": "looked at again in a minute"})
            return
        self._next = report.next
        for rule in report.untold:
            log.warning("trial-untold", extra={"rule": rule, "next": "set slack.ops_channel, or a channel in the rule"})
        if told:
            log.info("trials-told", extra={"messages": told})
            self._wake()


class _Report:
    """One look: what is due, and what is said."""

    def __init__(self, config: Config, ids: Ids, now: datetime, precisions: Mapping[str, Precision]) -> None:
        self._config = config
        self._ids = ids
        self._now = now
        self._precisions = precisions
        self.next: datetime | None = None
        self.rehearsal: Rehearsal | None = None
        self.untold: list[str] = []  # rules of which nobody could be told

    @property
    def _spec(self) -> DigestSpec:
        return DigestSpec(name=NAME, at=AT, days=frozenset({DAY}), zone=self._config.timezone, to=())

    def due_since(self, last: ToldDigest | None) -> datetime | None:
        """Return from when on a report is due; None when none is, or no rule is on trial."""
        if last is None or not on_trial(self._config) or next_due(self._spec, last.day, self._now).at > self._now:
            return None
        return last.until

    def compose(self, memory: Trials) -> CalmPlan:
        """Return the report, if it is due, and that it was told: both are written, or neither."""
        spec = self._spec
        last = memory.told(NAME)
        due = next_due(spec, last.day if last else None, self._now)
        if last is None:  # the first is one to come
            self.next = due.at
            return CalmPlan(digests=[ToldDigest(name=NAME, day=due.day - timedelta(days=1), until=self._now)])
        if due.at > self._now:
            self.next = due.at
            return CalmPlan()
        if self.rehearsal is None and on_trial(self._config):
            return CalmPlan()  # it fell due this very moment: looked at again in a minute
        self.next = next_due(spec, due.day, self._now).at
        bulletins = list(self._bulletins(last.until))
        return CalmPlan(bulletins=bulletins, digests=[ToldDigest(name=NAME, day=due.day, until=self._now)])

    def _bulletins(self, since: datetime) -> Iterable[NewBulletin]:
        found = self.rehearsal or Rehearsal()
        week = Week(
            since=since,
            until=self._now,
            zone=self._config.timezone,
            budget=self._config.routing.budget,
            read_since=found.read_since,
        )
        by_channel: dict[str, list[Trial]] = defaultdict(list)
        for trial in trials_of(self._config, found, self._precisions):
            if channel := home_of(self._config, trial):
                by_channel[channel].append(trial)
            else:
                self.untold.append(trial.rule)
        for channel, trials in by_channel.items():
            first, *further = of_trials(trials, channel, week)
            key = self._ids.delivery()
            yield NewBulletin(key=key, content=first, at=self._now)
            for page in further:
                yield NewBulletin(key=self._ids.delivery(), content=page, at=self._now, parent=key)


def on_trial(config: Config) -> tuple[Rule, ...]:
    """Return the rules that are judged and never sent."""
    return tuple(rule for rule in config.rules.rules if rule.enabled and rule.shadow)


def trials_of(config: Config, found: Rehearsal, precisions: Mapping[str, Precision]) -> tuple[Trial, ...]:
    """Return every rule on trial with what it would have had sent."""
    judge = config.judge
    return tuple(
        Trial(
            rule=rule.id,
            name=rule.name,
            channels=judge.channels(rule.id),
            unsent=found.unsent.get(rule.id, ()),
            precision=precisions.get(rule.id, NO_OPINIONS),
        )
        for rule in on_trial(config)
    )


def home_of(config: Config, trial: Trial) -> str | None:
    """Return the channel that a report on a rule goes to; None when there is none."""
    return config.slack.ops_channel or next(iter((*trial.channels, *config.defaults)), None)
