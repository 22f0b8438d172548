"""What follows from a visit after the first: when to look again, and what threads say of corrections and removals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.card import clean
from alerts.cluster import fingerprint
from alerts.cluster.corrections import correction_in
from alerts.cluster.updates import compare
from alerts.policy import Reason
from crawler.store.following import Followed
from crawler.store.plan import NewDelivery
from crawler.visits.page import GONE, LIVE_FOR, SECOND_LOOK, PageState, revisit_at
from crawler.visits.poll import Tally
from crawler.visits.spans import spoken

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from alerts.story import Story
    from crawler.ids import Ids
    from crawler.store.following import KnownPage, Told
    from crawler.store.kin import StoryState
    from crawler.store.plan import Draft, Memory, Plan, Verdict
    from crawler.visits.page import PageVisit

CORRECTED = "the outlet has corrected the story: “{sentence}”"
REMOVED = "the outlet has removed the story ({status})"
BACK = "the story is back"
_SENTENCE_LIMIT = 320  # characters, so that the whole fits into a reply

# Verdicts by which a story is worth another look; the rest was never meant to be told by itself, or is past.
_FOLLOWED = frozenset(
    {
        *(reason for reason in Reason if reason.sends or reason.is_summed_up),
        *(Reason.TOLD, Reason.COPY, Reason.SAME_STORY, Reason.SHADOW),
    }
)


class Replies:
    """Makes replies about one story, each once for every message that tells of it."""

    def __init__(self, state: StoryState, told: Sequence[Told], ids: Ids, now: datetime) -> None:
        self._state = state
        self._told = told
        self._ids = ids
        self._now = now

    def say(self, note: str, about: str, *, but: Collection[str] = ()) -> list[NewDelivery]:
        """Return a reply to each message but these, unless its thread says so already: ``about`` tells what is one."""
        return [
            NewDelivery(
                key=self._ids.delivery(),
                group=self._state.group,
                story=self._state.id,
                version=self._state.version,
                channel=one.channel,
                severity=one.severity,
                queued=self._now,
                parent=one.key,
                note=note,
                occasion=occasion,
            )
            for one in self._told
            if one.key not in but and (occasion := f"{one.key} {about}") not in one.occasions
        ]

    def corrections(self, story: Story, *, title: str, text: str, but: Collection[str] = ()) -> list[NewDelivery]:
        """Return a reply to each message but these when a story corrects what its outlet had published."""
        if not self._told:
            return []
        change = compare(title=title, text=text, new_title=story.title, new_text=story.text)
        found = correction_in(story, change.added, title)
        if found is None:
            return []
        sentence = found.of(story)
        note = CORRECTED.format(sentence=clean(sentence, _SENTENCE_LIMIT))
        return self.say(note, f"corrected {fingerprint('', sentence.casefold()).hex()}", but=but)


def is_followed(story: int, memory: Memory, verdicts: Iterable[Verdict] = ()) -> bool:
    """Say whether a rule held for a story that told of it, or would have, had nothing stood in the way."""
    if any(one.story == story and one.reason in _FOLLOWED for one in verdicts):
        return True
    return any(one.story == story and one.reason in _FOLLOWED for one in memory.past([story], []))


def next_look(story: int, known: KnownPage, now: datetime, *, removed: bool = False) -> datetime | None:
    """Return when the page of a story that is followed is visited again."""
    if known.first_read is None:
        return None
    return revisit_at(known.first_read, now, luck_of(story), removed=removed, live_until=known.live_until)


def luck_of(story: int) -> float:
    """Return a number in [0, 1), random among stories and the same for one at all times: ids end in random bits."""
    return (story & 0xFFFF) / 0x10000


def after_reading(draft: Draft, story: Story, visit: PageVisit, *, followed: bool) -> Followed:
    """Return what to remember of a page that was there: ``story`` is how it reads now."""
    known, article = draft.page, visit.article
    first_read, live_until = known.first_read or visit.at, _live_until(known, visit)
    is_alive = live_until is not None and live_until > visit.at
    due = revisit_at(first_read, visit.at, luck_of(story.id), live_until=live_until) if followed or is_alive else None
    own = fingerprint("", story.text)
    has_it = article is None or known.words == own  # still: what a page says less of is not taken
    return Followed(
        story=story.id,
        next_due=due,
        headline=article.title if article else known.headline,
        words=known.words if has_it or article is None else fingerprint("", article.text),
        version=story.version if article else known.version,
        missing=None,
        live_until=live_until,
        gone=None,
    )


def _live_until(known: KnownPage, visit: PageVisit) -> datetime | None:
    """Return until when a live blog is visited often: some hours after its newest post; None for any other page."""
    if visit.article is None:
        return known.live_until
    posted = [post.published for post in visit.article.posts if post.published]
    return min(max(posted), visit.at) + LIVE_FOR if posted else None


def after_missing(draft: Draft, visit: PageVisit) -> Followed:
    """Return what to make of a page that was not there this time.

    It was removed when the server says so (410), or says for an hour that it knows no such page; and not while the
    source lists the story. Whatever else stands in the way says nothing about that.
    """
    known, at = draft.page, visit.at
    status, gone, missing = visit.detail or visit.reason, known.gone, known.missing
    due = next_look(draft.story.id, known, at, removed=known.gone is not None)
    if not visit.is_missing:
        detail = status
    elif gone:
        detail = f"{status}: removed by its outlet"
    elif known.listed:
        missing, detail = missing or at, f"{status}: not taken for removed, for its source lists it still"
    elif visit.reason == GONE or (missing and at - missing >= SECOND_LOOK):
        missing, gone, detail = None, at, f"{status}: removed by its outlet"
        due = next_look(draft.story.id, known, at, removed=True)
    else:
        missing, detail = missing or at, f"{status}: looked for again within {spoken(SECOND_LOOK)}, before it counts"
        due = missing + SECOND_LOOK
    return replace(_as_known(draft.story.id, known, due), missing=missing, gone=gone, detail=detail)


def of_removal(draft: Draft, visit: PageVisit, after: Followed, replies: Replies) -> list[NewDelivery]:
    """Return what threads say when a story went, or came back; between two removals lies a visit that found it."""
    reads = visit.claim.reads
    if after.gone and not draft.page.gone:
        status = "410" if visit.reason == GONE else "404"
        return replies.say(REMOVED.format(status=status), f"{draft.story.id} removed after {reads}")
    if draft.page.gone and not after.gone:
        return replies.say(BACK, f"{draft.story.id} back after {reads}")
    return []


def after_edits(plan: Plan, memory: Memory, ids: Ids, now: datetime) -> Plan:
    """Add to a poll's plan what threads say of corrections, and visits to pages that nobody would visit again.

    The latter are those of stories that matched nothing when their pages were read.
    """
    edited = {version.story.id: version.story for version in plan.versions if version.story.version > 1}
    wanted = {page.story for page in plan.pages}
    said: dict[str | None, NewDelivery] = {}  # by occasion: of two stories in one thread the outlet corrects the same
    followed = []
    for story in edited.values():
        draft = memory.draft(story.id)
        if draft is None:
            continue
        replies = Replies(draft.state, memory.told_in(story.id), ids, now)
        corrected = replies.corrections(story, title=draft.story.title, text=draft.story.text)
        said |= {one.occasion: one for one in corrected if one.occasion not in said}
        verdicts = [one for one in plan.verdicts if one.story == story.id]
        if story.id not in wanted and draft.page.next_due is None and is_followed(story.id, memory, verdicts):
            known, due = draft.page, next_look(story.id, draft.page, now)
            followed += [_as_known(story.id, known, due)] if due else []
    tally = plan.tally + Tally(alerts=len(said))
    return replace(plan, deliveries=[*plan.deliveries, *said.values()], followed=followed, tally=tally)


def _as_known(story: int, known: KnownPage, due: datetime | None) -> Followed:
    return Followed(
        story=story,
        next_due=due,
        headline=known.headline,
        words=known.words,
        version=known.version,
        missing=known.missing,
        live_until=known.live_until,
        gone=known.gone,
    )


def text_read(known: KnownPage) -> tuple[str, str] | None:
    """Return title and text of the last version of which the text was the page's; None when there is none."""
    if known.words is None or fingerprint("", known.text) != known.words:
        return None
    return known.title, known.text


def is_final(visit: PageVisit) -> bool:
    """Whether nothing more comes of a visit: no other try follows soon."""
    return visit.state is not PageState.DUE and visit.next_at is None
