"""Takes an article's page in: the story as its page tells it, judged again, and what happens to alerts that waited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.cluster import copy_key, fingerprint
from alerts.cluster.boilerplate import line_keys
from alerts.policy import Reason
from crawler.ids import encode
from crawler.intake.followups import (
    Replies,
    after_missing,
    after_reading,
    is_final,
    is_followed,
    of_removal,
    text_read,
)
from crawler.intake.kinship import Kinship
from crawler.intake.sift import address_key, link_key
from crawler.intake.sketch import sketch
from crawler.intake.verdicts import Family, Rulings
from crawler.intake.wanted import words_of
from crawler.store.plan import Likeness, Plan, Redated, Shift, Touch, Version
from crawler.visits.poll import Tally
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.story import Story
    from crawler.intake.kinship import Look
    from crawler.intake.threads import WordCounts
    from crawler.intake.verdicts import Judging
    from crawler.store.following import Followed, KnownPage
    from crawler.store.kin import StoryState
    from crawler.store.plan import Draft, Kin, Memory, NewDelivery, Verdict, Waiting
    from crawler.visits.page import PageVisit
    from spiders.article import Article

MAX_VERSIONS = 24  # as for what sources change


def plan(
    visit: PageVisit, language: str | None, memory: Memory, judging: Judging, *, now: datetime, counts: WordCounts
) -> Plan:
    """Decide what a page changes; ``language`` is that of its words. Nothing but the arguments has a say."""
    draft = memory.draft(visit.claim.story)
    if draft is None or not is_final(visit):
        return Plan()
    known = draft.page if visit.claim.reads else None
    told = with_page(draft.story, visit.article, language, known) if visit.article else draft.story
    replies = Replies(draft.state, memory.told_in(told.id) if known else (), judging.ids, now)
    if told == draft.story:
        return _unchanged(draft, visit, memory, replies, now)
    if draft.state.version >= MAX_VERSIONS:
        return replace(_unchanged(draft, visit, memory, replies, now), ignored=[draft.story.id])
    kinship = Kinship(memory.kinship, counts, now)
    return _Page(draft, told, visit, judging, now).plan(memory, kinship, replies)


def with_page(story: Story, article: Article, language: str | None, known: KnownPage | None = None) -> Story:
    """Return the next version of a story: its page's text where that says more, and what the source left open.

    The source's own title stands, and so does its date. An address that led to another site is that site's.
    Of a live blog the posts are stories of their own, so its page's text is not taken.
    When the page was read before (``known``), a story that has its text follows it, even to a shorter one. And when
    the page has changed its headline since then and the source has changed nothing, the story has the new headline.
    """
    published = story.published or article.published
    elsewhere = article.canonical and site_of(article.canonical) != site_of(story.url or "")
    longer = words_of(article.text) > words_of(story.text)
    takes = not article.posts and (longer or _follows(story, article, known))
    found = replace(
        story,
        url=article.canonical if elsewhere else story.url,
        title=_title(story, article, known),
        text=article.text if takes else story.text,
        language=(language or story.language) if takes else (story.language or language),
        authors=story.authors or article.authors,
        section=story.section or article.section,
        published=published,
        date_note=story.date_note if story.published or not published else article.date_note,
    )
    if known and takes and fingerprint("", article.text) == fingerprint("", story.text):
        found = replace(found, text=story.text, language=story.language)
    return story if found == story else replace(found, version=story.version + 1)


def _follows(story: Story, article: Article, known: KnownPage | None) -> bool:
    """Say whether a story has its page's text, and the page's new text is one that may take its place."""
    if known is None or fingerprint("", story.text) != known.words:
        return False
    return not article.truncated and article.method != "description" and bool(article.text)


def _title(story: Story, article: Article, known: KnownPage | None) -> str:
    if known is None or known.version != story.version or not (known.headline and article.title):
        return story.title or article.title
    return story.title if fingerprint(known.headline, "") == fingerprint(article.title, "") else article.title


def _unchanged(draft: Draft, visit: PageVisit, memory: Memory, replies: Replies, now: datetime) -> Plan:
    """Let go what waited: the page says no more, or cannot be read. What it calls itself is kept all the same."""
    story, key = draft.story, address_key(visit.article.canonical) if visit.article else None
    words = fingerprint(story.title, story.text)
    waiting = () if visit.claim.again else draft.waiting
    after = _after(draft, visit, memory)
    said = of_removal(draft, visit, after, replies) if after else []
    return Plan(
        likenesses=[Likeness(key=key, story=story.id, fingerprint=words, at=visit.at)] if key else [],
        deliveries=said,
        shifts=[Shift(waiting=one, story=draft.story.id, at=now, release=True, withdrawn={}) for one in waiting],
        followed=[after] if after else [],
        tally=Tally(alerts=len(waiting) + len(said)),
    )


def _after(draft: Draft, visit: PageVisit, memory: Memory) -> Followed | None:
    """Return what to remember of a visit that brought no new version; None when it failed and nobody asks why."""
    alive = draft.page.live_until
    followed = is_followed(draft.story.id, memory) or (alive is not None and alive > visit.at)
    if visit.is_answered:
        return after_reading(draft, draft.story, visit, followed=followed)
    return after_missing(draft, visit) if followed and visit.claim.reads else None


class _Page:
    """One page's text on its way into a story."""

    def __init__(self, draft: Draft, told: Story, visit: PageVisit, judging: Judging, now: datetime) -> None:
        self._draft = draft
        self._told = told
        self._visit = visit
        self._judging = judging
        self._now = now
        self._rulings = Rulings(judging, now, first_visit=False)

    def plan(self, memory: Memory, kinship: Kinship, replies: Replies) -> Plan:
        """Return the new version, its verdicts, what becomes of messages that waited, and what threads say of it."""
        keys = self._keys()
        look = self._look(memory, kinship)
        kin, why = self._kin(memory, keys, look)
        groups = {one.group for one in kin}
        own = self._draft.state
        parts = own.group not in {own.id, *groups} and self._shows_the_whole()
        stays = own.group in groups or not (kin or parts)
        group = own.group if stays else kin[0].group if kin else own.id
        later = replace(own, group=group, version=self._told.version)
        family = Family(near=[later, *kin, *([] if parts else [own])])
        self._rulings.remember(memory, {own.id, *(one.id for one in kin)}, {own.group, *groups})
        verdicts = self._rulings.rule(self._told, group, family, backlog=False, page=not self._visit.claim.reads)
        shifts = [self._shift(one, group, verdicts, family) for one in self._draft.waiting]
        kinship.keep(self._told, later, look, kin[0] if kin else None)
        version = Version(
            story=self._told,
            group=group,
            at=self._visit.at,
            rules=self._judging.revision,
            group_why=None if stays else why,
        )
        followed = is_followed(own.id, memory, self._rulings.verdicts)
        after = after_reading(self._draft, self._told, self._visit, followed=followed)
        said = self._replies(replies, after, shifts)
        return Plan(
            versions=[version],
            likenesses=[self._likeness(key) for key in keys],
            verdicts=[self._carrying(one, shifts) for one in self._rulings.verdicts],
            deliveries=[*self._rulings.deliveries, *said],
            redated=self._redated(),
            shifts=shifts,
            followed=[after],
            touches=[Touch(group=group, at=self._now, why=self._why())],
            sketches=kinship.sketches,
            threads=kinship.threads,
            frequencies=kinship.frequencies(),
            tally=Tally(changed=1, alerts=len(self._rulings.deliveries) + len(said) + len(shifts)),
        )

    def _why(self) -> str:
        return "the outlet changed its page" if self._visit.claim.reads else "its page was read"

    def _replies(self, replies: Replies, after: Followed, shifts: Sequence[Shift]) -> list[NewDelivery]:
        """Return what threads say of the new version; a message that nobody saw yet tells of it anyway."""
        said = of_removal(self._draft, self._visit, after, replies)
        if read := text_read(self._draft.page):
            fresh = {one.waiting.key for one in shifts if one.moved_to is not None or one.is_void}
            said += replies.corrections(self._told, title=read[0], text=read[1], but=fresh)
        return said

    # ------------------------------------------------------------ which stories say the same

    def _keys(self) -> list[bytes]:
        """Return the keys that copies share: of the text, and of the address that the page gives itself."""
        story, article = self._told, self._visit.article
        found = [
            copy_key(story.title, story.text),
            link_key(story.url, story.title) if story.url else None,
            address_key(story.url),
            address_key(article.canonical) if article and not article.posts else None,
        ]
        return [key for key in found if key]

    def _look(self, memory: Memory, kinship: Kinship) -> Look:
        common = memory.kinship.common(self._told.outlet.id, line_keys(self._told.text))
        return kinship.look(sketch(self._told, truncated=self._is_cut(), boilerplate=common), self._told.id, new=False)

    def _shows_the_whole(self) -> bool:
        """Whether only now the story's whole text is known: a summary or a title may have looked like another's."""
        return not (self._visit.claim.again or self._is_cut())

    def _is_cut(self) -> bool:
        """Whether the text is less than the story: a summary still, or what stands before a paywall."""
        article = self._visit.article
        return article is None or article.truncated or self._told.text != article.text

    def _kin(self, memory: Memory, keys: list[bytes], look: Look) -> tuple[list[StoryState], str]:
        """Return the other stories that say the same, first seen first, and why the first is one."""
        found: dict[int, StoryState] = {}
        why: dict[int, str] = {}
        for kin in self._alike(memory, keys):
            near = self._visit.at - kin.at <= self._judging.same_story
            if near and kin.story.id != self._told.id:
                found[kin.story.id] = kin.story
                why[kin.story.id] = f"a copy of {encode(kin.story.id)}: the same words or address"
        for copied in look.copies:
            found.setdefault(copied.state.id, copied.state)
            why.setdefault(copied.state.id, copied.why)
        return [found[one] for one in sorted(found)], why.get(min(found, default=0), "")

    def _alike(self, memory: Memory, keys: list[bytes]) -> Iterable[Kin]:
        """Return the stories that share a key; in its own source one link and title are not enough for that."""
        own, words = self._draft.state.source, fingerprint(self._told.title, self._told.text)
        text_key = copy_key(self._told.title, self._told.text)
        for key, every in memory.alike(keys).items():
            for kin in every:
                if key == text_key or kin.story.source != own or kin.fingerprint == words:
                    yield kin

    def _likeness(self, key: bytes) -> Likeness:
        words = fingerprint(self._told.title, self._told.text)
        return Likeness(key=key, story=self._told.id, fingerprint=words, at=self._visit.at)

    def _redated(self) -> list[Redated]:
        if self._told.published == self._draft.story.published:
            return []
        return [Redated(story=self._told.id, published=self._told.published, date_note=self._told.date_note)]

    # ------------------------------------------------------------ what waited

    def _shift(
        self, waiting: Waiting, group: int, verdicts: Mapping[tuple[str, str], Verdict], family: Family
    ) -> Shift:
        withdrawn = {}
        for rule in waiting.told:
            if self._rulings.told_elsewhere(self._told.id, rule, waiting.channel, family):
                withdrawn[rule] = Reason.COPY
            elif (rule, waiting.channel) not in verdicts and self._judging.judge.may_be_undone(rule):
                withdrawn[rule] = Reason.UNDONE
        kept = waiting.told.keys() - withdrawn.keys()
        moves = bool(kept) and all((rule, waiting.channel) in verdicts for rule in kept)
        return Shift(
            waiting=waiting,
            story=self._told.id,
            at=self._now,
            release=True,
            moved_to=self._told.version if moves else None,
            group=group if moves else None,
            withdrawn=withdrawn,
        )

    def _carrying(self, verdict: Verdict, shifts: list[Shift]) -> Verdict:
        """Return a verdict on the page with the message that tells of it now instead of the source's own words.

        What is not told after all has the reason that the message was given.
        """
        for shift in shifts:
            rule, waiting = verdict.match.rule, shift.waiting
            if waiting.channel != verdict.channel or rule not in waiting.told:
                continue
            if rule in shift.withdrawn:
                return replace(verdict, reason=shift.withdrawn[rule])
            if shift.moved_to is not None:
                return replace(verdict, delivery=waiting.key, reason=waiting.told[rule])
        return verdict
