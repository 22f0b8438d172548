from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.outbox import Kind, Receipt, Settlement, State
from alerts.policy import Reason
from crawler.intake.pages import MAX_VERSIONS, with_page
from crawler.store.following import KnownPage
from crawler.store.schema import outbox, page, story
from crawler.visits.page import AGAIN, PageState, PageVisit
from crawler.visits.poll import Validators
from spiders.article import Article
from spiders.source import Fulltext
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock
from tests.fakes import story as a_story

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Row

    from alerts.outbox import Delivery
    from crawler.store import Store
    from crawler.visits.page import PageClaim
    from crawler.visits.poll import Tally

DAY = timedelta(days=1)
LEASE = timedelta(minutes=5)
SHORT = "The ministers met"
LONG = (
    "Ministers of two countries said on Monday in the capital that they would meet again in spring. "
    "They did not say where, or what the next round will be about."
)
ADDED = "Officials added late in the evening that RARE minerals are part of the text."
CORRECTION = "Correction: an earlier version of this story gave the wrong month."


def article(text: str = LONG, **changes: Any) -> Article:
    return Article(**{"title": "The page's title", "text": text, "method": "extraction"} | changes)


class Desk:
    """A newsroom whose stories say little, a courier that never fails, and the pages of one outlet or two."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.room = newsroom
        self.store = newsroom.store
        self.clock = newsroom.clock
        self.sent: list[Delivery] = []

    async def publish(self, *names: str, text: str = SHORT, title: str = "talks") -> None:
        """Let these outlets publish a story of this title, and send what is told of it once its page was read."""
        for name in names or ("bbc",):
            if name not in self.room.sources:
                await self.room.add(source(name, fulltext=Fulltext.AUTO))
            await self.lists(name, title, text)

    async def lists(self, name: str = "bbc", title: str = "talks", text: str = SHORT) -> None:
        one = entry(title=title, text=text, url=f"https://{name}.example/a", published=NOON - MINUTE)
        await self.room.visit(name, one)

    async def delist(self, name: str = "bbc") -> None:
        """Let another story take its place in the feed."""
        await self.room.visit(name, entry("other", "A cat", LONG * 10, url=f"https://{name}.example/other"))

    async def claim(self, name: str = "bbc") -> PageClaim:
        claims = {one.source: one for one in await self.store.claim_pages(self.clock.now(), 100, LEASE)}
        for other in claims.values():
            if other.source != name:
                await self.store.release_page(other)
        return claims[name]

    async def read(self, found: Article | None = None, *, name: str = "bbc", **changes: Any) -> Tally:
        """Visit a page that is due: it says this."""
        values = {"state": PageState.READ, "reason": "200", "article": found or article()}
        return await self.commit(await self.claim(name), **values | changes)

    async def fail(self, reason: str = "http-404", *, name: str = "bbc") -> Tally:
        return await self.commit(await self.claim(name), state=PageState.FAILED, reason=reason, detail=f"it: {reason}")

    async def commit(self, claim: PageClaim, **values: Any) -> Tally:
        return await self.room.ingest.commit_page(PageVisit(claim=claim, at=self.clock.now(), **values))

    async def send(self) -> list[Delivery]:
        """Send what is due, and return it."""
        due = list(await self.store.outbox.due(self.clock.now(), 100))
        for one in due:
            assert await self.store.outbox.begin(one.key, self.clock.now())
            receipt = Receipt(channel="C0A", message=one.key)
            done = Settlement(state=State.SENT, reason="accepted", receipt=receipt)
            await self.store.outbox.settle(one.key, done, self.clock.now())
        self.sent += due
        return due

    async def notes(self) -> list[tuple[str, str]]:
        """Send what is due; return the replies among it: channel and words."""
        return [(one.channel, one.note) for one in await self.send() if one.kind is Kind.REPLY]

    async def later(self, span: timedelta) -> None:
        self.clock.advance(span)

    async def followed(self) -> None:
        """Publish a story that is told, its page read, and wait until it is visited again."""
        await self.publish()
        await self.read()
        await self.send()
        await self.later(20 * MINUTE)

    async def rows(self, table: Any) -> Sequence[Row[Any]]:
        return await self.store._reader.run(lambda connection: connection.execute(select(table)).all())

    async def page(self, name: str = "bbc") -> Row[Any]:
        return next(row for row in await self.rows(page) if row.source_id == name)

    async def wait(self) -> timedelta | None:
        due = (await self.page()).next_due
        return None if due is None else due - self.clock.now()

    async def until_due(self) -> None:
        due = (await self.page()).next_due
        assert due is not None
        self.clock.advance(max(due - self.clock.now(), timedelta(0)))

    async def the_story(self) -> Any:
        found = await self.store.story((await self.page()).story_id)
        assert found
        return found


@pytest.fixture
def desk(newsroom: Newsroom) -> Desk:
    return Desk(newsroom)


# ---------------------------------------------------------------- when


async def test_the_page_of_a_story_that_is_told_is_visited_four_times_more(desk: Desk) -> None:
    await desk.publish()
    visits = []
    while (await desk.page()).next_due is not None:
        await desk.until_due()
        visits.append(desk.clock.now() - NOON)
        await desk.read()
    assert len(visits) == 5
    assert all(wait <= visit <= 1.1 * wait for wait, visit in zip(AGAIN, visits[1:], strict=True))
    assert (await desk.page()).reads == 5
    assert len(await desk.rows(outbox)) == 1


async def test_a_story_that_matches_nothing_is_not_visited_again(desk: Desk) -> None:
    await desk.publish(title="A cat")
    await desk.read()
    assert await desk.wait() is None


async def test_what_matches_nothing_when_its_page_is_read_is_followed_once_an_edit_matches(desk: Desk) -> None:
    await desk.publish(title="A cat")
    await desk.read()
    await desk.later(2 * MINUTE)
    await desk.lists(title="talks", text=LONG * 8)  # long enough, so that no page is wanted for it
    wait = await desk.wait()
    assert wait is not None
    assert 13 * MINUTE <= wait <= 15 * MINUTE


async def test_a_rule_on_trial_would_tell_so_its_stories_are_followed(desk: Desk) -> None:
    desk.room.judge.shadows = {"talks"}
    await desk.publish()
    await desk.read()
    assert await desk.wait() is not None


async def test_a_backlog_is_not_followed(desk: Desk) -> None:
    await desk.room.add(source(fulltext=Fulltext.AUTO, backlog=timedelta(0)), visited=False)
    await desk.lists()
    await desk.lists(text="Ministers met")  # only an edit makes its page wanted
    await desk.read()
    assert await desk.wait() is None


async def test_a_page_that_was_missed_for_hours_is_not_made_up_for(desk: Desk) -> None:
    await desk.publish()
    await desk.read()
    await desk.later(5 * HOUR)
    await desk.read()
    wait = await desk.wait()
    assert wait is not None
    assert 19 * HOUR <= wait <= 21.4 * HOUR


async def test_an_unchanged_page_costs_nothing_but_the_next_date(desk: Desk) -> None:
    await desk.followed()
    before = await desk.the_story()
    tally = await desk.read(article=None, reason="304", detail="visited again: 304")
    assert (tally.changed, tally.alerts) == (0, 0)
    row = await desk.page()
    assert (row.state, row.reason, row.reads, row.detail) == ("read", "304", 2, "visited again: 304")
    assert await desk.the_story() == before
    assert await desk.notes() == []


@pytest.mark.parametrize("text", [LONG, LONG.replace(". ", ".\n\n"), f"  {LONG}  "])
async def test_equal_words_are_no_new_version(desk: Desk, text: str) -> None:
    await desk.followed()
    assert (await desk.read(article(text))).changed == 0
    assert (await desk.the_story()).version == 2


async def test_what_stands_in_the_way_is_no_removal_and_leaves_what_is_known(desk: Desk) -> None:
    await desk.followed()
    await desk.delist()
    for reason in ("robots", "paywall", "http-503", "http-403"):
        await desk.fail(reason)
        row = await desk.page()
        assert (row.state, row.reason, row.missing) == ("read", "200", None)
        assert reason in row.detail
        if row.next_due:
            await desk.until_due()
    assert await desk.notes() == []


# ---------------------------------------------------------------- what is new


async def test_what_is_added_is_told_as_an_edit_and_the_added_sentence_is_shown(desk: Desk) -> None:
    await desk.followed()
    await desk.read(article(f"{LONG} {ADDED}"))
    told = await desk.send()
    assert {one.channel for one in told} == {"#news", "#minerals"}
    assert all([match.rule for match in one.alert.matches] == ["rare"] for one in told)
    assert all([span.of(one.alert.story) for span in one.alert.added or ()] == [ADDED] for one in told)
    reasons = await desk.room.reasons()
    assert ("rare", "#news", Reason.EDITED) in reasons
    assert reasons.count(("talks", "#news", Reason.TOLD)) == 1


async def test_a_page_read_for_the_first_time_is_no_edit(desk: Desk) -> None:
    await desk.publish()
    await desk.read(article(f"{LONG} {ADDED}"))
    assert ("rare", "#news", Reason.PAGE) in await desk.room.reasons()


async def test_a_shorter_page_is_believed_when_the_story_had_its_text(desk: Desk) -> None:
    await desk.followed()
    await desk.read(article("This story was withdrawn."))
    found = await desk.the_story()
    assert (found.version, found.text) == (3, "This story was withdrawn.")


@pytest.mark.parametrize("changes", [{"truncated": True, "paywalled": True}, {"method": "description"}, {"text": ""}])
async def test_a_stub_in_place_of_a_page_takes_nothing_away(desk: Desk, changes: dict[str, Any]) -> None:
    await desk.followed()
    await desk.read(article(**{"text": "Subscribe to read on."} | changes))
    assert (await desk.the_story()).text == LONG
    await desk.later(HOUR)
    await desk.read(article(f"{LONG} {CORRECTION}"))
    assert len(await desk.notes()) == 1  # of what was known before the stub


async def test_no_more_versions_are_kept_than_of_any_story(desk: Desk) -> None:
    await desk.publish()
    for number in range(MAX_VERSIONS // 2):
        await desk.lists(title=f"talks {number}")
        await desk.read(article(f"{LONG} {number}"))
    assert (await desk.the_story()).version == MAX_VERSIONS
    assert [row.ignored for row in await desk.rows(story)] == [1]
    assert await desk.wait() is not None


async def test_what_is_only_looked_at_again_lets_new_pages_go_first(desk: Desk) -> None:
    await desk.followed()
    await desk.later(2 * HOUR)
    await desk.publish("nhk")
    first, second = await desk.store.claim_pages(desk.clock.now(), 10, LEASE)
    assert [(one.source, one.again) for one in (first, second)] == [("nhk", False), ("bbc", True)]


async def test_a_page_wanted_anew_is_asked_for_whole(desk: Desk) -> None:
    await desk.followed()
    known = Validators(etag='"1"', last_modified="yesterday", body_hash=b"0" * 16)
    await desk.read(validators=known)
    await desk.until_due()
    claim = await desk.claim()
    assert (claim.again, claim.reads, claim.validators) == (True, 2, known)
    await desk.lists(title="talks go on")
    claim = await desk.claim()
    assert (claim.again, claim.reads, claim.validators) == (False, 2, Validators())


# ---------------------------------------------------------------- headlines


async def test_a_headline_that_only_the_page_changes_becomes_the_story_s_and_its_message_is_edited(
    desk: Desk,
) -> None:
    await desk.followed()
    await desk.read(article(title="talks fail"))
    assert (await desk.the_story()).title == "talks fail"
    await desk.later(MINUTE)
    (edit,) = await desk.store.outbox.edits(desk.clock.now(), 10)
    told = edit.delivery.alert
    assert (told.story.title, told.before, edit.why) == ("talks fail", "talks", "the outlet changed its page")


async def test_a_headline_that_was_always_another_is_not_taken(desk: Desk) -> None:
    await desk.followed()
    await desk.read(article(f"{LONG} {ADDED}"))
    assert (await desk.the_story()).title == "talks"


@pytest.mark.parametrize(
    ("known", "headline", "title"),
    [
        (KnownPage(headline="Old", version=1), "New", "New"),
        (KnownPage(headline="Old", version=1), " Old ", "Ours"),
        (KnownPage(headline="", version=1), "New", "Ours"),
        (KnownPage(headline="Old", version=1), "", "Ours"),
        (KnownPage(headline="Old", version=0), "New", "Ours"),  # the source has changed something since
        (None, "New", "Ours"),
    ],
)
def test_whose_headline_stands(known: KnownPage | None, headline: str, title: str) -> None:
    before = replace(a_story(title="Ours", text=LONG), version=1)
    assert with_page(before, article(title=headline), None, known).title == title


# ---------------------------------------------------------------- corrections


async def test_a_correction_is_said_in_the_thread_of_the_message_and_once(desk: Desk) -> None:
    await desk.followed()
    first = desk.sent[0]
    await desk.read(article(f"{CORRECTION} {LONG}"))
    (reply,) = await desk.send()
    assert reply.note == f"the outlet has corrected the story: “{CORRECTION}”"
    assert (reply.kind, reply.thread, reply.channel) == (
        Kind.REPLY,
        Receipt(channel="C0A", message=first.key),
        "#news",
    )
    await desk.later(HOUR)
    await desk.read(article(LONG))
    await desk.later(4 * HOUR)
    await desk.read(article(f"{LONG} {CORRECTION.upper()}"))
    assert await desk.notes() == []


async def test_another_correction_is_another_reply(desk: Desk) -> None:
    await desk.followed()
    await desk.read(article(f"{CORRECTION} {LONG}"))
    await desk.later(HOUR)
    second = "Clarification: the name of the second minister was left out of the list."
    await desk.read(article(f"{CORRECTION} {second} {LONG}"))
    assert [note.partition(":")[2] for _, note in await desk.notes()] == [f" “{CORRECTION}”", f" “{second}”"]


async def test_every_message_about_the_story_has_the_correction_in_its_thread(desk: Desk) -> None:
    await desk.publish(title="RARE talks")
    await desk.read()
    assert len(await desk.send()) == 2
    await desk.later(20 * MINUTE)
    await desk.read(article(f"{CORRECTION} {LONG}"))
    assert sorted(channel for channel, _ in await desk.notes()) == ["#minerals", "#news"]


async def test_what_the_first_reading_finds_corrects_nothing_that_was_told(desk: Desk) -> None:
    await desk.publish(title="RARE talks")
    await desk.send()  # critical: nobody waits for its page
    await desk.read(article(f"{CORRECTION} {LONG}"))
    assert await desk.notes() == []


async def test_a_message_that_nobody_saw_yet_tells_of_the_corrected_text_itself(desk: Desk) -> None:
    await desk.publish()
    await desk.read()
    await desk.later(20 * MINUTE)
    await desk.read(article(f"{CORRECTION} {LONG}"))
    (only,) = await desk.send()
    assert (only.kind, only.alert.story.version) == (Kind.POST, 3)
    assert await desk.send() == []


async def test_a_correction_of_a_copy_is_said_of_the_copy_alone(desk: Desk) -> None:
    await desk.publish("bbc", "nhk")
    await desk.read(name="bbc")
    await desk.read(name="nhk")
    assert len([one for one in await desk.send() if one.alert.story.outlet.id == "bbc"]) == 1
    await desk.later(20 * MINUTE)
    await desk.read(article(f"{CORRECTION} {LONG}"), name="nhk")
    assert await desk.notes() == []
    await desk.read(article(f"{CORRECTION} {LONG}"), name="bbc")
    assert len(await desk.notes()) == 1


async def test_a_source_s_own_edit_corrects_as_well_and_the_page_does_not_repeat_it(desk: Desk) -> None:
    await desk.followed()
    await desk.lists(text=f"{CORRECTION} {SHORT}")
    assert len(await desk.notes()) == 1
    await desk.read(article(f"{CORRECTION} {LONG}"))
    assert await desk.notes() == []


async def test_a_long_correction_fits_into_a_reply_with_its_closing_quote(desk: Desk) -> None:
    await desk.followed()
    await desk.read(article(f"Correction: {'the name was wrong and ' * 40}so on. {LONG}"))
    ((_, note),) = await desk.notes()
    assert len(note) < 400
    assert note.endswith("…”")


async def test_a_story_told_to_nobody_has_no_thread(desk: Desk) -> None:
    desk.room.judge.shadows = {"talks"}
    await desk.followed()
    await desk.read(article(f"{CORRECTION} {LONG}"))
    assert await desk.rows(outbox) == []


# ---------------------------------------------------------------- removals


async def removed(desk: Desk) -> None:
    """A story that is told, and listed no more, is gone."""
    await desk.followed()
    await desk.delist()
    await desk.fail("gone")
    assert await desk.notes() == [("#news", "the outlet has removed the story (410)")]


async def test_410_is_believed_at_once(desk: Desk) -> None:
    await removed(desk)
    (row,) = [row for row in await desk.rows(story) if row.gone]
    assert row.gone == desk.clock.now()
    assert (await desk.page()).detail == "it: gone: removed by its outlet"


async def test_404_is_believed_when_an_hour_later_it_is_so_still(desk: Desk) -> None:
    await desk.followed()
    await desk.delist()
    await desk.fail()
    assert await desk.notes() == []
    assert await desk.wait() == HOUR
    assert "before it counts" in (await desk.page()).detail
    await desk.later(HOUR)
    await desk.fail()
    assert await desk.notes() == [("#news", "the outlet has removed the story (404)")]
    await desk.later(DAY)
    await desk.fail()
    assert await desk.notes() == []


async def test_404_twice_within_the_hour_is_not_enough(desk: Desk) -> None:
    await desk.followed()
    await desk.delist()
    await desk.fail()
    await desk.later(10 * MINUTE)
    await desk.lists(title="talks go on")  # so that its page is wanted at once
    await desk.delist()
    await desk.fail()
    assert await desk.notes() == []
    assert await desk.wait() == 50 * MINUTE


async def test_404_that_was_a_slip_is_none(desk: Desk) -> None:
    await desk.followed()
    await desk.delist()
    await desk.fail()
    await desk.later(HOUR)
    await desk.read()
    row = await desk.page()
    assert (row.missing, row.state) == (None, "read")
    await desk.later(4 * HOUR)
    await desk.fail()
    assert await desk.wait() == HOUR
    assert await desk.notes() == []


@pytest.mark.parametrize("reason", ["gone", "http-404"])
async def test_what_the_source_lists_still_is_not_removed(desk: Desk, reason: str) -> None:
    await desk.followed()
    await desk.fail(reason)
    await desk.later(HOUR)
    await desk.fail(reason)
    assert await desk.notes() == []
    assert "its source lists it still" in (await desk.page()).detail
    await desk.delist()
    await desk.later(4 * HOUR)
    await desk.fail(reason)
    assert len(await desk.notes()) == 1


async def test_an_empty_document_says_nothing_of_what_is_listed(desk: Desk) -> None:
    await desk.followed()
    await desk.room.visit("bbc")
    await desk.fail("gone")
    assert await desk.notes() == []


async def test_what_comes_back_is_said_to_be_back_and_may_go_again(desk: Desk) -> None:
    await removed(desk)
    for text in (LONG, f"{LONG} {ADDED}"):
        await desk.until_due()
        await desk.read(article(text))
        assert "the story is back" in [note for _, note in await desk.notes()]
        assert not any(row.gone for row in await desk.rows(story))
        if text == LONG:
            await desk.until_due()
            await desk.fail("gone")
            assert [note for _, note in await desk.notes()] == ["the outlet has removed the story (410)"]


async def test_what_was_removed_is_looked_for_after_the_day_and_after_a_week_no_more(desk: Desk) -> None:
    await removed(desk)
    while (await desk.page()).next_due is not None:
        await desk.until_due()
        await desk.fail("gone")
    assert await desk.wait() is None
    assert 7 * DAY <= desk.clock.now() - NOON <= 7.7 * DAY
    assert await desk.notes() == []


async def test_the_page_of_an_edit_that_is_gone_is_a_removal_too(desk: Desk) -> None:
    await desk.followed()
    await desk.lists(title="talks go on")
    await desk.delist()
    await desk.fail("gone")
    assert [note for _, note in await desk.notes()] == ["the outlet has removed the story (410)"]
    row = await desk.page()
    assert (row.state, row.reason) == ("failed", "gone")
    await desk.until_due()
    await desk.read()
    assert [note for _, note in await desk.notes()] == ["the story is back"]
    assert (await desk.page()).state == "read"


# ---------------------------------------------------------------- exactly once


async def test_a_commit_that_comes_twice_or_after_a_restart_says_nothing_twice(
    open_store: Callable[[], Store], judge: WordJudge, clock: FakeClock
) -> None:
    desk = Desk(Newsroom(open_store(), judge, clock))
    await desk.followed()
    claim = await desk.claim()
    said = {"state": PageState.READ, "reason": "200", "article": article(f"{CORRECTION} {LONG}")}
    await desk.commit(claim, **said)
    await desk.store.close()

    again = Newsroom(open_store(), judge, clock)
    again.sources = desk.room.sources
    desk.room, desk.store = again, again.store
    assert len(await desk.notes()) == 1
    await desk.later(HOUR)
    await desk.read(article(LONG))
    await desk.later(4 * HOUR)
    await desk.read(article(f"{CORRECTION} {LONG}"))
    assert await desk.notes() == []
    await desk.store.close()


async def test_a_lost_lease_says_nothing(desk: Desk) -> None:
    from alerts.errors import StoreError

    await desk.followed()
    claim = await desk.claim()
    await desk.later(LEASE)
    await desk.read(article(f"{CORRECTION} {LONG}"))
    with pytest.raises(StoreError, match="lease"):
        await desk.commit(claim, state=PageState.READ, reason="200", article=article(f"{CORRECTION} {LONG}"))
    assert len(await desk.notes()) == 1
