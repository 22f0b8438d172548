"""Tells of what was held back from a channel: as soon as its time is over, or in the channel's digest."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from alerts.bulletins import of_digest, of_held
from alerts.policy import Reason
from alerts.routing import digest
from alerts.routing.digest import Due, HeldRow, Tally, home_of, is_told, next_due
from alerts.routing.spec import RoutingSpec, Style
from crawler.store.calm_plan import CalmPlan, Carried, NewBulletin, ToldDigest
from crawler.store.plan import NewDelivery, Plan
from crawler.visits.poll import Tally as Counts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.bulletin import Bulletin
    from alerts.routing.digest import Digest
    from alerts.routing.spec import DigestSpec
    from alerts.rules.ruleset import RuleSet
    from alerts.story import Story
    from crawler.ids import Ids
    from crawler.store.calm_plan import CalmMemory, HeldVerdict
    from crawler.store.plan import Memory

# A story has the moment at which its document was there, and is judged and written a little later: what was under way
# while a digest was told is in the next one, which goes on from where the last one's time ended.
UNDER_WAY = timedelta(minutes=2)
PAST = 7  # times as long a past says what is usual


class LookOf(Protocol):
    """Says in which style and wording a story is told by some rules, as the routes in force have it."""

    def __call__(self, story: Story | None, rules: Collection[str], /) -> tuple[Style, str | None]:
        """Return style and template; those of ``cards`` when none of the rules holds any more."""


def plain_look(story: Story | None, rules: Collection[str]) -> tuple[Style, str | None]:
    """Return the look where no configuration says another."""
    del story, rules
    return Style.FULL, None


class Releases:
    """One look at what waits for its channel, and at the digests that are due."""

    def __init__(
        self, spec: RoutingSpec, ids: Ids, now: datetime, names: Mapping[str, str], look_of: LookOf = plain_look
    ) -> None:
        """``names`` are those of the rules that are switched on, by id."""
        self._spec = spec
        self._ids = ids
        self._now = now
        self._names = names
        self._look_of = look_of

        self._deliveries: list[NewDelivery] = []
        self._bulletins: list[NewBulletin] = []
        self._carried: list[Carried] = []
        self._digests: list[ToldDigest] = []

    def look(self, memory: Memory) -> Plan:
        """Return the summaries that are due, and the digests; to be asked every few seconds."""
        held = memory.calm.held()
        told = memory.calm.digests()
        held = self._tell_digests(memory.calm, held, told)
        by_channel: dict[str, list[HeldVerdict]] = defaultdict(list)
        for one in held:
            by_channel[one.channel].append(one)
        for channel, waiting in by_channel.items():
            self._release(memory, channel, waiting, told)
        return self._plan()

    def tell(self, spec: DigestSpec, memory: Memory) -> Plan:
        """Return one digest, due or not."""
        last = memory.calm.digests().get(spec.name)
        day = last.day if last else next_due(spec, None, self._now).day - timedelta(days=1)
        since = last or ToldDigest(name=spec.name, day=day, until=self._now - timedelta(days=1))
        self._tell_digest(memory.calm, spec, Due(self._now, day), since, memory.calm.held())
        return self._plan()

    def _plan(self) -> Plan:
        return Plan(
            deliveries=self._deliveries,
            calm=CalmPlan(bulletins=self._bulletins, carried=self._carried, digests=self._digests),
            tally=Counts(alerts=len(self._deliveries) + len(self._bulletins)),
        )

    # ------------------------------------------------------------ what need not wait any longer

    def _release(
        self, memory: Memory, channel: str, waiting: Sequence[HeldVerdict], told: Mapping[str, ToldDigest]
    ) -> None:
        days = {name: one.day for name, one in told.items()}
        has_digest = home_of(channel, self._spec.digests, days, self._now) is not None
        for reason in (Reason.GROUPED, Reason.QUIET_HOURS, Reason.OVER_BUDGET):
            if has_digest and reason is not Reason.GROUPED:
                continue
            of_it = [one for one in waiting if one.reason is reason]
            if of_it and min(one.until or self._now for one in of_it) <= self._now:
                self._tell_together(memory, channel, of_it)

    def _tell_together(self, memory: Memory, channel: str, waiting: Sequence[HeldVerdict]) -> None:
        """Tell of one story as of any other, and of several in one message."""
        if len({one.group for one in waiting}) == 1:
            key = self._by_itself(memory, channel, waiting)
        else:
            key = self._publish(of_held(_rows(waiting), channel))
        self._carry(key, waiting)

    def _by_itself(self, memory: Memory, channel: str, waiting: Sequence[HeldVerdict]) -> str:
        newest = max(waiting, key=lambda one: (one.story, one.version))
        key = self._ids.delivery()
        draft = memory.draft(newest.story)
        style, template = self._look_of(draft.story if draft else None, {one.rule for one in waiting})
        self._deliveries.append(
            NewDelivery(
                key=key,
                group=newest.group,
                story=newest.story,
                version=newest.version,
                channel=channel,
                severity=max(one.severity for one in waiting),
                queued=self._now,
                style=style,
                template=template,
            )
        )
        return key

    def _publish(self, pages: Sequence[Bulletin]) -> str:
        """Queue a bulletin with its further pages in its thread, and return its key."""
        first, *further = pages
        key = self._ids.delivery()
        self._bulletins.append(NewBulletin(key=key, content=first, at=self._now))
        self._bulletins += [
            NewBulletin(key=self._ids.delivery(), content=page, at=self._now, parent=key) for page in further
        ]
        return key

    def _carry(self, key: str, waiting: Iterable[HeldVerdict]) -> None:
        self._carried += [
            Carried(delivery=key, story=one.story, version=one.version, rule=one.rule, channel=one.channel)
            for one in waiting
        ]

    # ------------------------------------------------------------ digests

    def _tell_digests(
        self, memory: CalmMemory, held: Sequence[HeldVerdict], told: Mapping[str, ToldDigest]
    ) -> Sequence[HeldVerdict]:
        """Tell the digests that are due, and return what still waits."""
        for spec in self._spec.digests:
            last = told.get(spec.name)
            due = next_due(spec, last.day if last else None, self._now)
            if last is None:  # the first is one to come, and must be known to be due when its time has come
                before = ToldDigest(name=spec.name, day=due.day - timedelta(days=1), until=self._now)
                self._digests.append(before)
            elif due.at <= self._now:
                held = self._tell_digest(memory, spec, due, last, held)
        return held

    def _tell_digest(
        self, memory: CalmMemory, spec: DigestSpec, due: Due, last: ToldDigest, held: Sequence[HeldVerdict]
    ) -> Sequence[HeldVerdict]:
        mine = [one for one in held if one.channel in spec.to and one.reason is not Reason.GROUPED]
        until = _ends(last.until, self._now)
        compose = partial(compose_digest, memory, spec, due, since=last.until, until=until, names=self._names)
        self._digests.append(ToldDigest(name=spec.name, day=due.day, until=until))
        if not is_told(spec, compose(held=mine)):
            return held
        for channel in spec.to:
            here = [one for one in mine if one.channel == channel]
            self._carry(self._publish(of_digest(compose(held=here), channel, spec.zone)), here)
        return [one for one in held if one not in mine]


def names_of(rules: RuleSet) -> dict[str, str]:
    """Return the names of the rules that tell somebody, by id."""
    return {rule.id: rule.name for rule in rules.rules if rule.enabled and not rule.shadow}


def preview(spec: DigestSpec, memory: Memory, *, rules: Mapping[str, str], now: datetime) -> tuple[Bulletin, ...]:
    """Return the pages of a digest, in its first channel, if it were told now."""
    last = memory.calm.digests().get(spec.name)
    due = next_due(spec, last.day if last else None, now)
    since = last.until if last else now - timedelta(days=1)
    held = [one for one in memory.calm.held(spec.to[:1]) if one.reason is not Reason.GROUPED]
    made = compose_digest(memory.calm, spec, due, since=since, until=_ends(since, now), held=held, names=rules)
    return of_digest(made, spec.to[0], spec.zone)


def tell_now(spec: DigestSpec, memory: Memory, *, ids: Ids, rules: Mapping[str, str], now: datetime) -> Plan:
    """Plan a digest before its time; the next one goes on from there, on the day that it would have come."""
    releases = Releases(RoutingSpec(digests=(spec,)), ids, now, rules)
    return releases.tell(spec, memory)


def compose_digest(
    memory: CalmMemory,
    spec: DigestSpec,
    due: Due,
    *,
    since: datetime,
    until: datetime,
    held: Sequence[HeldVerdict],
    names: Mapping[str, str],
) -> Digest:
    """Return what a digest says; of a rule that is switched off too, where it found something."""
    found = {one.rule: one for one in memory.found(since, until)}
    usual = _usual(memory, since, until)
    tallies = [
        Tally(
            rule=rule,
            name=found[rule].name if rule in found else names[rule],
            usual=None if usual is None else usual.get(rule, 0.0),
            lines=found[rule].lines if rule in found else (),
        )
        for rule in sorted({*found, *names})
    ]
    return digest.compose(spec, day=due.day, since=since, until=until, tallies=tallies, held=_rows(held))


def _ends(since: datetime, now: datetime) -> datetime:
    """Return the moment up to which a digest tells what was found: all that was seen before is written."""
    return max(since, now - UNDER_WAY)


def _usual(memory: CalmMemory, since: datetime, until: datetime) -> dict[str, float] | None:
    """Return how many stories each rule found in as long a time; None while less than a week of them is known."""
    first = memory.watched_since()
    past = since - PAST * (until - since)
    if first is None or first > past:
        return None
    return {rule: round(count / PAST, 1) for rule, count in memory.counts(past, since).items()}


def _rows(waiting: Iterable[HeldVerdict]) -> list[HeldRow]:
    """Return what waits as digests and summaries list it, each story once."""
    by_group: dict[tuple[int, str], HeldVerdict] = {}
    for one in sorted(waiting, key=lambda one: -one.severity):
        by_group.setdefault((one.group, one.channel), one)
    return [
        HeldRow(key=f"{one.story} {one.rule}", reason=one.reason, says=one.says, line=one.line)
        for one in by_group.values()
    ]
