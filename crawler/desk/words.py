"""What people are told who ask from Slack: plain text, made from what was written down."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin
from alerts.card import Notice, clean
from alerts.chart import text_bars
from alerts.policy import Reason
from alerts.routing.silence import Matcher, Phase
from crawler.ids import encode
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from alerts.card import Card
    from alerts.face import Face
    from alerts.outbox import Delivery
    from alerts.routing.silence import Silence
    from alerts.routing.spec import DigestSpec
    from alerts.rules.explain import Verdict
    from alerts.story import Alert, Match, Story
    from crawler.store import Kin, Overview
    from crawler.store.deeds import Votes
    from crawler.store.enquiries import Enquiry, Wellbeing
    from crawler.tuning.advice import Advice
    from crawler.tuning.standing import Standing

LONGEST = 3000  # characters of an answer about one message
_TITLE = 200
_NAME = 80
_DETAIL = 200
_WORDS = 8  # words found that a line repeats
_STEPS = 12  # lines of a message's way: the last ones
_LISTED = 20  # outlets, and silences


def why(enquiry: Enquiry, zone: tzinfo) -> str:
    """Say why a message was sent and what became of it, in at most LONGEST characters."""
    content = enquiry.delivery.content
    lines = [_head(enquiry.delivery, zone)]
    if isinstance(content, Bulletin):
        lines.append(f"A message of Tocsin itself, about many things: {content.topic}")
    elif enquiry.delivery.note:
        lines.append(f"A reply about a story that was told: {clean(enquiry.delivery.note, _DETAIL)}")
    else:
        lines += _grounds(enquiry, content)
    if not isinstance(content, Bulletin):
        lines += [_about(content.story, zone), f"More: tocsin explain {encode(content.story.id)}"]
    lines += _opinions(enquiry, zone)
    return _cut([*lines, *_way(enquiry, zone)])


def sources(kin: Kin, zone: tzinfo) -> str:
    """List the outlets that have a story's text, and those that tell of the same event in other words."""
    copies = kin.copies
    lines = [f"{clean(copies.lead.title, _TITLE)}: {_count(copies.outlets, 'outlet')}"]
    lines += [
        f"• {clean(one.member.outlet, _NAME)}, {local(one.member.seen, zone)}  {one.url or '(no address)'}"
        for one in copies.stories[:_LISTED]
    ]
    lines += _more(len(copies.stories), _LISTED)
    others = [text for text in (kin.event.texts if kin.event else ()) if text.lead.group != kin.story.group]
    if others:
        lines.append("Other texts about the same event:")
        lines += [
            f"• {clean(text.lead.member.outlet, _NAME)}: {clean(text.lead.title, _TITLE)}" for text in others[:_LISTED]
        ]
        lines += _more(len(others), _LISTED)
    return "\n".join(lines)


def copy(face: Face, zone: tzinfo) -> str:
    """Return a message as text without layout."""
    if isinstance(face, Bulletin):
        return "\n".join(_bulletin(face))
    if isinstance(face, Notice):
        return f"{face.headline} ({face.outlet}): {face.text}\n{face.link or ''}".rstrip()
    return "\n".join(_card(face, zone))


def status(overview: Overview, silences: Sequence[Silence], now: datetime, zone: tzinfo) -> str:
    """Say how the sources do, what waits, and what is silenced."""
    counts = ", ".join(f"{count} {condition}" for condition, count in overview.sources.items()) or "none yet"
    messages = ", ".join(f"{count} {state}" for state, count in overview.outbox.items() if count) or "none yet"
    oldest = f"; the oldest waits since {local(overview.oldest_waiting, zone)}" if overview.oldest_waiting else ""
    lines = [
        f"sources: {counts}",
        f"stories: {overview.stories:,}, of them {overview.stories_24h:,} in the last 24 h",
        f"messages: {messages}{oldest}",
        *(
            f"held: {one.channel or 'every channel'} until {local(one.until, zone)}: {clean(one.reason, _DETAIL)}"
            for one in overview.holds
        ),
        *(f"silence: {silenced(one, now, zone)}" for one in silences[:_LISTED]),
    ]
    return "\n".join([*lines, *_more(len(silences), _LISTED)])


def rules(
    known: Sequence[Standing],
    silences: Sequence[Silence],
    now: datetime,
    zone: tzinfo,
    sends: Mapping[str, str] | None = None,
) -> str:
    """List rules with what mutes them, what they found in a week, and how often people called that right.

    ``sends`` says by rule what it would have sent.
    """
    if not known:
        return "There are no rules yet: write some in config.yaml."
    lines = []
    for one in known:
        parts = [f"{one.id}: {clean(one.name, _NAME)}, {one.severity.label}"]
        parts += ["switched off"] * (not one.enabled) + ["on trial"] * one.shadow
        parts += [f"found {one.volume} in 7 d"] * (one.volume is not None)
        parts += [f"would have sent {said}" for said in [(sends or {}).get(one.id)] if said]
        parts += [
            f"muted until {local(silence.end, zone)} by {silence.author} ({silence.id})"
            for silence in silences
            if one.id in silence.matcher.rules and silence.phase(now) is Phase.ACTIVE
        ]
        parts.append(one.precision.says)
        lines.append(" · ".join(parts))
    return "\n".join(lines)


def precision(votes: Votes | None) -> str:
    """Say what people think of what a rule found."""
    if votes is None or not votes.total:
        return "no opinions yet"
    share = round(100 * votes.relevant / votes.total)
    return f"{votes.relevant} of {votes.total} opinions: relevant ({share} %)"


def advice(found: Advice) -> str:
    """Say what a rule could exclude or require, and at what price; the edits are printed by a command."""
    lines = [f"Rule {found.rule}: {found.precision.says}"]
    if not found.enough:
        return "\n".join([*lines, "Too few are called not relevant to propose anything: say so below its messages."])
    tried = f"Tried on {found.matches:,} match{'es' * (found.matches != 1)} of 30 days"
    lines.append(f"{tried}{', the newest' if found.capped else ''}:")
    for one in (offer.proposal for offer in found.offers):
        toll = one.toll
        lines.append(
            f"• {one.clause} would have kept out {toll.killed:,} (not relevant {toll.killed_not_relevant:,}, relevant "
            f"{toll.killed_relevant:,}, not judged {toll.killed_unjudged:,}) and spared {toll.spared:,}"
        )
        lines += [f"   ✗ {clean(story.title, _TITLE) or '(no title)'}" for story in toll.examples]
    end = f"`tocsin rules advise {found.rule}` prints the edits." if found.offers else "No word tells the two apart."
    return _cut([*lines, end])


def trial(verdict: Verdict) -> str:
    """Say whether a rule holds for a text, and by which parts."""
    outcome = f"holds, {verdict.severity.label}" if verdict.holds else "does not hold"
    lines = [f"Rule {verdict.rule}: {outcome}"]
    lines += ["✗ it is switched off"] * (not verdict.enabled)
    lines += [f"✗ only: {gate}" for gate in verdict.gates]
    lines += verdict.query.lines()
    for to, explanation in verdict.raises:
        lines += [f"raise to {to.label} if", *explanation.lines(1)]
    return "\n".join(lines)


def matched(matches: Sequence[Match], story: Story) -> str:
    """Say which rules hold for a text."""
    return "\n".join(_matched(one, story) for one in matches) or "No rule holds for that."


def found(stories: Sequence[Story], zone: tzinfo, *, more: bool) -> str:
    """List the stories that a search found."""
    lines = []
    for one in stories:
        lines.append(f"• {clean(one.title, _TITLE) or '(no title)'}")
        seen = f"{clean(one.outlet.name, _NAME)}, {local(one.seen, zone)}"
        lines.append(f"   {seen}, {encode(one.id)}  {one.url or ''}".rstrip())
    lines += ["… and there are more: `tocsin search` lists them"] * more
    return "\n".join(lines) or "Nothing found."


def digests(known: Sequence[DigestSpec]) -> str:
    """Say which digests there are."""
    if not known:
        return "There are no digests: write `digests:` in config.yaml."
    each = (f"{one.name} at {one.at:%H:%M} {one.zone.key} to {', '.join(one.to)}" for one in known)
    return "These digests come at their times: " + "; ".join(each)


def trouble(of: Wellbeing) -> str:
    """Say what is wrong with a source; nothing when it does well."""
    match of.condition:
        case "ok":
            return ""
        case "new":
            return "no answer yet" if not of.reason else f"never answered well: {of.reason}"
        case "silent":
            return "silent: nothing new for much longer than usual"
        case _:
            return f"{of.condition} ({of.reason}): {meaning(of.reason)}"


def silenced(one: Silence, now: datetime, zone: tzinfo) -> str:
    """Describe a silence: its id, what it mutes, how long, who asked and why."""
    begins = f"from {local(one.start, zone)} " if one.phase(now) is Phase.PENDING else ""
    comment = f": {clean(one.comment, _DETAIL)}" if one.comment else ""
    return f"{one.id} {meant(one.matcher)} {begins}until {local(one.end, zone)} by {clean(one.author, _NAME)}{comment}"


def meant(matcher: Matcher) -> str:
    """Say what a silence mutes."""
    parts = [
        f"{kind} {' or '.join(names)}"
        for kind, names in (("rule", matcher.rules), ("tag", matcher.tags), ("source", matcher.sources))
        if names
    ]
    parts += [f"{matcher.severity.label} or lower"] if matcher.severity is not None else []
    parts += [f"text “{clean(matcher.text, _NAME)}”"] if matcher.text else []
    return ", ".join(parts)


def local(when: datetime, zone: tzinfo) -> str:
    """Write a time to the minute, in the zone of the configuration."""
    with suppress(OverflowError):  # the first and the last day that can be written
        when = when.astimezone(zone)
    return f"{when:%Y-%m-%d %H:%M}"


def _head(delivery: Delivery, zone: tzinfo) -> str:
    severity = delivery.content.severity.name if isinstance(delivery.content, Bulletin) or not delivery.note else ""
    parts = [f"Message {delivery.key} to {delivery.channel}", severity, f"{delivery.state}"]
    return ", ".join(part for part in (*parts, f"queued {local(delivery.queued, zone)}") if part)


def _grounds(enquiry: Enquiry, alert: Alert) -> Iterator[str]:
    kept = {one.rule: one for one in enquiry.grounds}
    for match in alert.matches:
        yield _matched(match, alert.story)
        if ground := kept.get(match.rule):
            yield f"  {ground.reason}: {Reason(ground.reason).words}"
            yield from (f"  {clean(said, _DETAIL)}" for said in (ground.says, ground.route) if said)
    if alert.trend:
        yield f"  {clean(alert.trend.says, _DETAIL)}"


def _matched(match: Match, story: Story) -> str:
    words = list(dict.fromkeys(clean(span.of(story), _NAME) for span in match.spans))
    more = f" and {len(words) - _WORDS} more" if len(words) > _WORDS else ""
    by = ", ".join(f"“{word}”" for word in words[:_WORDS])
    return f"Rule {match.rule} ({clean(match.name, _NAME)}, {match.severity.label})" + (
        f" matched {by}{more}" if words else ""
    )


def _about(story: Story, zone: tzinfo) -> str:
    dated = f", published {local(story.published, zone)}" if story.published else ""
    told = f"{clean(story.title, _TITLE)} ({clean(story.outlet.name, _NAME)})"
    return f"Story: {told}, seen {local(story.seen, zone)}{dated}"


def _opinions(enquiry: Enquiry, zone: tzinfo) -> Iterator[str]:
    if enquiry.acknowledged:
        yield f"Acknowledged by {enquiry.acknowledged.user} at {local(enquiry.acknowledged.at, zone)}"
    for rule, votes in enquiry.votes.items():
        yield f"Rule {rule}: {precision(votes)}"


def _way(enquiry: Enquiry, zone: tzinfo) -> Iterator[str]:
    left = len(enquiry.steps) - _STEPS
    if enquiry.steps:
        yield "Its way:" + (f" the last {_STEPS} of {len(enquiry.steps)} steps" if left > 0 else "")
    for step in enquiry.steps[-_STEPS:]:
        yield f"  {local(step.at, zone)} {step.state}: {step.reason} {clean(step.detail, _DETAIL)}".rstrip()


def _card(card: Card, zone: tzinfo) -> Iterator[str]:
    yield f"{card.severity.name}: {card.headline}"
    yield " · ".join((f"{card.outlet} ({card.host or 'no usable link'})", *card.standing, card.when(zone)))
    yield from (said for said in (card.trend, card.update, card.wording or card.summary, card.link) if said)
    for reason in card.reasons:
        yield f"Rule {reason.rule}" + (f" matched {', '.join(reason.words)}" if reason.words else "")
    yield from (f"Then: {one.title} ({one.outlet})" for one in card.nexts)
    yield from [f"and {card.more} more"] * bool(card.more)
    yield from [f"Also reported by {', '.join(card.also)}"] * bool(card.also)
    yield from [f"Headline before: {card.was}"] * bool(card.was)
    yield from [f"Note: {card.notice}"] * bool(card.notice)


def _bulletin(bulletin: Bulletin) -> Iterator[str]:
    yield from (said for said in (bulletin.title, bulletin.lead) if said)
    yield from (f"{label}: {value}" for label, value in bulletin.facts)
    yield from text_bars(bulletin.chart)
    for part in bulletin.parts:
        yield part.heading
        for one in part.items:
            yield "  • " + "  ".join(said for said in (one.text, one.remark, one.link or "") if said)
        yield from [f"  and {part.more} more"] * bool(part.more)
    yield from [bulletin.foot] * bool(bulletin.foot)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _more(number: int, shown: int) -> list[str]:
    return [f"… and {number - shown} more"] if number > shown else []


def _cut(lines: Iterable[str]) -> str:
    """Join lines; what does not fit is left out and counted."""
    kept: list[str] = []
    left, room = 0, LONGEST - 40
    for line in lines:
        if left or len(line) + 1 > room:
            left += 1
            continue
        kept.append(line)
        room -= len(line) + 1
    return "\n".join([*kept, *([f"… {_count(left, 'more line')} left out"] if left else [])])
