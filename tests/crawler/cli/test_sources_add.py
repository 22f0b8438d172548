from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from crawler.config import load
from tests.server import NewsServer, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CONFIG = """\
# my desk
fetch: {allow_private: [127.0.0.0/8], per_host: {delay: 0s}}
sources:
  - https://one.example/feed    # keep me

rules:
  - {id: raa, when: Reciprocal Access, to: "#news"}
"""
PAGE = """<html lang="en"><head><title>Pacific \x1b[31mWire</title>
<link rel="alternate" type="application/rss+xml" title="News" href="/feed.xml"></head>
<body><a href="/2026/11/24/first-story-of-the-day">First story of the whole day</a>
<a href="/2026/11/24/second-story-of-the-day">Second story of the whole day</a>
<a href="/2026/11/24/third-story-of-the-day">Third story of the whole day</a></body></html>"""
WORDS = "<p>Some words of it.</p>" * 30
STORY = f"<html><head><title>First story</title></head><body><article>{WORDS}</article></body></html>"


@pytest.fixture
async def web() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        server.publish("/", PAGE, content_type="text/html")
        server.publish("/feed.xml", rss("Talks on Reciprocal Access", "Weather"))
        server.publish("/2026/11/24/first-story-of-the-day", STORY, content_type="text/html")
        yield server


async def tocsin(folder: Path, *arguments: str, answers: str = "") -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from crawler.cli import main; main()",
        *arguments,
        cwd=folder,
        env={**os.environ, "COLUMNS": "80"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(answers.encode())
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


async def test_a_site_is_looked_at_shown_asked_about_and_added(folder: Path, web: NewsServer) -> None:
    code, out, err = await tocsin(folder, "sources", "add", web.url(), answers="1\ny\n")
    assert code == 0, err
    assert "the page names it: RSS, News" in out
    assert "2 entries today, 1 match a rule" in out
    assert "Talks on Reciprocal Access" in out
    text = (folder / "config.yaml").read_text()
    assert text.startswith(CONFIG[: CONFIG.index("\nrules")])
    assert text.endswith(CONFIG[CONFIG.index("\nrules") :])
    added = load(folder / "config.yaml", {}).sources[-1]
    assert (added.url, added.kind) == (web.url("/feed.xml"), "feed")


async def test_what_a_person_says_of_a_source_is_written(folder: Path, web: NewsServer) -> None:
    said = ["--id", "wire", "--name", "Wire: ${HOME} # 1", "--tag", "a", "--tag", "b", "--tier", "2", "--country", "JP"]
    said += ["--kind", "listing", "--type", "wire"]
    code, _, err = await tocsin(folder, "sources", "add", web.url(), "--yes", *said)
    assert code == 0, err
    added = load(folder / "config.yaml", {}).sources[-1]
    assert (added.id, added.kind, added.country, added.tier) == ("wire", "listing", "jp", 2)
    assert (added.tags, added.type, added.name) == (("a", "b"), "wire", "Wire: $ {HOME} # 1")


async def test_without_a_yes_nothing_is_changed(folder: Path, web: NewsServer) -> None:
    await tocsin(folder, "sources", "add", web.url(), answers="1\nn\n")
    assert (folder / "config.yaml").read_text() == CONFIG


async def test_a_dry_run_changes_nothing_and_json_is_for_programs(folder: Path, web: NewsServer) -> None:
    code, out, _ = await tocsin(folder, "sources", "add", web.url(), "--dry-run", "--json", "--yes")
    facts = json.loads(out)
    assert (code, facts["added"], facts["entry"]["url"]) == (0, False, web.url("/feed.xml"))
    assert {one["candidate"]["kind"] for one in facts["candidates"]} >= {"feed", "listing"}
    assert (folder / "config.yaml").read_text() == CONFIG


async def test_what_is_watched_already_is_refused(folder: Path, web: NewsServer) -> None:
    watched = CONFIG.replace("https://one.example/feed ", web.url("/feed.xml"))
    (folder / "config.yaml").write_text(watched)
    code, _, err = await tocsin(folder, "sources", "add", web.url("/feed.xml"), "--yes")
    assert (code, (folder / "config.yaml").read_text()) == (2, watched)
    assert "watched already" in err


async def test_an_id_that_is_taken_is_refused_and_the_file_stays(folder: Path, web: NewsServer) -> None:
    with_id = CONFIG.replace("- https://one.example/feed ", "- {id: one, url: https://one.example/feed} ")
    (folder / "config.yaml").write_text(with_id)
    code, _, err = await tocsin(folder, "sources", "add", web.url("/feed.xml"), "--id", "one", "--yes")
    assert (code, (folder / "config.yaml").read_text()) == (1, with_id)
    assert "`id: one` is taken" in err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ftp://news.example/"], 2, "not a web address"),
        (["http://127.0.0.1:1/"], 1, "refused"),
        (["http://127.0.0.1:1/", "--country", "France"], 2, "two letters"),
        (["http://127.0.0.1:1/", "--id", "no id"], 2, "not an id"),
    ],
)
async def test_what_cannot_be_is_said(folder: Path, arguments: list[str], code: int, says: str) -> None:
    result = await tocsin(folder, "sources", "add", *arguments)
    assert (result[0], (folder / "config.yaml").read_text()) == (code, CONFIG)
    assert says in result[2]


async def test_where_the_file_leaves_no_place_the_lines_are_printed(folder: Path, web: NewsServer) -> None:
    text = CONFIG.replace("sources:\n  - https://one.example/feed ", "lists: {x: &all [a.example]}\nsources: *all")
    text = text.replace("[a.example]", "[https://one.example/feed]")
    (folder / "config.yaml").write_text(text)
    code, _, err = await tocsin(folder, "sources", "add", web.url("/feed.xml"), "--yes")
    assert (code, (folder / "config.yaml").read_text()) == (1, text)
    assert "add this by hand" in err
    assert f"url: {web.url('/feed.xml')}" in err


async def test_nothing_of_a_page_reaches_the_terminal_as_a_command(folder: Path, web: NewsServer) -> None:
    _, out, err = await tocsin(folder, "sources", "add", web.url(), "--kind", "listing", "--dry-run")
    assert "Pacific" in out
    assert "\x1b[31m" not in out + err


async def test_a_page_is_tried_with_the_first_article(folder: Path, web: NewsServer) -> None:
    code, out, err = await tocsin(folder, "sources", "test", web.url(), "--page", "--limit", "1")
    assert code == 0, err
    assert "listing" in out
    assert web.url("/2026/11/24/first-story-of-the-day") in out
    assert "words by" in out
    assert "Some words of it." in out
