"""Decides in the order of the past who would have been told, with the very code that decides live."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, cast

from alerts.outbox import way_of
from alerts.policy import Reason, is_backlog
from alerts.story import Severity
from crawler.ids import Ids
from crawler.intake.calm import Subject
from crawler.intake.verdicts import Family, Judging, Rulings
from crawler.intake.watch import Watch
from crawler.replay.memory import ReplayedPast
from crawler.replay.nouns import Decision, Kind, Message
from crawler.replay.releases import Releases
from crawler.store.kin import StoryState
from crawler.store.plan import Memory, Plan, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.judge import Finding, Judge
    from alerts.rules.spec import QuietSpec
    from alerts.story import Story
    from alerts.stream import StreamRule
    from crawler.intake.calm import Manner
    from crawler.replay.nouns import Found, Versions
    from crawler.store.archive import Circumstances
    from crawler.store.plan import NewDelivery, StreamAlert, Verdict

_LOOK = 50  # transactions between two looks at the clock
BACKLOG = timedelta(hours=24)  # of sources that are no longer in the configuration


class _Time:
    """The clock of the past; it stands where the replay does."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def now(self) -> datetime:
        """Return the moment that is replayed."""
        return self.moment

    async def wait_until(self, moment: datetime) -> None:
        """Be there at once."""
        self.moment = moment


class _Said:
    """A judge that has judged already: it says again what it said of each version."""

    def __init__(self, judge: Judge, *, as_if_live: bool) -> None:
        self._judge = judge
        self._as_if_live = as_if_live
        self._findings: dict[tuple[int, int], tuple[Finding, ...]] = {}
        streams = judge.streams.items()
        self.streams: Mapping[str, StreamRule] = {
            rule: replace(one, shadow=False) if as_if_live else one for rule, one in streams
        }
        self.quiet: Mapping[str, QuietSpec] = judge.quiet

    def take(self, found: Found) -> None:
        """Remember what was said of a version."""
        lifted = found.findings
        if self._as_if_live:
            lifted = tuple(replace(one, match=replace(one.match, shadow=False)) for one in lifted)
        self._findings = {(found.story.id, found.story.version): lifted}

    def may_be_undone(self, rule: str) -> bool:
        """Say whether a rule that holds for a short text may not hold for the whole."""
        return self._judge.may_be_undone(rule)

    def __call__(self, story: Story) -> Sequence[Finding]:
        return self._findings.get((story.id, story.version), ())


class Teller:
    """One replay of decisions; it is used once."""

    def __init__(
        self,
        judge: Judge,
        manner: Manner,
        circumstances: Circumstances,
        backlogs: Mapping[str, timedelta],
        start: datetime,
        *,
        as_if_live: bool = False,
    ) -> None:
        """``backlogs`` say by source how old its backlog may be; ``start`` is no later than the first story."""
        self._said = _Said(judge, as_if_live=as_if_live)
        self._manner = manner
        self._then = circumstances
        self._backlogs = backlogs
        self._time = _Time(start)
        self._past = ReplayedPast(circumstances)
        self._memory = cast("Memory", self._past)  # of what it lacks nothing is asked here
        self._judging = Judging(judge=self._said, revision="", ids=Ids(self._time), manner=manner)
        self._releases = Releases(self._past, manner.routing, judge.quiet, self._judging.ids)

        self._decisions: dict[tuple[int, int, str, str], Decision] = {}
        self._messages: dict[str, Message] = {}
        self._waiting: dict[int, list[NewDelivery]] = {}  # by story: messages that wait for its page

    def tell(
        self, found: Iterable[Versions], until: datetime, is_over: Callable[[], bool] = lambda: False
    ) -> tuple[Sequence[Decision], Sequence[Message], datetime]:
        """Decide about all that was found before a moment, in the order in which it came.

        Return also until when: that moment, or an earlier one where ``is_over`` said that the time was up.
        """
        texts = sorted((one for versions in found for one in versions if one.at < until), key=_turn)
        for number, ((at, *_), some) in enumerate(groupby(texts, key=_transaction), 1):
            if number % _LOOK == 0 and is_over():
                until = at
                break
            self._release(at)
            self._time.moment = max(at, self._time.moment)
            self._transact(list(some), at)
        self._release(until)
        return list(self._decisions.values()), [one for one in self._messages.values() if one.rules], until

    # ------------------------------------------------------------ one visit

    def _transact(self, texts: Sequence[Found], at: datetime) -> None:
        first = texts[0]
        rulings = Rulings(self._judging, at, first_visit=self._is_first_visit(first))
        groups = {self._group(one) for one in texts}
        flood = any(one.story.id in self._then.flooded and one.story.version == 1 for one in texts)
        rulings.remember(self._memory, {one.story.id for one in texts}, groups, flood=flood)
        queued = 0
        made: list[tuple[Found, Verdict]] = []
        for text in texts:
            self._said.take(text)
            event, group = text.event, self._group(text)
            verdicts = rulings.rule(
                Subject(story=text.story, group=group, event=event),
                Family(near=[_state(text, group)]),
                backlog=self._is_backlog(text),
                page_due=text.page_due,
                page=text.is_page,
            )
            fresh, queued = rulings.deliveries[queued:], len(rulings.deliveries)
            joined = self._shift(text, verdicts, fresh) if text.is_page else {}
            told = [replace(one, delivery=joined.get(one.delivery or "", one.delivery)) for one in verdicts.values()]
            self._queue(text, told, [one for one in fresh if one.key not in joined])
            self._join(told, joined.values())
            made += [(text, one) for one in told]
        self._watch(made, at)

    def _is_first_visit(self, text: Found) -> bool:
        return not text.is_page and self._then.first_reads.get(text.story.outlet.id) == text.at

    def _is_backlog(self, text: Found) -> bool:
        if text.is_page:
            return False
        if text.story.id in self._then.backlog and text.story.version == 1:
            return True
        backlog = self._backlogs.get(text.story.outlet.id, BACKLOG)
        return self._is_first_visit(text) and is_backlog(text.story.published, text.at, backlog)

    def _group(self, text: Found) -> int:
        return self._then.groups.get(text.story.id, text.group)

    def _queue(self, text: Found, verdicts: Sequence[Verdict], fresh: Sequence[NewDelivery]) -> None:
        """Note what was decided about a version, and its messages."""
        for delivery in fresh:
            told = [one for one in verdicts if one.delivery == delivery.key]
            self._past.calm.open(delivery, text.event, told, text.story.title)
            self._messages[delivery.key] = _message(delivery, told)
            if delivery.not_before is not None:
                self._waiting.setdefault(text.story.id, []).append(delivery)
        for verdict in verdicts:
            self._past.note(verdict, text, text.at)
            self._decide(verdict, text.at)
            if verdict.delivery and verdict.match.severity < Severity.CRITICAL:
                self._past.quiet.limits[verdict.match.rule, verdict.channel].sent.append(text.at)

    def _decide(self, verdict: Verdict, at: datetime) -> None:
        key = verdict.story, verdict.version, verdict.match.rule, verdict.channel
        self._decisions[key] = Decision(
            story=verdict.story,
            version=verdict.version,
            group=verdict.group,
            at=at,
            match=verdict.match,
            channel=verdict.channel,
            reason=verdict.reason,
            message=verdict.delivery,
            says=verdict.says,
        )

    # ------------------------------------------------------------ the story's page

    def _shift(
        self, text: Found, verdicts: Mapping[tuple[str, str], Verdict], fresh: Sequence[NewDelivery]
    ) -> dict[str, str]:
        """Take back what waited for the page and is not so by its words.

        Return which messages of the page are one with a message that waited, and with which.
        """
        joins: dict[str, str] = {}
        for delivery in self._waiting.pop(text.story.id, ()):
            if delivery.not_before is None or delivery.not_before <= text.at:
                continue  # it was told before the page was there
            rules = self._messages[delivery.key].rules
            gone = [rule for rule in rules if (rule, delivery.channel) not in verdicts]
            undone = [rule for rule in gone if self._said.may_be_undone(rule)]
            for rule in undone:
                self._undo(text.story.id, rule, delivery)
            if gone == undone and len(undone) < len(rules):
                told = self._messages[delivery.key]
                self._messages[delivery.key] = replace(told, version=text.story.version)  # as it does live
                joins |= {one.key: delivery.key for one in fresh if one.channel == delivery.channel}
        return joins

    def _join(self, told: Iterable[Verdict], keys: Iterable[str]) -> None:
        """Let messages that waited tell also what their story's page added."""
        for key in keys:
            message, more = self._messages[key], [one for one in told if one.delivery == key]
            rules = dict.fromkeys((*message.rules, *(one.match.rule for one in more)))
            severity = max([message.severity, *(one.match.severity for one in more)])
            self._messages[key] = replace(message, rules=tuple(rules), severity=severity)

    def _undo(self, story: int, rule: str, delivery: NewDelivery) -> None:
        self._past.undo(story, rule, delivery.channel, Reason.UNDONE)
        at = story, delivery.version, rule, delivery.channel
        self._decisions[at] = replace(self._decisions[at], reason=Reason.UNDONE, message=None)
        message = self._messages[delivery.key]
        left = tuple(one for one in message.rules if one != rule)
        self._messages[delivery.key] = replace(message, rules=left)
        if not left:
            self._past.calm.forget(message)

    # ------------------------------------------------------------ many stories

    def _watch(self, made: Sequence[tuple[Found, Verdict]], at: datetime) -> None:
        streams = self._said.streams
        counted = [(text, verdict) for text, verdict in made if verdict.match.rule in streams]
        if not counted:
            return
        watch = Watch(streams, self._judging.ids, at, self._manner.routing)
        versions = [Version(story=text.story, group=self._group(text), at=at, rules="") for text, _ in counted]
        watch.before(self._memory, Plan(versions=versions, verdicts=[verdict for _, verdict in counted]))
        for text, verdict in counted:
            self._past.stream.note(verdict, text)
        plan = watch.after(self._memory)
        self._past.stream.apply(plan.stream)
        for alert in plan.stream.alerts:
            self._tell_of_many(alert, at)

    def _tell_of_many(self, alert: StreamAlert, at: datetime) -> None:
        if alert.delivery is None:
            return
        if way_of(alert.channel) is None and alert.match.severity < Severity.CRITICAL:
            self._past.calm.sent_to[alert.channel].append(at)
        self._messages[alert.delivery] = Message(
            key=alert.delivery,
            at=at,
            channel=alert.channel,
            kind=Kind.STREAM,
            rules=(alert.rule,),
            severity=alert.match.severity,
            story=alert.story,
            version=1,
            group=alert.story,
            says=alert.trend.says,
        )

    # ------------------------------------------------------------ what waited for its time

    def _release(self, now: datetime) -> None:
        for message, held in self._releases.until(now):
            self._messages[message.key] = message
            for one in held:
                verdict = one.verdict
                at = verdict.story, verdict.version, verdict.match.rule, verdict.channel
                self._decisions[at] = replace(self._decisions[at], message=message.key)


def _turn(text: Found) -> tuple[datetime, str, bool, int, int]:
    return text.at, text.story.outlet.id, text.is_page, text.story.id, text.story.version


def _transaction(text: Found) -> tuple[datetime, str, int]:
    """Return what the versions of one visit have in common."""
    return text.at, text.story.outlet.id, text.story.id if text.is_page else 0


def _state(text: Found, group: int) -> StoryState:
    story = text.story
    return StoryState(
        id=story.id,
        source=story.outlet.id,
        group=group,
        version=story.version,
        published=story.published,
        date_note=story.date_note,
        seen=story.seen,
    )


def _message(delivery: NewDelivery, told: Sequence[Verdict]) -> Message:
    return Message(
        key=delivery.key,
        at=delivery.queued,
        channel=delivery.channel,
        kind=Kind.STORY,
        rules=tuple(one.match.rule for one in told),
        severity=Severity(delivery.severity),
        story=delivery.story,
        version=delivery.version,
        group=delivery.group,
        quiet=delivery.parent is not None and not delivery.broadcast,
    )
