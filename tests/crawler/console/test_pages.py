from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.outbox import State
from alerts.routing.silence import Matcher, Silence
from alerts.slack.desk import Audit
from crawler.config.care import CareConfig, DiskConfig
from crawler.console.pages_stories import PAGE
from crawler.console.pages_system import about
from crawler.ids import decode
from crawler.store.leftovers import keep
from crawler.visits.backfill import State as Filling
from spiders.cuts import Cut, Why, cut_of
from tests.crawler.console.house import TOKEN
from tests.crawler.store.makers import entry
from tests.crawler.store.test_gaps import with_gap

if TYPE_CHECKING:
    import httpx

    from tests.crawler.console.house import House

SAME = {"sec-fetch-site": "same-origin"}


async def text_of(house: House, path: str) -> str:
    async with house.client() as client:
        answer = await client.get(path)
    return answer.text


def titles(page: str) -> list[str]:
    rows = page.split('<li class="row story"')[1:]
    return [row.split('href="/stories/')[1].partition(">")[2].partition("</a>")[0] for row in rows]


# ---------------------------------------------------------------- now


async def test_the_first_page_shows_what_was_told_and_how_all_is(full: House) -> None:
    page = await text_of(full, "/")
    assert page.index("A treaty on minerals") < page.index("They met in Tokyo")  # the newest first
    assert "<mark>Japan</mark> and <mark>France</mark> open talks" in page
    assert "Rain is expected" not in page
    assert (
        'class="tile bad"><a href="/delivery?state=dead"><span class="name">Refused</span><span class="value">1' in page
    )
    assert "all answer" in page


async def test_an_empty_first_page_says_what_to_look_at(empty: House) -> None:
    page = await text_of(empty, "/")
    assert "Nothing was told yet" in page
    assert 'data-live="/live"' in page


async def test_how_long_it_took_is_not_known_where_publication_is_not(empty: House) -> None:
    key = await empty.tell("a", "Japan signs", published=None)
    await empty.settle(key, State.SENT)
    page = await text_of(empty, "/")
    assert "1 sent in 24 h" in page
    assert "of none sent in 24 h is it known" in page
    assert "nothing was told" not in page


async def test_the_first_page_says_that_nothing_is_collected_and_the_way_out(full: House) -> None:
    assert "Paused" not in await text_of(full, "/")
    low = replace(full.config, care=CareConfig(disk=DiskConfig(stop_below=10**18)))
    full.room = replace(full.room, config=lambda: low)
    page = await text_of(full, "/")
    assert "Nothing is collected: " in page
    assert "make space there" in page


# ---------------------------------------------------------------- stories


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=france", ["Japan and <mark>France</mark> open talks"]),
        ("q=title:signs", ["Japan <mark>signs</mark>"]),
        ("q=rain", ["Nothing of note"]),
        ("q=rain&matched=1", []),
        ("q=japan -signs source:bbc&since=1d", 2),
        ("q=japan&until=2d", []),
        ("q=treaty&by=relevance", ["Japan signs"]),
        ("matched=1", 3),
        ("q=source:nhk", []),
    ],
)
async def test_stories_are_searched_as_the_command_does(full: House, asked: str, found: list[str] | int) -> None:
    page = await text_of(full, f"/stories?{asked}")
    assert titles(page) == found if isinstance(found, list) else len(titles(page)) == found


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("q=(japan", "this parenthesis is never closed"),
        ("q=source:bcb", "bcb"),
        ("since=yesterday", "write 2d or 12h (ago)"),
        ("until=2026-13-45", "write 2d or 12h (ago)"),
    ],
)
async def test_a_search_that_cannot_be_understood_is_answered_with_the_way_out(
    full: House, asked: str, says: str
) -> None:
    async with full.client() as client:
        answer = await client.get(f"/stories?{asked}")
    assert answer.status_code == 400
    assert says in answer.text


async def test_pages_follow_one_another_without_a_gap_or_a_repeat(empty: House) -> None:
    named = [entry(f"e{number}", f"Story {number:03}") for number in range(2 * PAGE + 5)]
    await empty.newsroom.visit("bbc", *named)
    seen: list[str] = []
    path: str | None = "/stories"
    while path:
        page = await text_of(empty, path)
        seen += titles(page)
        older = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        path = older.replace("&amp;", "&") if 'rel="next"' in page else None
    assert sorted(seen) == [f"Story {number:03}" for number in range(2 * PAGE + 5)]


async def test_a_story_shows_its_text_its_chain_and_every_part_of_a_rule(full: House) -> None:
    code = await full.code("Japan and France open talks")
    page = await text_of(full, f"/stories/{code}")
    assert "Told in #n" in page
    assert "<p>They met in Tokyo.</p><p><mark>Japan</mark> was glad.</p>" in page
    page = await text_of(full, f"/stories/{code}?rule=japan")
    assert '<li class="yes"><code>Japan</code>' in page
    assert "open talks" in page
    async with full.client() as client:
        assert (await client.get(f"/stories/{code}?rule=none")).status_code == 404


async def test_a_story_shows_what_was_left_out_of_its_page(full: House) -> None:
    code = await full.code("Japan and France open talks")
    assert "Left out of its page" not in await text_of(full, f"/stories/{code}")
    cuts = [cut_of(Why.BESIDE, "Home <b>Sport</b>"), Cut(why=Why.CARD, text="", letters=9_000, number=40)]
    await full.store._write(lambda connection: keep(connection, decode(code), full.clock.now(), cuts))
    page = await text_of(full, f"/stories/{code}")
    assert "<summary>Left out of its page: 41</summary>" in page
    assert "Home &lt;b&gt;Sport&lt;/b&gt;" in page
    assert "40 more, 9,000 characters, which are not kept" in page


async def test_holds_and_deeds_are_said_in_words(full: House) -> None:
    why = Audit(at=full.clock.now(), user="ada", channel=None, deed="fb_yes", on="a story")
    matcher = Matcher(rules=("japan",))
    now = full.clock.now()
    quiet = Silence(id="", matcher=matcher, author="ada", comment="", start=now, end=now + timedelta(minutes=8))
    await full.store.people.silence(quiet, why)
    page = " ".join((await text_of(full, "/system")).split())
    assert "called it relevant" in page
    assert "fb_yes" not in page
    assert ", ends <time" in page
    assert "until <time" not in page


async def test_why_of_an_address_a_story_and_of_nonsense(full: House) -> None:
    code = await full.code("Japan signs")
    async with full.client() as client:
        moved = await client.get(f"/why?of={code}")
        assert moved.headers["location"] == f"/stories/{code}"
        known = await client.get("/why?of=https://bbc.example/b")
        assert "Japan signs" in known.text
        unknown = await client.get("/why?of=https://bbc.example/never")
        assert unknown.status_code == 200
        assert 'class="verdict' in unknown.text
        assert (await client.get("/why?of=nonsense")).status_code == 400


# ---------------------------------------------------------------- sources and rules


async def test_sources_are_listed_and_one_is_shown_whole(full: House) -> None:
    page = await text_of(full, "/sources")
    assert page.index('href="/sources/bbc"') < page.index('href="/sources/nhk"')
    assert 'href="/sources/nhk"' not in await text_of(full, "/sources?q=bbc")
    assert "No source is like that" in await text_of(full, "/sources?state=failing")
    page = await text_of(full, "/sources/bbc")
    assert "https://bbc.example/feed" in page
    assert "Last visits" in page


async def test_the_gaps_of_a_source_are_listed_with_what_became_of_them(full: House) -> None:
    assert ">Gaps</h2>" not in await text_of(full, "/sources/bbc")
    full.clock.advance(timedelta(hours=1))
    await full.newsroom.visit("bbc", entry("after"), floods=True, schedule=with_gap)
    page = await text_of(full, "/sources/bbc")
    gaps = page.partition(">Gaps</h2>")[2].partition("</table>")[0]
    dossier = await full.store.dossier("bbc", full.clock.now())
    assert dossier is not None
    (gap,) = dossier.filled
    assert gap.since.isoformat() in gaps
    assert gap.until.isoformat() in gaps
    assert ">due</span>" in gaps
    assert "to be filled from other documents" in gaps
    (claim,) = await full.store.gaps.due(full.clock.now(), 5)
    over = replace(claim.gap, due=None, state=Filling.FILLED, result="2 stories that were missed", stories=2)
    await full.store.gaps.settle(claim, over)
    page = await text_of(full, "/sources/bbc")
    assert ">filled</span>" in page
    assert "2 stories that were missed" in page


async def test_an_address_that_holds_a_secret_is_not_shown(full: House) -> None:
    assert "hush" in full.config.sources[1].url
    for path in ("/sources", "/sources/nhk", "/api/v1/sources", "/api/v1/sources/nhk"):
        assert "hush" not in await text_of(full, path)
    assert full.room.hides("bbc", "https://bbc.example/feed?token=sesame")
    assert not full.room.hides("bbc", "https://bbc.example/feed?page=2")


async def test_rules_are_listed_and_one_shows_its_matches(full: House) -> None:
    page = await text_of(full, "/rules")
    assert page.index("/rules/japan") < page.index("/rules/france")
    assert "3 stories in 14 days" in page
    assert "France &amp; &lt;friends&gt;" in page
    page = await text_of(full, "/rules/france?forecast=1")
    assert titles(page) == ["Japan and <mark>France</mark> open talks"]
    assert "It would have sent" in page
    assert "No rule is like that" in await text_of(full, "/rules?q=none")


# ---------------------------------------------------------------- delivery, and what can be done


async def test_messages_are_listed_by_state(full: House) -> None:
    page = await text_of(full, "/delivery")
    assert "stranger" not in page
    assert page.count("<tr data-item") == 1
    page = await text_of(full, "/delivery?state=dead")
    assert "invalid_blocks" in page
    assert "tocsin outbox replay --dead" in page
    assert (await text_of(full, "/delivery?state=all")).count("<tr data-item") == 3
    assert (await text_of(full, "/delivery?state=sent")).count("<tr data-item") == 1
    async with full.client() as client:
        assert (await client.get("/delivery?state=lost")).status_code == 404


async def key_of(house: House, state: State) -> str:
    (row,) = await house.store.deliveries(state)
    return row.delivery.key


async def act(house: House, path: str, **fields: str) -> httpx.Response:
    async with house.client(TOKEN) as client:
        await client.post("/login", data={"token": TOKEN}, headers=SAME)
        return await client.post(path, data=fields, headers=SAME)


async def test_a_dead_letter_is_tried_again(full: House) -> None:
    key = await key_of(full, State.DEAD)
    answer = await act(full, "/act/replay", key=key, to=f"/delivery/{key}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/delivery/{key}?said=replayed")
    assert key in {one.key for one in await full.store.outbox.due(full.clock.now(), 9)}
    assert full.woken == ["courier"]
    (audit,) = await full.store.people.audits(9)
    assert (audit.user, audit.deed, audit.on) == ("console", "outbox-replay", key)
    answer = await act(full, "/act/replay", to="https://evil.example/")
    assert answer.headers["location"] == "/?said=nothing"
    assert full.woken == ["courier"]


async def test_a_message_shows_its_way(full: House) -> None:
    key = await key_of(full, State.DEAD)
    page = await text_of(full, f"/delivery/{key}")
    assert "card-refused" in page
    assert "the channel had not heard of this story" in page
    async with full.owner() as client:
        page = (await client.get(f"/delivery/{key}?said=replayed")).text
    assert "It is tried again." in page
    assert "Mute japan for 4 h" in page


async def test_a_rule_is_muted_and_unmuted(full: House) -> None:
    answer = await act(full, "/act/mute", rule="japan", **{"for": "7d"})
    assert answer.headers["location"] == "/rules/japan?said=muted"
    (silence,) = await full.store.people.silences(full.clock.now())
    assert (silence.matcher.rules, silence.author) == (("japan",), "console")
    assert ">muted</span>" in await text_of(full, "/rules/japan")
    assert (await act(full, "/act/unmute", rule="japan")).headers["location"] == "/rules?said=unmuted"
    assert not await full.store.people.silences(full.clock.now())
    assert (await act(full, "/act/unmute", rule="japan")).headers["location"] == "/rules?said=not-muted"
    assert (await act(full, "/act/mute", rule="none")).status_code == 404
    assert (await act(full, "/act/mute", rule="japan", **{"for": "99y"})).status_code == 400


async def test_an_opinion_is_kept(full: House) -> None:
    key = await key_of(full, State.SENT)
    answer = await act(full, "/act/vote", key=key, rule="japan", relevant="yes", to="/rules")
    assert answer.headers["location"] == "/rules?said=noted"
    assert "1/1" in await text_of(full, "/rules")
    answer = await act(full, "/act/vote", key="none", rule="japan", relevant="no")
    assert answer.headers["location"] == "/delivery?said=not-noted"


async def test_the_system_page_says_what_runs_and_what_was_changed(full: House) -> None:
    await act(full, "/act/mute", rule="japan")
    page = await text_of(full, "/system")
    for said in ("config.yaml: 2 sources, 2 rules", "schema", "free", "mute", "console", "Time to alert"):
        assert said in page


async def test_the_system_page_names_what_waits_for_a_restart(full: House) -> None:
    now, size = full.clock.now(), await full.room.browse.size()
    waiting = replace(full.config, waits=("store", "console"))
    said = dict(about(waiting, size, full.store.file, now, now))
    assert said["Waits for a restart"].startswith("store, console: ")
    assert "Waits for a restart" not in dict(about(full.config, size, full.store.file, now, now))
