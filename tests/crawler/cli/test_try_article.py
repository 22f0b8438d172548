from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.cli.try_article import date_of
from crawler.clock import SystemClock
from crawler.store import Store
from spiders.article import Article
from spiders.dating import Precision
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock
from tests.server import NewsServer, rss
from tests.spiders.layouts import ENGLISH, columns, flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

CONFIG = """
store: sqlite:///tocsin.db
sources: [{id: bbc, url: "https://bbc.example/feed"}]
fetch: {allow_private: [127.0.0.0/8], per_host: {delay: 0s}}
rules:
  - {id: light, when: lighthouse, to: "#n"}
  - {id: ore, when: uranium, to: "#n"}
"""
LINKS = "".join(f"<h2><a href='/news/{number}-a-tale-of-the-sea'>A tale of the sea</a></h2>" for number in range(5))
SECTION = f"<html><head><title>News</title></head><body><main>{LINKS}</main></body></html>"
SAYS_SO = "<meta property='og:type' content='article'>"


@contextmanager
def serving(**pages: str) -> Iterator[Callable[[str], str]]:
    """Serve pages from another thread, for commands have an event loop of their own; yield where they are."""
    ready, done = threading.Event(), threading.Event()
    servers: list[NewsServer] = []

    async def serve() -> None:
        async with NewsServer() as server:
            for name, body in pages.items():
                server.publish(f"/{name}", body)
            servers.append(server)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield lambda name: servers[0].url(f"/{name}")
    finally:
        done.set()
        thread.join()


@pytest.fixture(scope="module")
def url() -> Iterator[Callable[[str], str]]:
    marked = SECTION.replace("<head>", f"<head>{SAYS_SO}").replace("<main>", f"<main><p>{ENGLISH.paragraphs[0]}</p>")
    with serving(
        plain=columns(ENGLISH),
        flat=flat(ENGLISH),
        section=SECTION,
        marked=marked,
        feed=rss("A lighthouse"),
        void="<html><body><p>Nothing here.</p></body></html>",
    ) as where:
        yield where


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)

    def invoke(*arguments: str) -> Result:
        return CliRunner(env={"COLUMNS": "160"}).invoke(tocsin, ["--config", str(path), *arguments])

    return invoke


def test_an_article_is_shown_with_what_was_left_out_and_the_rules_that_hold(run: Any, url: Any) -> None:
    result = run("try", "all", url("plain"))
    assert result.exit_code == 0, result.output
    told = result.stdout
    assert told.startswith(f"{ENGLISH.title}\n{url('plain')}\n")
    assert "by Martha Quill" in told
    assert "94 words, 519 characters by extraction" in told
    assert ENGLISH.paragraphs[-1] in told
    assert "headed-list  Most read" in told
    assert "headed-list: under a heading that announces other articles" in told
    assert "light  “lighthouse”" in told
    assert "ore  " not in told
    assert "not in the store: there is no store at" in told
    assert "1 of 1 story matched" in told


def test_programs_get_the_article_with_every_cut(run: Any, url: Any) -> None:
    (found,) = json.loads(run("try", "light", url("flat"), "--json").stdout)
    page = found["page"]
    assert page["text"] == "\n\n".join(ENGLISH.paragraphs)
    assert page["characters"] == len(page["text"])
    cut = {"why": "invitation", "words": ENGLISH.share, "characters": len(ENGLISH.share), "number": 1}
    assert cut in page["left_out"]
    assert (page["method"], page["authors"], page["stored"]) == ("extraction", [ENGLISH.author], None)
    assert [match["rule"] for match in found["matches"]] == ["light"]


def test_feeds_and_section_pages_are_no_articles(run: Any, url: Any) -> None:
    assert "A lighthouse" in run("try", "light", url("feed")).stdout
    assert "0 of 5 stories matched" in run("try", "all", url("section")).stdout


def test_a_page_with_many_links_is_an_article_when_it_says_so_or_the_user_does(run: Any, url: Any) -> None:
    assert "1 of 1 story matched" in run("try", "light", url("marked")).stdout
    forced = run("try", "light", url("section"), "--page")
    assert "of 1 story" in forced.stdout or "no text" in str(forced.exception)
    assert run("try", "light", "a text", "--page").exit_code == 2


def test_what_is_neither_fails_by_what_a_visit_says(run: Any, url: Any) -> None:
    result = run("try", "all", url("void"))
    assert result.exit_code == 1
    assert "drift" in str(result.exception)


def test_the_article_can_be_explained(run: Any, url: Any) -> None:
    assert "ore: does not hold" in run("explain", "ore", url("plain")).stdout


def test_a_source_s_test_reads_an_article_when_it_is_asked_to(run: Any, url: Any) -> None:
    refused = run("sources", "test", url("plain"))
    assert refused.exit_code == 1
    assert "--page reads it" in refused.stderr
    told = run("sources", "test", "--page", url("plain"))
    assert told.exit_code == 0
    assert "matched by light" in told.stdout
    assert json.loads(run("sources", "test", "--page", url("plain"), "--json").stdout)["rules"] == ["light"]


def test_what_the_store_has_of_an_article_is_said(tmp_path: Path, run: Any, url: Any) -> None:
    async def keep() -> None:
        clock = FakeClock(SystemClock().now() - HOUR)
        store = Store.open(f"sqlite:///{tmp_path}/tocsin.db", clock=clock)
        room = Newsroom(store, WordJudge({"lighthouse": ("#n",)}), clock)
        await room.add(source())
        await room.visit("bbc", entry("one", title=ENGLISH.title, text="A lighthouse.", url=url("plain")))
        await store.close()

    asyncio.run(keep())
    told = run("try", "all", url("plain"), "--fetch").stdout
    assert "1 version, the newest with another text than the page has now" in told
    assert "`tocsin stories show 0" in told
    assert "read as a page of bbc" in told


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (
            {
                "published": datetime(2026, 3, 1, 22, 30, tzinfo=UTC),
                "precision": Precision.MINUTE,
                "offset": timedelta(hours=-5),
            },
            "published 2026-03-01 17:30 -05:00",
        ),
        (
            {"published": datetime(2026, 3, 1, 22, 30, tzinfo=UTC), "precision": Precision.MINUTE},
            "published 2026-03-01 22:30 UTC",
        ),
        (
            {"published_day": date(2026, 3, 1), "precision": Precision.DAY},
            "published 2026-03-01, no time of day",
        ),
        ({}, "date unknown"),
    ],
)
def test_a_date_is_said_as_exactly_as_the_page_says_it(known: dict[str, Any], words: str) -> None:
    assert date_of(Article(title="", text="", method="extraction", **known)) == words
