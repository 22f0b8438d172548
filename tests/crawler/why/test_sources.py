from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.crawler.why.town import ELSEWHERE, HOUR, Item, Town, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.why.chain import Chain

NAMES = (
    *("http-404", "http-503", "timeout", "redirect-loop", "too-large", "not-a-feed", "empty", "html"),
    *("paywall", "bad-encoding"),
)
CONFIG = """
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml"}
  - {id: gone, name: Gone, kind: feed, url: "WEB/gone/feed.xml"}
  - {id: damaged, name: Damaged, kind: sitemap, url: "WEB/damaged/map.xml"}
  - {id: front, name: Front, kind: feed, url: "http://127.0.0.1:9/feed.xml"}
  - {id: private, name: Private, kind: feed, url: "http://10.0.0.1/feed.xml"}
"""
RULES = """
rules: [{id: raa, name: Access, when: Reciprocal Access Agreement}]
"""


def sources() -> str:
    more = [f'  - {{id: {one}, name: N, kind: feed, url: "WEB/{one}/feed.xml"}}' for one in NAMES]
    text = CONFIG + "\n".join(more) + "\n"
    return text.replace("WEB/http-503", "AWAY/http-503")  # what it asks for is meant for its host alone


def prepare(here: Town) -> None:
    """Let each source answer in the way that its name says."""
    web = here.web
    for name, status in (("http-404", 404), ("http-503", 503), ("paywall", 402), ("gone", 410)):
        web.fail(f"/{name}/feed.xml", status=status)
    web.hang("/timeout/feed.xml")
    web.redirect("/redirect-loop/feed.xml", "/redirect-loop/a")
    web.redirect("/redirect-loop/a", "/redirect-loop/feed.xml")
    web.publish("/too-large/feed.xml", "<rss>" + "x" * 50_000)
    web.publish("/not-a-feed/feed.xml", '{"some": "json"}', content_type="application/json")
    web.publish("/damaged/map.xml", "<urlset>" + "<a>" * 500, content_type="text/xml")
    web.publish("/empty/feed.xml", "")
    web.publish("/html/feed.xml", "<!doctype html><html><body>Hello</body></html>", content_type="text/html")
    encoded = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nnogzp"
    web.raw("/bad-encoding/feed.xml", encoded)


def away(here: Town, path: str) -> str:
    """The address of a path by another name of the server."""
    return here.web.url(path, host="localhost")


async def day(folder: Path) -> Mapping[str, Chain]:
    """Let every source be visited, add one and take one away, and ask why an address of each is in no story."""
    async with town(folder, sources() + RULES, ["wire"]) as here:
        prepare(here)
        found = {"never-visited": here.why(here.url("/wire/some-story-of-today"))}
        here.publish("wire", Item(title="Known story"))
        await here.round()
        for name in (*NAMES, "gone"):
            url = away if name == "http-503" else Town.url
            found[name] = here.why(url(here, f"/{name}/some-story-of-today"))
        found["refused"] = here.why("http://127.0.0.1:9/some-story-of-today")
        found["blocked-address"] = here.why(f"http://{ELSEWHERE}/some-story-of-today")
        found["damaged"] = here.why(here.url("/damaged/some-story-of-today"))
        found["not-listed"] = here.why(here.url("/wire/some-story-of-today"))
        found["no-source"] = here.why("https://news.example/2026/some-story-of-today")
        found["source"] = here.why(here.url("/wire/feed.xml"))
        found["its-own-failing"] = here.why(here.url("/http-404/feed.xml"))
        here.write(sources() + '  - {id: new, name: New, kind: feed, url: "http://127.0.0.1:10/feed.xml"}\n' + RULES)
        found["not-taken-up"] = here.why("http://127.0.0.1:10/some-story-of-today")
        for _ in range(3):
            await here.round(24 * HOUR)
        found["given-up"] = here.why(here.url("/gone/some-story-of-today"))
        await here.app.adopt(here.write(sources().replace(CONFIG.splitlines()[2], "") + RULES))
        found["source-disabled"] = here.why(here.url("/wire/some-story-of-today"))
        found["known"] = here.why(here.link("wire", "Known story"))
        return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("sources")))


@pytest.mark.parametrize("name", [*NAMES, "gone", "refused", "blocked-address"])
def test_a_source_that_fails_is_named_with_its_reason(found: Mapping[str, Chain], name: str) -> None:
    chain = found[name]
    assert (chain.told, chain.ended, chain.reason, chain.story) == (False, "source", name, None), says(chain)
    assert chain.verdict.startswith("Never seen: the source ")
    assert "fails since" in chain.verdict


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("never-visited", "the source wire, which should have it, has not been visited yet: its next visit is due now"),
        ("not-listed", "and has not listed it (it lists 1 now)"),
        ("no-source", "no source is of news.example, nor brought anything from there; `tocsin sources add"),
        ("not-taken-up", "new in the configuration has not been taken up by a running Tocsin yet"),
        ("source-disabled", "is not in the configuration any more"),
        ("source", "The source wire was last visited at"),
    ],
)
def test_what_keeps_an_address_from_being_seen_is_named(found: Mapping[str, Chain], name: str, words: str) -> None:
    chain = found[name]
    assert (chain.ended, chain.reason) == ("source", name), says(chain)
    assert words in chain.verdict


def test_a_source_that_is_gone_for_good_is_visited_no_more(found: Mapping[str, Chain]) -> None:
    assert found["given-up"].reason == "gone"
    assert not [one for one in found["given-up"].steps if one.name == "next"]


def test_the_address_of_a_source_that_fails_says_so_of_the_source(found: Mapping[str, Chain]) -> None:
    assert found["its-own-failing"].verdict.startswith("The source http-404 fails since")


def test_a_story_of_a_source_that_is_gone_says_so_beside_its_own_end(found: Mapping[str, Chain]) -> None:
    (source,) = [one for one in found["known"].steps if one.name == "source"]
    assert source.reason == "disabled"
    assert "nothing new comes from it" in says(found["known"])


def test_a_document_that_is_damaged_is_said_to_be(found: Mapping[str, Chain]) -> None:
    chain = found["damaged"]
    assert (chain.ended, chain.reason) == ("source", "not-listed")
    assert "it lists nothing: not well-formed: " in chain.verdict


def test_the_next_visit_is_said_with_its_reason(found: Mapping[str, Chain]) -> None:
    (then,) = [one for one in found["not-listed"].steps if one.name == "next"]
    assert "every 1s" in then.says


async def test_while_nothing_is_collected_the_answer_says_so_with_the_way_out(tmp_path: Path) -> None:
    wire = CONFIG.partition("  - {id: gone")[0] + RULES
    async with town(tmp_path, wire, ["wire"]) as here:
        await here.round()
        here.write(wire + "disk: {stop_below: 999999GB}\n")
        chain = here.why(here.url("/wire/some-story-of-today"))
    assert chain.reason == "not-listed"
    assert chain.verdict.endswith("but nothing is collected now: the disk is nearly full.")
    (paused,) = [one for one in chain.steps if one.name == "paused"]
    assert (paused.reason, "make space there" in paused.says) == ("disk-low", True)
