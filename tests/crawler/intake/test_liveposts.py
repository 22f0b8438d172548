"""Live blogs: each post a story of its own, told as such and once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from alerts.policy import Reason
from crawler.intake.liveposts import listing, polls
from crawler.store.schema import page
from crawler.visits.page import LIVE, LIVE_FOR, PageClaim, PageState, PageVisit
from spiders.article import Article
from spiders.liveblog import Post
from spiders.source import Fulltext
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, entry, source
from tests.fakes import NOON

if TYPE_CHECKING:
    from sqlalchemy import Row

URL = "https://bbc.example/live"
LEASE = timedelta(minutes=5)
BLOG = source(fulltext=Fulltext.AUTO)


def post(name: str, text: str, *, age: timedelta = MINUTE, **changes: Any) -> Post:
    values: dict[str, Any] = {"title": f"Post {name}", "published": NOON - age}
    return Post(id=name, text=text, **values | changes)


def blog(*posts: Post) -> Article:
    text = "\n\n".join(f"{one.title}. {one.text}" for one in posts)
    return Article(title="Live: the day", text=text, method="extraction", posts=posts)


def visit(found: Article, *, reads: int = 0, **changes: Any) -> PageVisit:
    claim = PageClaim(story=1, source="bbc", url=URL, due=NOON, token=1, reads=reads)
    values: dict[str, Any] = {"at": NOON, "state": PageState.READ, "reason": "200", "article": found, "source": BLOG}
    return PageVisit(claim=claim, **values | changes)


class Desk:
    """A newsroom that knows one live blog."""

    def __init__(self, room: Newsroom) -> None:
        self.room = room
        self.store = room.store

    async def open(self, title: str = "Live: the day") -> None:
        await self.room.add(BLOG)
        await self.room.visit("bbc", entry("live", title, url=URL, published=NOON - HOUR))

    async def read(self, *posts: Post) -> None:
        (claim,) = await self.store.claim_pages(self.room.clock.now(), 100, LEASE)
        now = self.room.clock.now()
        await self.room.ingest.commit_page(
            PageVisit(claim=claim, at=now, state=PageState.READ, reason="200", article=blog(*posts), source=BLOG)
        )

    async def page(self) -> Row[Any]:
        (row,) = await self.store._reader.run(lambda connection: connection.execute(select(page)).all())
        return row

    async def again(self) -> None:
        due = (await self.page()).next_due
        assert due
        self.room.clock.advance(due - self.room.clock.now())

    async def titles(self) -> list[str]:
        return [title for _, title, _ in await self.room.told()]


@pytest.fixture
def desk(newsroom: Newsroom) -> Desk:
    return Desk(newsroom)


async def test_each_post_that_matches_is_told_as_a_story_of_its_own_at_its_own_address(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "The talks begin."), post("2", "It rains."), post("3", "The talks end."))
    assert sorted(await desk.titles()) == ["Post 1", "Post 3"]
    told = [row.delivery.alert.story for row in await desk.store.deliveries()]
    assert sorted(one.url or "" for one in told) == [f"{URL}#1", f"{URL}#3"]


async def test_the_blog_itself_is_not_told_for_what_its_posts_say(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "The talks begin."))
    found = await desk.store.story((await desk.page()).story_id)
    assert found is not None
    assert found.text == ""
    assert await desk.titles() == ["Post 1"]


async def test_a_post_is_told_once_however_often_the_blog_is_visited(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "The talks begin."))
    for number in range(2, 5):
        await desk.again()
        await desk.read(post(str(number), "It rains."), post("1", "The talks begin."))
    assert await desk.titles() == ["Post 1"]


async def test_a_post_that_is_edited_is_a_new_version_of_its_story(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "It rains."))
    await desk.again()
    await desk.read(post("1", "It rains. The talks begin."))
    assert await desk.room.reasons() == [("talks", "#news", Reason.EDITED)]


async def test_posts_older_than_the_backlog_are_told_to_nobody_on_the_first_visit_and_later_they_are(
    desk: Desk,
) -> None:
    await desk.open()
    await desk.read(
        post("old", "The talks of last week.", age=9 * 24 * HOUR),
        post("undated", "Other talks.", published=None),
        post("new", "The talks begin."),
    )
    assert await desk.titles() == ["Post new"]
    reasons = await desk.room.reasons()
    assert [reason for *_, reason in reasons].count(Reason.BACKLOG) == 2
    await desk.again()
    await desk.read(post("undated2", "The talks of nobody knows when.", published=None))
    assert await desk.titles() == ["Post new", "Post undated2"]


async def test_very_many_posts_at_once_are_told_together(desk: Desk) -> None:
    await desk.open()
    await desk.read(*(post(str(number), f"The talks, part {number}.") for number in range(30)))
    assert {reason for *_, reason in await desk.room.reasons()} == {Reason.FLOOD}


async def test_the_blog_at_another_outlet_makes_no_copy_of_its_posts(desk: Desk) -> None:
    await desk.open()
    await desk.room.add(source("agg"))
    await desk.room.visit("agg", entry("x", "talks live", url=URL))
    await desk.read(post("1", "The talks begin."))
    assert sorted(await desk.titles()) == ["Post 1", "talks live"]


async def test_a_blog_is_visited_often_while_it_lives_whether_it_matches_or_not(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "It rains."))
    visits = 0
    while (await desk.page()).next_due is not None:
        await desk.again()
        await desk.read(post("1", "It rains."))
        visits += 1
    assert LIVE_FOR / LIVE / 1.1 - 1 <= visits <= LIVE_FOR / LIVE


async def test_an_unchanged_blog_lives_on(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "It rains."))
    await desk.again()
    (claim,) = await desk.store.claim_pages(desk.room.clock.now(), 100, LEASE)
    now = desk.room.clock.now()
    await desk.room.ingest.commit_page(PageVisit(claim=claim, at=now, state=PageState.READ, reason="304"))
    row = await desk.page()
    assert LIVE <= row.next_due - now <= 1.1 * LIVE


async def test_a_blog_that_cannot_be_had_for_once_is_asked_for_again(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "It rains."))
    await desk.again()
    (claim,) = await desk.store.claim_pages(desk.room.clock.now(), 100, LEASE)
    now = desk.room.clock.now()
    await desk.room.ingest.commit_page(PageVisit(claim=claim, at=now, state=PageState.READ, reason="http-403"))
    assert LIVE <= (await desk.page()).next_due - now <= 1.1 * LIVE


async def test_posts_say_nothing_of_what_their_source_lists(desk: Desk) -> None:
    await desk.open()
    await desk.read(post("1", "It rains."))
    assert (await desk.page()).listed


def test_the_posts_of_a_first_visit_are_two_polls_and_later_one() -> None:
    found = blog(post("1", "x"), post("2", "y", age=9 * 24 * HOUR))
    assert [(poll.claim.first, len(poll.reading.entries)) for poll in polls(visit(found)) if poll.reading] == [
        (True, 1),
        (False, 1),
    ]
    (later,) = polls(visit(found, reads=1))
    assert (later.claim.first, later.source.fulltext) == (False, Fulltext.NEVER)
    assert listing(later, {1}) is None


@pytest.mark.parametrize("changes", [{"article": None, "reason": "304"}, {"source": None}, {"article": blog()}])
def test_no_posts_are_no_polls(changes: dict[str, Any]) -> None:
    assert not polls(visit(blog(post("1", "x")), **changes))


def test_a_blog_s_own_fragment_is_not_a_post_s() -> None:
    at = PageClaim(story=1, source="bbc", url=f"{URL}#latest", due=NOON, token=1)
    found = PageVisit(claim=at, at=NOON, state=PageState.READ, reason="200", article=blog(post("1", "x")), source=BLOG)
    (poll,) = polls(found)
    assert poll.reading is not None
    assert poll.reading.entries[0].url == f"{URL}#1"
