"""Says of each rule that holds for a story, and of each channel, whether it is told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from alerts.policy import Circumstances, Reason, decide
from alerts.routing.spec import RouteSpec
from alerts.story import Severity
from alerts.stream import learns
from alerts.thread import Voice
from crawler.intake.calm import Channels, Manner, Telling
from crawler.intake.watch import FIRST_SEEN, StreamRules
from crawler.store.plan import NewDelivery, Past, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.judge import Finding
    from alerts.routing.spec import Style
    from alerts.rules.spec import QuietSpec
    from alerts.story import Match, Story
    from crawler.ids import Ids
    from crawler.intake.calm import Subject
    from crawler.store.kin import StoryState
    from crawler.store.plan import Memory


_LOUDNESS = (Voice.CARD, Voice.BROADCAST, Voice.REPLY)
_UNSAID = frozenset({Reason.EARLIER, Reason.SHADOW, Reason.COUNTED, Reason.LEARNING})
PAGE_PATIENCE = timedelta(hours=1)  # longer than all tries of a page together take


class Judges(StreamRules, Protocol):
    """Judges stories by the rules of one moment; declared here, answered by alerts.judge."""

    def may_be_undone(self, rule: str) -> bool:
        """Say whether a rule that holds for a short text may not hold for the whole."""

    @property
    def quiet(self) -> Mapping[str, QuietSpec]:
        """Return how rules keep quiet, by id; those that do not are absent."""

    def __call__(self, story: Story) -> Sequence[Finding]:
        """Return a finding for each rule that holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """By what stories are judged, and which ids the results get."""

    judge: Judges
    revision: str  # of the rules
    ids: Ids
    manner: Manner = field(default_factory=Manner)

    def look_of(self, story: Story | None, rules: Collection[str]) -> tuple[Style, str | None]:
        """Return style and wording for a story by some rules: as the route of the gravest has it."""
        found = [one for one in self.judge(story) if one.match.rule in rules] if story else []
        spec = max(found, key=lambda one: one.match.severity).spec if found else RouteSpec()
        return spec.style or self.manner.style, spec.template or self.manner.template


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The stories that share their past with the one that is judged."""

    near: Sequence[StoryState] = ()  # it and its copies: what they told was told of it
    far: Sequence[StoryState] = ()  # those that said the same too long ago to be copies


class Rulings:
    """The verdicts of one transaction, which grow with what is planned, so that its stories know of each other."""

    def __init__(self, judging: Judging, now: datetime, *, first_visit: bool) -> None:
        self._judging = judging
        self._now = now
        self._first_visit = first_visit
        self._flood = False

        self._memory: Memory | None = None
        self._judged_otherwise: Mapping[int, Story] = {}  # as they read when other rules judged them
        self._past: dict[tuple[str, int], list[Past]] = defaultdict(list)  # ("story" | "group", id) → verdicts
        self._channels = Channels(judging.manner, now)
        self._learning: frozenset[str] = frozenset()  # rules whose `first_seen` does not tell yet
        self._sent: dict[tuple[str, str], int] = {}  # rule and channel → messages in the limit's period
        self._waiting: dict[tuple[str, str], bool] = {}  # … → stories wait for a summary

        self.verdicts: list[Verdict] = []
        self.deliveries: list[NewDelivery] = []

    def remember(
        self, memory: Memory, stories: Collection[int], groups: Collection[int], *, flood: bool = False
    ) -> None:
        """Ask what is known of these stories and groups; to be called before the first is judged.

        In a ``flood`` so much is new that its stories are told together.
        """
        self._flood = flood
        self._memory = memory
        self._channels.remember(memory.calm)
        if stories:
            self._recall(memory.past(stories, groups))
            self._judged_otherwise = memory.judged_otherwise(stories, self._judging.revision)
        newcomers = {rule.id for rule in self._judging.judge.streams.values() if FIRST_SEEN & {*rule.conditions}}
        if self._first_visit:
            self._learning = frozenset(newcomers)
        elif newcomers:
            self._learning = frozenset(self._ignorant(memory, newcomers))

    def _ignorant(self, memory: Memory, newcomers: Collection[str]) -> Iterable[str]:
        states = memory.stream.states(newcomers)
        for rule in newcomers:
            conditions = FIRST_SEEN & {*self._judging.judge.streams[rule].conditions}
            if any(learns(states.get((rule, condition)), self._now) for condition in conditions):
                yield rule

    def _recall(self, past: Iterable[Past]) -> None:
        for one in past:
            self._past["story", one.story].append(one)
            self._past["group", one.group].append(one)

    def rule(
        self,
        about: Subject,
        family: Family,
        *,
        backlog: bool,
        page_due: bool = False,
        page: bool = False,
    ) -> Mapping[tuple[str, str], Verdict]:
        """Plan the verdicts on a version of a story, by rule and channel, and a message for each channel that is told.

        ``page``: the version is what the story's page says; ``page_due``: its page is still to be read.
        """
        story = about.story
        held = self._held_before(story)
        near, far = self._past_of(family.near), self._past_of(family.far)
        told: dict[str, list[tuple[Finding, Telling]]] = defaultdict(list)  # by channel
        for finding in self._judging.judge(story):
            rule = finding.match.rule
            quiet = self._judging.judge.quiet.get(rule)
            for channel in finding.channels or ("",):
                case = _circumstances(story, finding.match, channel, near, backlog=backlog)
                case = replace(
                    case,
                    counted=rule in self._judging.judge.streams,
                    learning=rule in self._learning,
                    held=case.held or (rule in held and not self._was_ruled(story.id, finding.match, channel)),
                    page=page,
                    flood=self._flood,
                    critical=finding.match.severity >= Severity.CRITICAL,
                )
                case = self._limited(case, quiet, finding.match, channel, far) if quiet else case
                told[channel].append((finding, self._telling(case, finding, channel, about)))
        verdicts: dict[tuple[str, str], Verdict] = {}
        for channel, tellings in told.items():
            verdicts |= self._tell(about, channel, tellings, page_due=page_due)
        self.verdicts += verdicts.values()
        self._recall(self._remembered(one) for one in verdicts.values())
        return verdicts

    def _telling(self, case: Circumstances, finding: Finding, channel: str, about: Subject) -> Telling:
        """Decide by the story's past, and then by what goes on in the channel."""
        thread = self._channels.thread(channel, about) if channel else None
        case = replace(case, event_heard=thread is not None and not case.heard)
        reason = decide(case)
        if not reason.sends:
            telling = Telling(reason=reason)
        else:
            quiet = self._judging.judge.quiet.get(finding.match.rule)
            same_story = quiet.same_story if quiet else None
            telling = self._channels.decide(finding, channel, about, reason, same_story)
        self._note(case, telling.reason, finding.match.rule, channel)
        return telling

    def _tell(
        self,
        about: Subject,
        channel: str,
        tellings: Sequence[tuple[Finding, Telling]],
        *,
        page_due: bool,
    ) -> dict[tuple[str, str], Verdict]:
        """Return the verdicts of one channel, and plan the message that tells of those which are told now."""
        sends = any(telling.reason.sends for _, telling in tellings)
        key = self._judging.ids.delivery() if sends else None
        verdicts = {}
        for finding, telling in tellings:
            reason = Reason.FIRST if sends and telling.may_ride_along else telling.reason
            verdicts[finding.match.rule, channel] = Verdict(
                story=about.story.id,
                version=about.story.version,
                group=about.group,
                match=finding.match,
                channel=channel,
                reason=reason,
                delivery=key if reason.sends else None,
                says=telling.says,
                until=telling.until if reason is telling.reason else None,
                route=finding.route,
            )
        if key:
            spoken = [(finding, telling) for finding, telling in tellings if telling.reason.sends]
            matches = [one.match for one in verdicts.values() if one.delivery]
            self._deliver(about, channel, key, spoken, matches, page_due=page_due)
        return verdicts

    def told_elsewhere(self, story: int, rule: str, channel: str, family: Family) -> bool:
        """Say whether a channel heard of this text by a rule through another story."""
        near = (one for one in self._past_of(family.near) if (one.rule, one.channel) == (rule, channel))
        return any(one.tells and one.story != story for one in near)

    def _held_before(self, story: Story) -> frozenset[str]:
        """Return the rules that hold for the version before, when older rules judged it: those may tell of no past."""
        before = self._judged_otherwise.get(story.id)
        if before is None or before.version != story.version - 1:
            return frozenset()
        return frozenset(finding.match.rule for finding in self._judging.judge(before))

    def _was_ruled(self, story: int, match: Match, channel: str) -> bool:
        """Say whether the rule was asked for this channel when an earlier version came: it is not new to the story.

        What it said on trial is no past once that is over, nor what it counted, or let pass because it was new.
        """
        unsaid = _UNSAID - {Reason.SHADOW} if match.shadow else _UNSAID
        past = (one for one in self._past["story", story] if (one.rule, one.channel) == (match.rule, channel))
        return any(one.story == story and one.reason not in unsaid for one in past)

    def _past_of(self, relatives: Sequence[StoryState]) -> list[Past]:
        """Return the verdicts on these stories and on their groups."""
        family = {("story", one.id) for one in relatives} | {("group", one.group) for one in relatives}
        return [past for one in family for past in self._past[one]]

    # ------------------------------------------------------------ rules that keep quiet

    def _limited(
        self, case: Circumstances, quiet: QuietSpec, match: Match, channel: str, far: Iterable[Past]
    ) -> Circumstances:
        """Add what the limits of a rule depend on."""
        if quiet.same_story:
            told = [one for one in far if (one.rule, one.channel) == (match.rule, channel) and one.tells]
            since = self._now - quiet.same_story
            case = replace(case, repeated=any(one.told is None or one.told > since for one in told))
        if quiet.at_most:
            at = match.rule, channel
            if at not in self._sent and self._memory:
                self._sent[at] = self._memory.quiet.sent(*at, self._now - quiet.at_most.per)
                self._waiting[at] = self._memory.quiet.waits(*at)
            case = replace(
                case,
                at_most=quiet.at_most.count,
                sent=self._sent.get(at, 0),
                waiting=self._waiting.get(at, False),
            )
        return case

    def _note(self, case: Circumstances, reason: Reason, rule: str, channel: str) -> None:
        """Count what one more decision uses of the rule's limit."""
        if reason.sends and case.at_most is not None and not case.critical:
            self._sent[rule, channel] = case.sent + 1
        elif reason is Reason.OVER_LIMIT:
            self._waiting[rule, channel] = True

    # ------------------------------------------------------------ what follows

    def _remembered(self, one: Verdict) -> Past:
        return Past(
            story=one.story,
            group=one.group,
            rule=one.match.rule,
            channel=one.channel,
            reason=one.reason,
            told=self._now if one.delivery else None,
        )

    def _deliver(
        self,
        about: Subject,
        channel: str,
        key: str,
        spoken: Sequence[tuple[Finding, Telling]],
        matches: Sequence[Match],
        *,
        page_due: bool,
    ) -> None:
        """Queue a message: as loud as the loudest of what it tells asks for."""
        finding, telling = min(spoken, key=lambda one: _LOUDNESS.index(one[1].voice))
        self._channels.queue(key, channel, about, telling, matches)
        self.deliveries.append(
            NewDelivery(
                key=key,
                group=about.group,
                story=about.story.id,
                version=about.story.version,
                channel=channel,
                severity=max(match.severity for match in matches),
                queued=self._now,
                not_before=self._now + self._patience(matches) if page_due else None,
                parent=telling.parent,
                broadcast=telling.voice is Voice.BROADCAST,
                style=finding.spec.style or self._judging.manner.style,
                template=finding.spec.template or self._judging.manner.template,
            )
        )

    def _patience(self, told: Sequence[Match]) -> timedelta:
        """Return how long a message waits for the page: until it is read where that may undo it, else a moment."""
        if any(match.severity >= Severity.CRITICAL for match in told):
            return timedelta(0)
        undoable = any(self._judging.judge.may_be_undone(match.rule) for match in told)
        return PAGE_PATIENCE if undoable else self._judging.manner.hold


def _circumstances(story: Story, match: Match, channel: str, past: Iterable[Past], *, backlog: bool) -> Circumstances:
    past = [one for one in past if one.channel == channel]
    by_rule = [one for one in past if one.rule == match.rule]
    would_tell = {Reason.SHADOW} if match.shadow else set()  # lifted, it is as if it had told nobody, as it has
    if match.severity >= Severity.CRITICAL:  # what waits for a summary is told at once when it becomes critical
        tellers = {one.story for one in by_rule if one.told or one.reason in would_tell}
    else:
        tellers = {one.story for one in by_rule if one.tells or one.reason in would_tell}
    kept_back = {one.reason for one in by_rule if one.story == story.id}
    return Circumstances(
        shadow=match.shadow,
        routed=bool(channel),
        told=story.id in tellers,
        told_of_copy=bool(tellers - {story.id}),
        silenced=Reason.SILENCED in kept_back,
        backlog=backlog or Reason.BACKLOG in kept_back,
        held=Reason.EARLIER in kept_back,
        edited=story.version > 1,
        heard=any(one.told for one in past),
    )
