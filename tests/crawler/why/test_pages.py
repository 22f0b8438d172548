from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from crawler.visits.page import TRIES
from tests.crawler.why.town import ELSEWHERE, HOUR, Item, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.why.chain import Chain
    from tests.crawler.why.town import Town

CONFIG = """
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml", fulltext: always}
rules:
  - {id: raa, name: Access, when: Reciprocal Access Agreement}
  - {id: long, name: Long, when: ferry, only: {min_words: 40}}
"""
ARTICLE = "<p>" + "</p><p>".join(
    f"Sentence {number} of the agreement is read out in full today." for number in range(9)
)
MENU = "Home Politics " + "Sport " * 60
PAGES = (
    *("robots", "http-404", "gone", "http-500", "timeout", "redirect-loop", "too-large", "empty", "no-text"),
    *("paywall", "consent", "login", "not-a-page", "blocked-address", "refused", "http-403", "bad-redirect", "dns"),
)


def prepare(here: Town) -> None:
    """Let each page end in the way that its name says."""
    web = here.web
    web.publish("/robots.txt", "User-agent: *\nDisallow: /closed/", content_type="text/plain")
    html = {"content_type": "text/html"}
    for path, status in (("gone", 410), ("http-500", 500), ("paywall", 402), ("http-403", 403)):
        web.fail(f"/wire/{path}", status=status)
    web.hang("/wire/timeout")
    web.redirect("/wire/redirect-loop", "/wire/loop")
    web.redirect("/wire/loop", "/wire/redirect-loop")
    web.redirect("/wire/bad-redirect", "mailto:desk@example.org")
    web.redirect("/wire/dns", f"http://{'a' * 64}.example/")  # no name server need be asked for such a name
    web.publish("/wire/too-large", "x" * 50_000, **html)
    web.publish("/wire/empty", "", **html)
    web.publish("/wire/no-text", "<html><body><script>draw()</script></body></html>", **html)
    web.redirect("/wire/before-cookies", "/consent/")
    web.redirect("/wire/before-names", "/login/")
    web.publish("/consent/", "<html><body>Cookies?</body></html>", **html)
    web.publish("/login/", "<html><body>Who are you?</body></html>", **html)
    web.publish("/wire/not-a-page", b"%PDF-1.4", content_type="application/pdf")
    body = f"<nav>{MENU}</nav><article><h1>Read</h1>{ARTICLE}</article><footer>Imprint</footer>"
    web.publish("/wire/read", f"<html><body>{body}</body></html>", **html)


def items(here: Town) -> list[Item]:
    """One item for each page."""
    addresses = {
        "robots": here.url("/closed/robots"),
        "blocked-address": f"http://{ELSEWHERE}/story-of-it",
        "refused": "http://127.0.0.1:9/refused",
        "consent": here.url("/wire/before-cookies"),
        "login": here.url("/wire/before-names"),
    }
    return [Item(title=f"About {name}", guid=name, url=addresses.get(name, "")) for name in (*PAGES, "read")]


async def day(folder: Path) -> Mapping[str, Chain]:
    """Let every page be tried until nobody tries it any more, and ask why of each address."""
    async with town(folder, CONFIG, ["wire"]) as here:
        prepare(here)
        await here.round()
        listed = items(here)
        ferry = Item(title="A ferry sails", guid="ferry", url=here.url("/wire/gone?ferry"))
        here.web.fail("/wire/gone?ferry", status=410)
        here.publish("wire", *listed, ferry)
        await here.round()
        found = {f"first {one.guid}": here.why(one.url or here.link("wire", one.guid)) for one in listed}
        for _ in range(TRIES):
            await here.round(5 * HOUR)
        found |= {one.guid: here.why(one.url or here.link("wire", one.guid)) for one in (*listed, ferry)}
        return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("pages")))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_cannot_be_read_is_named_as_the_end(found: Mapping[str, Chain], name: str) -> None:
    chain = found[name]
    assert (chain.told, chain.ended, chain.reason) == (False, "page", name), says(chain)
    assert chain.verdict.startswith("Not told: its page could not be read")
    assert [one.mark for one in chain.steps if one.name == "page"] == ["ended"]


@pytest.mark.parametrize("name", ["http-500", "timeout", "refused"])
def test_a_page_that_is_tried_again_is_not_the_end_yet(found: Mapping[str, Chain], name: str) -> None:
    chain = found[f"first {name}"]
    assert (chain.ended, chain.reason) == ("page", name)
    assert chain.verdict.startswith("Not told yet: its page is still to be read")


def test_the_rule_of_robots_txt_is_named(found: Mapping[str, Chain]) -> None:
    assert "`Disallow: /closed/`" in says(found["robots"])


def test_a_page_that_was_read_ends_with_the_rules(found: Mapping[str, Chain]) -> None:
    chain = found["read"]
    assert (chain.ended, chain.reason) == ("rule", "nothing-found")
    assert "page: read by extraction; left out: 2 beside, 99 words" in says(chain)
    assert chain.reading == "by extraction; left out: 2 beside"
    assert chain.text.startswith("Sentence 0 of the agreement")


def test_the_words_that_were_left_out_of_a_page_are_kept(found: Mapping[str, Chain]) -> None:
    chain = found["read"]
    assert [(one.why, one.text) for one in chain.cuts] == [("beside", MENU.strip()), ("beside", "Imprint")]
    (page,) = [one for one in chain.steps if one.name == "page"]
    assert [one.partition(")")[0] for one in page.more] == ["left out (beside"] * 2
    assert page.more[0].endswith("…")
    (text,) = [one for one in chain.steps if one.name == "text"]
    assert text.more[0].startswith("Sentence 0 of the agreement")


def test_too_few_words_for_a_rule_are_the_fault_of_a_page_that_is_not_there(found: Mapping[str, Chain]) -> None:
    chain = found["ferry"]
    assert (chain.ended, chain.reason) == ("page", "gone")
    assert "min_words" in chain.verdict
