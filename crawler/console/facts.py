"""What the API answers, made from what the store says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin
from alerts.card import safe_link
from alerts.search.marks import best_slice, spans
from alerts.story import Field
from crawler.console import schemas
from crawler.console.views import SNIPPET, places_in
from crawler.console.views_story import chain_view
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from alerts.rules.ruleset import Rule
    from alerts.search.query import Phrase
    from alerts.story import Story
    from alerts.tuning.precision import Precision
    from crawler.console.views_story import Clause
    from crawler.store.families import Kin
    from crawler.store.panes import Edition, SourceLine, Volume
    from crawler.store.reports import DeliveryStatus, Ruling
    from crawler.why.chain import Chain


def story_fact(story: Story, rulings: Sequence[Ruling], phrases: Sequence[Phrase] = ()) -> schemas.Story:
    """Return a story without its text; the snippet shows the words that were looked for."""
    found = places_in(spans(phrases, story), Field.TEXT) if phrases else []
    start, end = best_slice(story.text, found, SNIPPET)
    return schemas.Story(
        id=encode(story.id),
        version=story.version,
        source=story.outlet.id,
        outlet=story.outlet.name,
        title=story.title,
        url=_link(story.url),
        language=story.language,
        published=story.published,
        seen=story.seen,
        snippet=story.text[start:end],
        rules=tuple(dict.fromkeys(one.match.rule for one in rulings)),
    )


def story_detail(
    story: Story, rulings: Sequence[Ruling], editions: Sequence[Edition], kin: Kin | None
) -> schemas.StoryDetail:
    """Return a story whole."""
    return schemas.StoryDetail(
        id=encode(story.id),
        version=story.version,
        source=story.outlet.id,
        outlet=story.outlet.name,
        title=story.title,
        text=story.text,
        url=_link(story.url),
        language=story.language,
        authors=story.authors,
        section=story.section,
        published=story.published,
        seen=story.seen,
        versions=tuple(
            schemas.Version(
                version=one.version, at=one.at, title=one.title, language=one.language, characters=one.length
            )
            for one in editions
        ),
        copies=tuple(encode(one.member.story) for one in kin.copies.stories) if kin else (encode(story.id),),
        matches=tuple(match_facts(story, rulings, None)),
    )


def match_facts(story: Story, rulings: Sequence[Ruling], rule: str | None) -> Iterator[schemas.Match]:
    """Yield what rules, or one, found in a story: each rule once, in the newest version for which it holds."""
    newest: dict[str, list[Ruling]] = {}
    for one in rulings:  # by version: a later one takes the place of the earlier
        if rule not in {None, one.match.rule}:
            continue
        known = newest.setdefault(one.match.rule, [])
        if known and known[0].version < one.version:
            known.clear()
        known.append(one)
    for decided in newest.values():
        first = decided[0]
        is_newest = first.version == story.version
        yield schemas.Match(
            story=encode(story.id),
            version=first.version,
            rule=first.match.rule,
            name=first.match.name,
            severity=first.match.severity.label,
            tags=first.match.tags,
            spans=tuple(schemas.Span(field=one.field.value, start=one.start, end=one.end) for one in first.match.spans),
            words=tuple(dict.fromkeys(one.of(story) for one in first.match.spans)) if is_newest else (),
            channels=tuple(
                schemas.Channel(
                    channel=one.channel,
                    reason=one.reason.value,
                    says=one.says or one.reason.words,
                    delivery=one.delivery,
                    state=one.state.value if one.state else None,
                )
                for one in decided
            ),
            title=story.title,
            url=_link(story.url),
            source=story.outlet.id,
            seen=story.seen,
        )


def alert_fact(status: DeliveryStatus) -> schemas.Alert:
    """Return a message and how it does."""
    delivery = status.delivery
    content = delivery.content
    story = None if isinstance(content, Bulletin) else content.story
    matches = () if isinstance(content, Bulletin) else content.matches
    return schemas.Alert(
        key=delivery.key,
        state=delivery.state.value,
        channel=delivery.channel,
        severity=max(one.severity for one in matches).label if matches else None,
        rules=tuple(one.rule for one in matches),
        story=encode(story.id) if story else None,
        title=content.title if isinstance(content, Bulletin) else content.story.title,
        url=_link(story.url) if story else None,
        source=story.outlet.id if story else None,
        queued=delivery.queued,
        changed=status.changed,
        attempts=delivery.attempts,
        why=f"{status.reason} {status.detail}".strip(),
    )


def source_fact(line: SourceLine, now: datetime, *, hidden: bool) -> schemas.Source:
    """Return how a source does; ``hidden`` keeps an address back that holds a secret."""
    how, late = line.standing, line.latency
    learnt = how.rhythm.learnt > 0
    return schemas.Source(
        id=line.id,
        name=line.name,
        url=None if hidden else line.url,
        kind=how.read_as or line.kind,
        tier=line.tier,
        country=line.country,
        condition=line.condition,
        last_visit=line.last_at,
        last_good=line.last_ok,
        last_reason=line.last_reason,
        next_visit=line.next_due,
        next_why=line.next_why,
        stories_24h=line.fresh,
        late_p50=late.p50.total_seconds() if late else None,
        late_p95=late.p95.total_seconds() if late else None,
        gaps=how.gaps,
        failures=how.failures,
        rate_per_hour=how.rhythm.rate_at(now) if learnt else None,
        rhythm=how.rhythm.profile() if learnt else (),
    )


def rule_fact(
    rule: Rule, query: str, volume: Volume | None, precision: Precision | None, defaults: Sequence[str]
) -> schemas.Rule:
    """Return a rule in force, with what it found."""
    return schemas.Rule(
        id=rule.id,
        name=rule.name,
        severity=rule.severity.label,
        enabled=rule.enabled,
        shadow=rule.shadow,
        query=query,
        channels=rule.to or tuple(defaults),
        tags=rule.tags,
        owner=rule.owner,
        note=rule.note,
        days=volume.days if volume else (),
        relevant=precision.relevant if precision else 0,
        not_relevant=precision.not_relevant if precision else 0,
    )


def why_fact(chain: Chain) -> schemas.Why:
    """Return what became of something."""
    view = chain_view(chain)
    return schemas.Why(
        verdict=view.verdict,
        told=view.told,
        story=view.story,
        title=view.title,
        steps=tuple(
            schemas.Step(
                name=one.name,
                mark=one.mark,
                says=one.says,
                reason=one.reason,
                at=one.at,
                more=one.more,
                clauses=tuple(map(_clause, one.clauses)),
            )
            for one in view.steps
        ),
    )


def _clause(of: Clause) -> schemas.Clause:
    return schemas.Clause(
        text=of.text, holds=of.holds, words=of.words, reason=of.reason, parts=tuple(map(_clause, of.parts))
    )


def _link(url: str | None) -> str | None:
    return url if safe_link(url) else None
