"""Takes an article's page in: the story as its page tells it, judged again, and what happens to alerts that waited."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from alerts.cluster import copy_key, fingerprint
from alerts.cluster.boilerplate import line_keys
from alerts.policy import Reason
from crawler.ids import encode
from crawler.intake.calm import Subject
from crawler.intake.followups import (
    Replies,
    after_missing,
    after_reading,
    is_final,
    is_followed,
    of_removal,
    text_read,
)
from crawler.intake.grouping import Groups
from crawler.intake.kinship import Kinship
from crawler.intake.sift import address_key, link_key, origin_key
from crawler.intake.sketch import sketch
from crawler.intake.verdicts import Family, Rulings
from crawler.intake.wanted import words_of
from crawler.store.plan import Likeness, Plan, Redated, Shift, Touch, Version
from crawler.visits.poll import Tally
from spiders.urls import site_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
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
_ALIKE = "the same words or address"
_NAMED = "the page of one names the other as its origin"


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
        origins=_origins(story.id, visit.article),
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
        keys, own = _keys(self._told, self._visit.article), self._draft.state
        look = self._look(memory, kinship)
        kin, why = self._kin(memory, kinship, keys, look)
        groups = Groups(memory.kinship, self._now, self._rulings.deliveries)
        if self._shows_the_whole():
            place = groups.place_whole(own, kin, why, partial(self._pairs, memory, kinship, look, kin))
        else:
            place = groups.place(own, kin, why)
        group, family = place.group, Family(near=place.near)
        later = replace(own, group=group, version=self._told.version)
        near = {one.group for one in place.near}
        self._rulings.remember(memory, {one.id for one in place.near}, near)
        kinship.keep(self._told, later, look, kin[0] if kin else None)
        about = Subject(story=self._told, group=group, event=kinship.event(own.id))
        verdicts = self._rulings.rule(about, family, backlog=False, page=not self._visit.claim.reads)
        shifts = [self._shift(one, group, verdicts, family) for one in self._draft.waiting]
        version = Version(
            story=self._told, group=group, at=self._visit.at, rules=self._judging.revision, group_why=place.why
        )
        joined = self._joined(shifts)
        deliveries = [one for one in self._rulings.deliveries if one.key not in joined]
        shifts = [self._grave(one, joined) for one in shifts]
        followed = is_followed(own.id, memory, self._rulings.verdicts)
        after = after_reading(self._draft, self._told, self._visit, followed=followed)
        said = self._replies(replies, after, shifts)
        return Plan(
            versions=[version],
            likenesses=[self._likeness(key) for key in [*keys, *_named_by(self._visit.article)]],
            origins=_origins(own.id, self._visit.article),
            verdicts=[self._carrying(one, shifts, joined) for one in self._rulings.verdicts],
            deliveries=[*deliveries, *said],
            redated=self._redated(),
            shifts=shifts,
            followed=[after],
            touches=[Touch(group=group, at=self._now, why=self._why())],
            regroupings=groups.regroupings,
            sketches=kinship.sketches,
            threads=kinship.threads,
            met=kinship.met,
            frequencies=kinship.frequencies(),
            tally=Tally(changed=1, alerts=len(deliveries) + len(said) + len(shifts)),
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

    def _look(self, memory: Memory, kinship: Kinship) -> Look:
        source = self._told.outlet.id
        common = memory.kinship.common({source: line_keys(self._told.text)})[source]
        return kinship.look(sketch(self._told, truncated=self._is_cut(), boilerplate=common), self._told.id, new=False)

    def _shows_the_whole(self) -> bool:
        """Whether only now the story's whole text is known: a summary or a title may have looked like another's."""
        return not (self._visit.claim.again or self._is_cut())

    def _is_cut(self) -> bool:
        """Whether the text is less than the story: a summary still, or what stands before a paywall."""
        article = self._visit.article
        return article is None or article.truncated or self._told.text != article.text

    def _kin(self, memory: Memory, kinship: Kinship, keys: list[bytes], look: Look) -> tuple[list[StoryState], str]:
        """Return the other stories that say the same, first seen first, and why the first is one."""
        found: dict[int, StoryState] = {}
        why: dict[int, str] = {}
        by_key = dict.fromkeys(keys, _ALIKE) | _named(self._told, self._visit.article)
        for key, kin in _sharing(memory, self._told, list(by_key)):
            near = self._visit.at - kin.at <= self._judging.manner.same_story
            if not near or kin.story.id in {self._told.id, *found}:
                continue
            if by_key[key] == _ALIKE or not kinship.differs(look, kin.story.id):
                found[kin.story.id] = kin.story
                why[kin.story.id] = f"a copy of {encode(kin.story.id)}: {by_key[key]}"
        for copied in look.copies:
            found.setdefault(copied.state.id, copied.state)
            why.setdefault(copied.state.id, copied.why)
        return [found[one] for one in sorted(found)], why.get(min(found, default=0), "")

    def _pairs(
        self, memory: Memory, kinship: Kinship, look: Look, kin: Sequence[StoryState], stories: Collection[int]
    ) -> dict[tuple[int, int], str]:
        """Return which of some stories, this one among them, are copies of each other, and why."""
        found = dict.fromkeys((_pair(self._told.id, one.id) for one in kin if one.id in stories), _ALIKE)
        others = {*stories} - {self._told.id}
        for one in memory.kinship.known(others):
            by_key = dict.fromkeys(_keys(one.story, None), _ALIKE) | _named(one.story, None)
            for key, other in _sharing(memory, one.story, list(by_key)):
                if other.story.id in stories and other.story.id != one.story.id:
                    found[_pair(one.story.id, other.story.id)] = by_key[key]
        return found | kinship.pairs(self._told.id, look, others)

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

    def _joined(self, shifts: Sequence[Shift]) -> dict[str, str]:
        """Return the messages of the page that one which waited in their channel tells of as well, and which."""
        waiting = {one.waiting.channel: one.waiting.key for one in reversed(shifts) if one.moved_to is not None}
        return {one.key: waiting[one.channel] for one in self._rulings.deliveries if one.channel in waiting}

    def _grave(self, shift: Shift, joined: Mapping[str, str]) -> Shift:
        """Return what is done with a message that waited, as severe as what joins it."""
        joining = [one.severity for one in self._rulings.deliveries if joined.get(one.key) == shift.waiting.key]
        return replace(shift, severity=max(joining)) if joining else shift

    def _carrying(self, verdict: Verdict, shifts: Sequence[Shift], joined: Mapping[str, str]) -> Verdict:
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
        if told := joined.get(verdict.delivery or ""):
            return replace(verdict, delivery=told)
        return verdict


def _keys(story: Story, article: Article | None) -> list[bytes]:
    """Return the keys that copies share: of the text, and of the address that the page gives itself."""
    found = [
        copy_key(story.title, story.text),
        link_key(story.url, story.title) if story.url else None,
        address_key(story.url),
        address_key(article.canonical) if article and not article.posts else None,
    ]
    return [key for key in found if key]


def _named(story: Story, article: Article | None) -> dict[bytes, str]:
    """Return the keys of what a page names as its origin, and of the stories of which the pages name this one."""
    theirs = address_key(article.origin_url) if article else None
    own = [origin_key(address) for address in (story.url, article.canonical if article else None)]
    return dict.fromkeys([key for key in (theirs, *own) if key], _NAMED)


def _named_by(article: Article | None) -> list[bytes]:
    """Return the key by which a story that is the origin of a page finds it."""
    key = origin_key(article.origin_url) if article else None
    return [key] if key else []


def _origins(story: int, article: Article | None) -> dict[int, str | None]:
    return {story: article.origin_url} if article else {}


def _sharing(memory: Memory, story: Story, keys: Collection[bytes]) -> Iterator[tuple[bytes, Kin]]:
    """Return the stories that share a key with one; in its own source one link and title are not enough for that."""
    words, text_key = fingerprint(story.title, story.text), copy_key(story.title, story.text)
    for key, every in memory.alike(keys).items():
        for kin in every:
            if key == text_key or kin.story.source != story.outlet.id or kin.fingerprint == words:
                yield key, kin


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)
