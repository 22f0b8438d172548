"""One story as its page shows it: the text with its words set off, its versions, its copies, and its chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.card import Segment, clean, safe_link
from alerts.story import Field
from crawler.console.views import Chip, chips, marked, of_newest, places_in
from crawler.ids import encode
from spiders.cuts import KEPT, MEANINGS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.rules.explain import Explanation
    from alerts.story import Span, Story
    from crawler.store.families import Kin, Told
    from crawler.store.panes import Edition
    from crawler.store.reports import PageStatus, Ruling
    from crawler.why.chain import Chain
    from spiders.cuts import Cut

PARAGRAPHS = 60  # of a text that are shown
_OUTLETS = 30  # that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Who else has a story."""

    id: str  # of their story
    outlet: str
    title: str
    link: str | None
    seen: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A story whole."""

    id: str
    title: tuple[Segment, ...]
    paragraphs: tuple[tuple[Segment, ...], ...]
    cut: int  # paragraphs that are not shown
    link: str | None
    host: str | None
    outlet: str
    source: str
    standing: tuple[str, ...]
    language: str | None
    authors: str
    section: str | None
    published: datetime | None
    date_note: str | None
    seen: datetime
    version: int
    editions: tuple[Edition, ...]
    page: PageStatus | None
    chips: tuple[Chip, ...]
    copies: tuple[Outlet, ...]
    event: tuple[Outlet, ...]  # other texts of the same event
    phase: str | None


def story_view(
    story: Story,
    rulings: Sequence[Ruling],
    *,
    kin: Kin | None,
    page: PageStatus | None,
    editions: Sequence[Edition],
    found: Sequence[Span] | None = None,
) -> StoryView:
    """Lay a story out; ``found`` are the words to set off, by default those that its rules were met by."""
    hits = of_newest(story, rulings) if found is None else found
    paragraphs = paragraphs_of(story.text, places_in(hits, Field.TEXT))
    outlet = story.outlet
    standing = (outlet.kind, outlet.country and outlet.country.upper(), f"tier {outlet.tier}")
    return StoryView(
        id=encode(story.id),
        title=marked(story.title, places_in(hits, Field.TITLE)) or (Segment("(no title)"),),
        paragraphs=paragraphs[:PARAGRAPHS],
        cut=max(len(paragraphs) - PARAGRAPHS, 0),
        link=story.url if safe_link(story.url) else None,
        host=safe_link(story.url),
        outlet=clean(outlet.name, 80) or outlet.id,
        source=outlet.id,
        standing=tuple(one for one in standing if one),
        language=story.language,
        authors=clean(", ".join(story.authors), 200),
        section=story.section,
        published=story.published,
        date_note=story.date_note.value if story.date_note else None,
        seen=story.seen,
        version=story.version,
        editions=tuple(editions),
        page=page,
        chips=chips(rulings),
        copies=tuple(_outlet(one, one.group_why) for one in kin.copies.stories[:_OUTLETS]) if kin else (),
        event=_event(kin) if kin else (),
        phase=_phase(kin),
    )


def paragraphs_of(text: str, places: Sequence[tuple[int, int]]) -> tuple[tuple[Segment, ...], ...]:
    """Return a text by paragraphs, with some places set off; one that spans two is set off in both."""
    found: list[tuple[Segment, ...]] = []
    at = 0
    for paragraph in text.split("\n\n"):
        end = at + len(paragraph)
        inside = [(max(first - at, 0), min(last, end) - at) for first, last in places if first < end and last > at]
        if paragraph:
            found.append(marked(paragraph, inside))
        at = end + 2
    return tuple(found)


def _phase(kin: Kin | None) -> str | None:
    phase = kin.event.standing.phase if kin and kin.event else None
    return phase.value if phase else None


def _event(kin: Kin) -> tuple[Outlet, ...]:
    texts = kin.event.texts if kin.event else ()
    others = [one.lead for one in texts if one.lead.group != kin.story.group]
    return tuple(_outlet(one, one.event_why) for one in others[:_OUTLETS])


def _outlet(one: Told, why: str) -> Outlet:
    return Outlet(
        id=encode(one.member.story),
        outlet=clean(one.member.outlet, 80),
        title=clean(one.title, 300) or "(no title)",
        link=one.url if safe_link(one.url) else None,
        seen=one.member.seen,
        why=clean(why, 200),
    )


# ---------------------------------------------------------------- why


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One part of a query, and whether it holds."""

    text: str
    holds: bool
    words: tuple[str, ...]
    reason: str
    parts: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step of a chain."""

    name: str
    mark: str  # passed, ended, waits or noted
    says: str
    reason: str
    at: datetime | None
    more: tuple[str, ...]
    clauses: tuple[Clause, ...]  # of a rule: its query, and what raises it
    gates: tuple[str, ...]  # that are closed


@dataclass(frozen=True, slots=True, kw_only=True)
class CutView:
    """One thing that was left out of a story's page."""

    why: str
    meaning: str
    words: str  # "": it is only counted
    letters: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """What became of a story, in a sentence and in steps."""

    verdict: str
    told: bool
    steps: tuple[StepView, ...]
    title: str
    about: str
    story: str | None
    cuts: tuple[CutView, ...] = ()


def chain_view(chain: Chain) -> ChainView:
    """Lay a chain out."""
    return ChainView(
        verdict=chain.verdict,
        told=chain.told,
        title=chain.title,
        about=chain.about,
        story=chain.story,
        cuts=tuple(map(_cut, chain.cuts)),
        steps=tuple(
            StepView(
                name=one.name,
                mark=one.mark.value,
                says=one.says,
                reason=one.reason,
                at=one.at,
                more=one.more,
                clauses=(
                    clause(one.clauses.query),
                    *(clause(raised, f"raised to {to.label} if ") for to, raised in one.clauses.raises),
                )
                if one.clauses
                else (),
                gates=one.clauses.gates if one.clauses else (),
            )
            for one in chain.steps
        ),
    )


def _cut(cut: Cut) -> CutView:
    words = clean(cut.text, KEPT)
    return CutView(why=cut.why, meaning=MEANINGS[cut.why], words=words, letters=cut.letters, number=cut.number)


def clause(of: Explanation, prefix: str = "") -> Clause:
    """Lay one part of a query out, with all below it."""
    return Clause(
        text=f"{prefix}{of.text}",
        holds=of.holds,
        words=of.words,
        reason=of.reason or "",
        parts=tuple(map(clause, of.parts)),
    )
