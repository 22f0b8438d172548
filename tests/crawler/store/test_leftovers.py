from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from crawler.store.leftovers import keep, kept, packed, unpacked
from spiders.article import Article
from spiders.cuts import Cut, Why, cut_of
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, source

if TYPE_CHECKING:
    from crawler.store import Store
    from tests.fakes import FakeClock

TEXT = "The two sides signed the treaty on Monday after years of talks. " * 20
CUTS = (cut_of(Why.BESIDE, "Home Sport"), cut_of(Why.COMMENTS, "A reader wrote 'no' \u00e9 \u4e2d"))


@given(
    st.lists(st.builds(Cut, why=st.sampled_from(Why), text=st.text(), letters=st.integers(), number=st.integers(1, 9)))
)
def test_what_is_packed_is_read_as_it_was(cuts: list[Cut]) -> None:
    assert list(unpacked(packed(cuts))) == cuts


async def read(store: Store, story: int) -> tuple[Cut, ...]:
    return await store.read(lambda connection: kept(connection, story))


async def test_a_page_s_cuts_are_kept_replaced_and_go_with_the_words(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(source(fulltext=Fulltext.AUTO))
    await newsroom.visit("bbc", entry("a", "talks"))
    ((story, *_),) = [(one.id, one) for one in await store.kept(None, clock.now() - 24 * HOUR, 10)]
    assert await read(store, story) == ()
    url = "https://bbc.example/a"
    await visit_page(newsroom, url, Article(title="", text=TEXT, method="extraction", cuts=CUTS))
    assert await read(store, story) == CUTS
    await store._write(lambda connection: keep(connection, story, clock.now(), CUTS[:1]))
    assert await read(store, story) == CUTS[:1]
    await store.keeper.forget("bodies", clock.now() + 48 * HOUR, 0, 10)
    assert await read(store, story) == ()


async def test_a_story_that_goes_takes_them_along(store: Store, clock: FakeClock) -> None:
    newsroom = Newsroom(store, WordJudge({}), clock)
    await newsroom.add(source(fulltext=Fulltext.AUTO))
    await newsroom.visit("bbc", entry("a", "talks"))
    await visit_page(newsroom, "https://bbc.example/a", Article(title="", text=TEXT, method="extraction", cuts=CUTS))
    assert (await store.keeper.forget("stories", clock.now() + 48 * HOUR, 0, 10))[1] == 1
