"""What became of one rule in one story: told, kept back and why, or how near it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.policy import Reason
from crawler.ids import encode
from crawler.why.chain import Mark, Step, some
from crawler.why.messages import outcome_of, rank_of
from crawler.why.near import miss_of
from crawler.why.ranks import Rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alerts.rules.explain import Verdict
    from alerts.rules.ruleset import Rule
    from alerts.stream import Condition
    from crawler.store.reports import Ruling
    from crawler.store.trails import Trail
    from crawler.why.chain import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one rule, and of one channel where it has several."""

    rule: str
    rank: Rank
    reason: str
    verdict: str  # a sentence about the story
    step: Step  # what the rule said
    decided: Step | None = None  # what was decided about its channel; None: the rule did not hold when it was judged
    channel: str = ""
    key: str | None = None  # of the message

    @property
    def told(self) -> bool:
        """Whether somebody was told."""
        return self.rank <= Rank.FOLDED

    @property
    def ended(self) -> str:
        """The name of the step that decided."""
        if self.decided is None:
            return "rule"
        return "message" if self.key else "channel"


def recorded(trail: Trail, rule: str, verdict: Verdict | None, clock: Clock) -> list[Finding]:
    """Return what was decided about a rule when the story came, for each channel.

    ``verdict`` is what the rule says by now, None when it is not configured any more.
    """
    channels: dict[str, list[Ruling]] = {}
    for one in trail.rulings:
        if one.match.rule == rule:
            channels.setdefault(one.channel, []).append(one)
    return [_of_channel(trail, channel, rulings, verdict, clock) for channel, rulings in channels.items()]


def _of_channel(
    trail: Trail, channel: str, rulings: Sequence[Ruling], verdict: Verdict | None, clock: Clock
) -> Finding:
    """Answer for a channel with the version that got furthest; later ones are told of beside it."""
    heard = any(one.delivery for one in rulings) or (rulings[0].match.rule, channel) in trail.heard
    ranked = [(*_rank(trail, one, heard=heard), -one.version, one) for one in rulings]
    rank, _, _, ruling = min(ranked, key=lambda one: one[:3])
    held = Step(
        name="rule",
        mark=Mark.PASSED,
        reason="holds",
        rule=ruling.match.rule,
        says=f"{ruling.match.rule}: holds, {ruling.match.severity.label}{_by(trail, ruling)}",
        more=tuple(_remarks(trail, verdict)),
        clauses=verdict,
    )
    decided = Step(
        name="channel",
        mark=_MARKS.get(rank, Mark.ENDED),
        reason=ruling.reason,
        says=f"{channel or 'no channel'}: {ruling.reason.words}",
        more=tuple(_because(trail, ruling, rulings, clock)),
    )
    return Finding(
        rule=ruling.match.rule,
        rank=rank,
        reason=_reason(trail, ruling, rank),
        verdict=_sentence(trail, ruling, rank, clock),
        step=held,
        decided=decided,
        channel=channel,
        key=ruling.delivery if ruling.delivery in trail.messages else None,
    )


_MARKS = {
    **dict.fromkeys((Rank.TOLD, Rank.FOLDED, Rank.ON_ITS_WAY, Rank.DEAD), Mark.PASSED),
    Rank.KEPT: Mark.WAITS,
}


def _rank(trail: Trail, ruling: Ruling, *, heard: bool) -> tuple[Rank, bool]:
    """Return how far a version got, and whether it says only that an earlier one decided.

    ``heard``: the channel heard of the story by the rule at some time; on trial or held back by a limit it did not.
    """
    if ruling.delivery:
        return rank_of(trail, ruling.delivery), False
    if ruling.reason in {Reason.TOLD, Reason.COPY} and not heard:
        return Rank.DECIDED, ruling.reason is Reason.TOLD
    if ruling.reason in {Reason.COPY, Reason.TOLD, Reason.SAME_STORY}:
        return Rank.HEARD, False
    if ruling.reason.is_summed_up:
        return Rank.KEPT, False
    if ruling.reason is Reason.COUNTED and any(one.rule == ruling.match.rule and one.key for one in trail.told):
        return Rank.FOLDED, False
    return Rank.DECIDED, False


def _reason(trail: Trail, ruling: Ruling, rank: Rank) -> str:
    """Return the short name of what decided: of the message where it has one that is not sent, else the verdict's."""
    if ruling.delivery and rank in {Rank.ON_ITS_WAY, Rank.DEAD} and (kept := trail.messages.get(ruling.delivery)):
        last = kept.steps[-1].reason if kept.steps else ""
        return last or kept.delivery.state.value
    if ruling.delivery in trail.folded:
        return "storm"
    return ruling.reason.value


def _by(trail: Trail, ruling: Ruling) -> str:
    """Name the words by which a rule held for the version that was judged."""
    edition = next((one for one in trail.editions if one.version == ruling.version), None)
    if edition is None or not ruling.match.spans:
        return ""
    texts = {"title": edition.title, "text": edition.text}
    found = (texts[span.field][span.start : span.end] for span in ruling.match.spans)
    words = tuple(dict.fromkeys(filter(None, found)))  # those of a text that is no longer kept are nothing
    return f", by {some(words)}" if words else ""


def _remarks(trail: Trail, verdict: Verdict | None) -> Iterator[str]:
    if verdict is None:
        yield "the rule is not configured any more"
    elif not verdict.holds and not trail.wordless:
        yield f"by today's rules it does not: {_why_not(verdict)}"


def _why_not(verdict: Verdict) -> str:
    if not verdict.enabled:
        return "it is switched off"
    return next(iter(verdict.gates), "") or miss_of(verdict.query).says


def _because(trail: Trail, ruling: Ruling, rulings: Iterable[Ruling], clock: Clock) -> Iterator[str]:
    """Yield what was written down beside a decision."""
    yield from filter(None, (ruling.says, ruling.route))
    if ruling.until:
        yield f"until {clock.until(ruling.until)}"
    if heard := trail.heard.get((ruling.match.rule, ruling.channel)):
        yield f"{heard.outlet} had it: story {encode(heard.story)}"
    yield from (_stand(one) for one in _tallies(trail, ruling))
    for told in trail.told:
        if (told.rule, told.channel) == (ruling.match.rule, ruling.channel):
            yield f"told of together at {clock.at(told.at)}: {told.says}"
    for one in rulings:
        if one.version != ruling.version:
            yield f"version {one.version}: {one.reason} ({one.reason.words})"


def _tallies(trail: Trail, ruling: Ruling) -> Iterator[tuple[Condition, int, int]]:
    if ruling.reason is Reason.COUNTED:
        for one in trail.tallies:
            if one.rule == ruling.match.rule:
                yield one.condition, one.number, one.needed


def _stand(tally: tuple[Condition, int, int]) -> str:
    condition, number, needed = tally
    return f"{condition.value}: {number} of {needed} when it came"


def _sentence(trail: Trail, ruling: Ruling, rank: Rank, clock: Clock) -> str:
    """Say what became of it, for the first line."""
    rule, channel = ruling.match.rule, ruling.channel or "nobody"
    if ruling.delivery and ruling.delivery in trail.messages:
        how = "" if ruling.reason is Reason.FIRST else f" ({ruling.reason.words})"
        return f"{outcome_of(trail, ruling.delivery, rule, clock)}{how}"
    heard = trail.heard.get((rule, ruling.channel))
    if rank is Rank.HEARD and heard:
        return f"Not told again: {channel} heard it by the rule {rule} from {heard.outlet} ({_short(ruling)})"
    if rank is Rank.FOLDED:
        told = next(one for one in trail.told if one.rule == rule and one.key)
        return f"Told together with others in {told.channel} at {clock.at(told.at)}: {told.says}"
    until = f", until {clock.until(ruling.until)}" if ruling.until else ""
    if rank is Rank.KEPT:
        return f"Not told yet: {channel} by the rule {rule} waits{until}: {ruling.reason.words}"
    tally = "".join(f"; {_stand(one)}" for one in _tallies(trail, ruling))
    says = f" ({ruling.says})" if ruling.says else ""
    if ruling.reason is Reason.COPY and not heard:
        return f"Not told: the rule {rule} held, but of another story with this text it told {channel} nothing either"
    return f"Not told: the rule {rule} held, but {ruling.reason.words}{tally}{says}"


def _short(ruling: Ruling) -> str:
    return "the same text" if ruling.reason is Reason.COPY else ruling.reason.words


# ---------------------------------------------------------------- what never held


def trial(rule: Rule, verdict: Verdict, words: Sequence[str], channels: Sequence[str]) -> Finding:
    """Return what a rule says to a story that nobody has judged yet; it would be told in these channels."""
    if not verdict.holds:
        return unrecorded("", "", rule, verdict)
    told = f" → {', '.join(channels)}" if channels else ", and names no channel"
    by = f", by {some(tuple(words))}" if words else ""
    says = f"{rule.id}: holds, {verdict.severity.label}{by}{told}"
    step = Step(name="rule", mark=Mark.PASSED, reason="holds", rule=rule.id, says=says, clauses=verdict)
    return Finding(rule=rule.id, rank=Rank.TOLD, reason="holds", verdict=f"the rule {rule.id} holds", step=step)


def unrecorded(trail_rules: str, revision: str, rule: Rule, verdict: Verdict) -> Finding:
    """Return how near a rule came of which nothing was written down.

    ``trail_rules`` is the revision of the rules that judged the story last, ``revision`` that of today's.
    """
    miss = miss_of(verdict.query)
    if verdict.query.holds and not verdict.gates and verdict.enabled:
        return _otherwise(rule, verdict, changed=trail_rules != revision)
    if verdict.query.holds and not verdict.enabled:
        return _closed(rule, verdict, "disabled", "would hold, but it is switched off (`enabled: no`)")
    if verdict.query.holds:
        gate = verdict.gates[0]
        name = gate.partition(":")[0]
        return _closed(rule, verdict, name, f"would hold, but a gate is closed: {gate}", more=verdict.gates[1:])
    if miss.found == 0:
        return _missed(rule, verdict, Rank.NOTHING, "nothing-found", "found nothing of what it looks for")
    if miss.is_excluded:
        return _missed(rule, verdict, Rank.EXCLUDED, "excluded", f"excludes it: {miss.says}")
    number = len(miss.missing)
    rank, reason = (Rank.NEAR, "one-clause-short") if number == 1 else (Rank.FAR, "clauses-short")
    count = "one clause" if number == 1 else f"{number} clauses"
    kinds = {one.kind.value for one in miss.missing}
    reason = "company" if kinds == {"company"} else reason
    return _missed(rule, verdict, rank, reason, f"is {count} short: {miss.says}")


def _otherwise(rule: Rule, verdict: Verdict, *, changed: bool) -> Finding:
    why = "the story was judged by other rules: this one was added or changed later" if changed else _UNWRITTEN
    step = Step(
        name="rule", mark=Mark.ENDED, reason="earlier", rule=rule.id, says=f"{rule.id}: holds, {why}", clauses=verdict
    )
    return Finding(
        rule=rule.id,
        rank=Rank.OTHERWISE,
        reason="earlier",
        verdict=f"Not told: the rule {rule.id} holds by now, but {why}",
        step=step,
    )


_UNWRITTEN = "it did not when the story was judged: the source's entry was another"


def _closed(rule: Rule, verdict: Verdict, reason: str, says: str, more: Sequence[str] = ()) -> Finding:
    step = Step(
        name="rule",
        mark=Mark.ENDED,
        reason=reason,
        rule=rule.id,
        says=f"{rule.id}: {says}",
        more=tuple(more),
        clauses=verdict,
    )
    return Finding(
        rule=rule.id,
        rank=Rank.CLOSED,
        reason=reason,
        verdict=f"Not told: the rule {rule.id} {says}",
        step=step,
    )


def _missed(rule: Rule, verdict: Verdict, rank: Rank, reason: str, says: str) -> Finding:
    off = () if verdict.enabled else ("it is switched off besides",)
    step = Step(
        name="rule",
        mark=Mark.ENDED,
        reason=reason,
        rule=rule.id,
        says=f"{rule.id}: {says}",
        more=(*off, *verdict.gates),
        clauses=verdict,
    )
    return Finding(rule=rule.id, rank=rank, reason=reason, verdict=f"Not told: the rule {rule.id} {says}", step=step)
