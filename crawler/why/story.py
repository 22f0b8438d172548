"""The chain of a story that is kept: where it came from, what was read, what rules said, and who heard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alerts.policy import Reason
from crawler.ids import encode
from crawler.visits.backfill import DIALECT
from crawler.visits.page import PageState
from crawler.visits.spans import roughly
from crawler.why.chain import Chain, Mark, Step, clipped, sentence
from crawler.why.findings import Finding, recorded, unrecorded
from crawler.why.messages import message_step, way_of_message
from crawler.why.ranks import Rank
from spiders.clean import length_of
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.rules.explain import Verdict
    from alerts.rules.ruleset import Rule
    from crawler.store.reports import PageStatus
    from crawler.store.trails import Trail
    from crawler.why.chain import Clock
    from spiders.cuts import Cut

_NEAREST = 3  # rules that miss that are shown by name
_COPIES = 5  # other outlets that are named
_CUTS = 3  # things that were left out of a page that are shown
_LINE = 100  # characters of a text that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What today's rules say to a story, and its source of its page."""

    rules: Sequence[Rule]
    verdicts: Sequence[Verdict]  # in the order of the rules
    revision: str
    unwanted: str  # why there was no need of its page, if there was none
    only: str | None = None  # the rule that was asked for
    every: bool = False  # every rule is shown with every clause, as programs want it

    @property
    def whole(self) -> bool:
        """Whether clauses are shown wherever there are some."""
        return self.every or self.only is not None

    @property
    def asked(self) -> Iterator[tuple[Rule, Verdict]]:
        """The rules that matter, with what they say."""
        both = zip(self.rules, self.verdicts, strict=True)
        return ((rule, verdict) for rule, verdict in both if self.only in {None, rule.id})


def chain_of(trail: Trail, judged: Judged, clock: Clock) -> tuple[Rank, Chain]:
    """Return the chain of a story, and how far it got."""
    found = _findings(trail, judged, clock)
    best = found[0] if found else None
    stop = _stopped_at_page(trail.page, best, clock)
    steps = [
        *_way_here(trail, judged, clock),
        *_decided_steps(trail, found, judged, clock),
        *_missed_steps(found, judged),
        *_further_messages(trail, clock),
    ]
    chain = Chain(
        verdict=sentence(stop.verdict if stop else _verdict(found, judged, wordless=trail.wordless)),
        told=bool(best and best.told),
        ended="page" if stop else best.ended if best else "rule",
        reason=stop.reason if stop else best.reason if best else "no-rules",
        steps=tuple(steps),
        title=trail.story.title,
        about=" · ".join(filter(None, (trail.story.outlet.name, trail.story.url))),
        story=encode(trail.story.id),
        text=trail.story.text,
        reading=trail.page.reading if trail.page else "",
        cuts=trail.cuts,
    )
    return (best.rank if best else Rank.NOTHING), chain


def _verdict(found: Sequence[Finding], judged: Judged, *, wordless: bool) -> str:
    if not found:
        return "Not told: no rule is configured"
    best = found[0]
    if wordless and best.decided is None:
        return (
            "Not told: no rule held when it came; how near they were cannot be said, for its words are no longer kept"
        )
    if best.rank is Rank.NOTHING and not judged.only:
        return f"Not told: none of the {len(judged.rules)} rules found anything of what it looks for"
    others = {one.rule for one in found if one.told} - {best.rule}
    places = dict.fromkeys(one.channel for one in found if one.told and one.channel != best.channel)
    more = f", and by {len(others)} more" if others and best.told else ""
    also = f"; also in {', '.join(places)}" if places and best.told else ""
    return f"{best.verdict}{more}{also}"


def _findings(trail: Trail, judged: Judged, clock: Clock) -> list[Finding]:
    found = []
    kept = {one.match.rule for one in trail.rulings}
    for rule, verdict in judged.asked:
        if rule.id in kept:
            found += recorded(trail, rule.id, verdict, clock)
        else:
            found.append(unrecorded(trail.editions[-1].rules, judged.revision, rule, verdict))
    for gone in sorted(kept - {rule.id for rule in judged.rules}):
        if judged.only in {None, gone}:
            found += recorded(trail, gone, None, clock)
    return sorted(found, key=lambda one: one.rank)


# ---------------------------------------------------------------- how it came here


def _way_here(trail: Trail, judged: Judged, clock: Clock) -> Iterator[Step]:
    yield _source_step(trail)
    yield _visit_step(trail)
    yield _story_step(trail, clock)
    yield from _copy_steps(trail)
    yield _page_step(trail, judged.unwanted, clock)
    yield _text_step(trail)
    if trail.gone:
        at = clock.at(trail.gone)
        yield Step(name="removed", mark=Mark.NOTED, reason="removed", says=f"its outlet has removed it, seen {at}")


def _source_step(trail: Trail) -> Step:
    account = trail.account
    off = account.condition == "disabled"
    says = f"{account.id} ({account.name}), {account.kind}, tier {account.tier}"
    more = ("it is not in the configuration any more: nothing new comes from it",) if off else ()
    return Step(name="source", mark=Mark.NOTED if off else Mark.PASSED, reason=account.condition, says=says, more=more)


def _visit_step(trail: Trail) -> Step:
    visit, seen = trail.visit, trail.story.seen
    if visit is None:
        return Step(
            name="visit", mark=Mark.PASSED, says="found; the log of visits has no line of that any more", at=seen
        )
    if visit.reason == DIALECT:
        says = "listed no more when its source was visited, and found where that gap was filled from"
        return Step(name="visit", mark=Mark.PASSED, reason=visit.reason, says=says, at=seen, more=visit.notes)
    took = f"{visit.elapsed.total_seconds():.2f} s"
    parts = [f"answered {visit.reason} in {took}", f"{visit.new} new of {visit.new + visit.changed + visit.seen}"]
    late = seen - trail.story.published if trail.story.published else None
    if late is not None and late.total_seconds() >= 0:
        parts.append(f"{roughly(late)} after publication")
    return Step(name="visit", mark=Mark.PASSED, reason=visit.reason, says=", ".join(parts), at=seen, more=visit.notes)


def _story_step(trail: Trail, clock: Clock) -> Step:
    number = len(trail.editions)
    backlog = any(one.reason is Reason.BACKLOG for one in trail.rulings)
    first = "in the backlog of the first visit" if backlog else "taken in as new"
    says = first + (f", {number} versions by now" if number > 1 else "")
    more = [f"version {one.version} at {clock.at(one.at)}" for one in trail.editions[1:]]
    if trail.ignored:
        more.append(f"{trail.ignored} later changes were ignored: it had as many versions as are kept")
    if trail.story.published is None:
        more.append("the source gives it no date")
    reason = Reason.BACKLOG.value if backlog else "new"
    return Step(name="taken in", mark=Mark.PASSED, reason=reason, says=says, at=trail.story.seen, more=tuple(more))


def _copy_steps(trail: Trail) -> Iterator[Step]:
    copies, own = trail.kin.copies, trail.kin.story
    if len(copies.stories) > 1:
        others = [one.member.outlet for one in copies.stories if one.member.story != own.member.story]
        first = copies.stories[0].member.story == own.member.story
        said = own.group_why or ("the first of its text" if first else f"a copy of {encode(own.group)}")
        more = (f"also at {', '.join(dict.fromkeys(others[:_COPIES]))}",)
        yield Step(name="copies", mark=Mark.NOTED, reason="first" if first else "copy", says=said, more=more)
    if trail.kin.event and trail.kin.event.stories > 1:
        says = f"{own.event_why or 'one event with others'}; {trail.kin.event.stories} stories"
        yield Step(name="event", mark=Mark.NOTED, says=says)


def _page_step(trail: Trail, unwanted: str, clock: Clock) -> Step:
    page = trail.page
    if page is None:
        return Step(name="page", mark=Mark.NOTED, reason="not-wanted", says=f"not wanted: {unwanted}")
    if page.reading or page.state is PageState.READ:
        later = page.detail if page.detail != page.reading else ""
        more = (*filter(None, (later,)), *_cut_words(trail.cuts))
        length = "" if trail.wordless else f", {_words(trail)}"
        says = f"read {page.reading or page.detail}".strip() + length
        return Step(name="page", mark=Mark.PASSED, reason=page.reason, says=says, at=page.at, more=more)
    if page.state is PageState.FAILED:
        more = tuple(filter(None, (page.detail, page.url)))
        says = f"{page.reason}: {meaning(page.reason)}"
        return Step(name="page", mark=Mark.ENDED, reason=page.reason, says=says, at=page.at, more=more)
    due = f", due {clock.at(page.next_due)}" if page.next_due else ""
    says = f"{page.reason}: {page.detail}{due}" if page.reason else f"still to be read{due}: {page.detail}"
    return Step(name="page", mark=Mark.WAITS, reason=page.reason or "due", says=says, at=page.at)


def _cut_words(cuts: Sequence[Cut]) -> Iterator[str]:
    """Yield the first things that were left out of a page, and how many others there are."""
    yield from (f"left out ({one.why}): {clipped(one.text, _LINE)}" for one in cuts[:_CUTS])
    if rest := sum(one.number for one in cuts[_CUTS:]):
        yield f"left out: {rest} more, which --text shows"


def _text_step(trail: Trail) -> Step:
    story = trail.story
    if trail.wordless:
        says = "its words are no longer kept (`retention.bodies`): what rules say now is by its title alone"
        return Step(name="text", mark=Mark.NOTED, reason="forgotten", says=says)
    says = f"{_words(trail)}, language {story.language or 'unknown'}"
    more = tuple(filter(None, (clipped(" ".join(story.text.split()), _LINE),)))
    return Step(name="text", mark=Mark.PASSED if length_of(story.text) else Mark.NOTED, says=says, more=more)


def _words(trail: Trail) -> str:
    """Say how long the text is that is kept."""
    words = length_of(trail.story.text)
    return f"{words:,} word{'s' * (words != 1)}"


# ---------------------------------------------------------------- what was decided


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """A page that could not be read, which decided: rules that did not hold were never given its text."""

    verdict: str
    reason: str


def _stopped_at_page(page: PageStatus | None, best: Finding | None, clock: Clock) -> _Stop | None:
    if page is None or page.reading or page.state is PageState.READ:
        return None
    if best and best.rank < Rank.NEAR and best.reason != "min_words":
        return None
    near = best is not None and best.rank is not Rank.NOTHING
    short = f"; by the source's own words {best.verdict.removeprefix('Not told: ')}" if best and near else ""
    if page.state is PageState.FAILED:
        trouble = f"{page.reason}: {meaning(page.reason).rstrip('.')}"
        return _Stop(verdict=f"Not told: its page could not be read, {trouble}{short}", reason=page.reason)
    due = f", due {clock.until(page.next_due)}" if page.next_due else ""
    trouble = f" ({page.reason} so far)" if page.reason else ""
    verdict = f"Not told yet: its page is still to be read{due}{trouble}{short}"
    return _Stop(verdict=verdict, reason=page.reason or "page-due")


def _decided_steps(trail: Trail, found: Sequence[Finding], judged: Judged, clock: Clock) -> Iterator[Step]:
    """Yield what rules said that held, then channel by channel what was decided, and each message once."""
    held = {one.rule: one for one in reversed(found) if one.decided}
    yield from (_rule_step(one, judged, first=False) for one in reversed(held.values()))
    shown: set[str] = set()
    for channel in dict.fromkeys(one.channel for one in found if one.decided):
        here = [one for one in found if one.decided and one.channel == channel]
        yield from _merged(here)
        for key in dict.fromkeys(one.key for one in here if one.key):
            if key not in shown:
                shown.add(key)
                yield from way_of_message(trail, key, clock)


def _merged(here: Sequence[Finding]) -> Iterator[Step]:
    """Yield what was decided in one channel, the same about several rules once."""
    by_step: dict[Step, list[str]] = {}
    for one in here:
        if one.decided:
            by_step.setdefault(one.decided, []).append(one.rule)
    for step, rules in by_step.items():
        many = len({one.rule for one in here}) > 1
        yield replace(step, more=(f"rules: {', '.join(rules)}", *step.more)) if many and len(by_step) > 1 else step


def _rule_step(one: Finding, judged: Judged, *, first: bool) -> Step:
    """Return what a rule said, with its clauses where they are asked for or decided."""
    return one.step if judged.whole or first else replace(one.step, clauses=None)


def _missed_steps(found: Sequence[Finding], judged: Judged) -> Iterator[Step]:
    """Yield the rules that did not hold: by name where nothing else was told, and how many others there are."""
    missed = [one for one in found if not one.decided]
    near = [one for one in missed if one.rank is not Rank.NOTHING or judged.whole]
    told = any(one.told for one in found)
    shown = near if judged.whole else [] if told else near[:_NEAREST]
    first = not any(one.decided for one in found)
    for number, one in enumerate(shown):
        yield _rule_step(one, judged, first=first and not number)
    rest = len(missed) - len(shown)
    if rest:
        other = "other rule" if shown or len(missed) < len(found) else "rule"
        nearest = f"; the nearest is {near[0].rule}" if near and not shown else ""
        how = "do not hold" if rest > 1 else "does not hold"
        says = f"{rest} {other}{'s' * (rest != 1)} {how}{nearest}"
        yield Step(name="rules", mark=Mark.NOTED, reason="others", says=says)


def _further_messages(trail: Trail, clock: Clock) -> Iterator[Step]:
    """Yield the messages about a story that no verdict names: corrections, escalations, copies for a fallback."""
    named = {one.delivery for one in trail.rulings} | {*trail.folded.values(), *trail.merged.values()}
    named |= {one.key for one in trail.heard.values()}
    together = {one.key for one in trail.told}
    for key, kept in trail.messages.items():
        if key not in named:
            name = "together" if key in together else "also"
            yield message_step(kept, trail.holds, trail, clock, name=name)
