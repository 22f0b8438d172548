from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

import httpx
import pytest

from alerts.errors import TooSlow
from crawler.console.guard import HEADERS, SESSION
from crawler.console.rendering import PAGES
from crawler.store.browse import Browse
from tests.crawler.console.house import HOSTILE, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from tests.crawler.console.house import House

LISTS = [path for path, _, _ in PAGES]
T = TypeVar("T")
SAME = {"sec-fetch-site": "same-origin"}


@pytest.mark.parametrize("path", [*LISTS, "/why", "/workbench", "/login"])
async def test_every_page_comes_from_an_empty_store(empty: House, path: str) -> None:
    async with empty.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", [*LISTS, "/stories?q=japan", "/rules/japan", "/sources/bbc", "/delivery?state=all"])
async def test_every_page_says_who_it_trusts_and_has_no_script_of_its_own(full: House, path: str) -> None:
    async with full.client() as client:
        answer = await client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.findall(r"<script(?! src=)|\son\w+=|\sstyle=|javascript:", answer.text)


@pytest.mark.parametrize("path", ["/", "/stories", "/rules/japan", "/delivery", "/feeds/japan.atom"])
async def test_what_strangers_write_is_only_text(full: House, path: str) -> None:
    async with full.client() as client:
        answer = await client.get(path)
    assert "&lt;script&gt;" in answer.text
    assert HOSTILE not in answer.text


async def test_what_is_not_there_is_said_so_to_people_and_to_programs(full: House) -> None:
    async with full.client() as client:
        for path in (
            "/nowhere",
            "/stories/0000000000000",
            "/stories/x",
            "/sources/none",
            "/rules/none",
            "/delivery/none",
        ):
            answer = await client.get(path)
            assert answer.status_code == 404, path
            assert "<h1>404</h1>" in answer.text
        answer = await client.get("/api/v1/rules/none")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "There is no such rule in force."


async def test_a_stranger_host_is_refused(full: House) -> None:
    async with full.client() as client:
        answer = await client.get("/", headers={"host": "rebound.example:8321"})
        assert answer.status_code == 421
        answer = await client.get("/api/v1/rules", headers={"host": "rebound.example:8321"})
    assert (answer.status_code, answer.json()["status"]) == (421, 421)


async def test_signing_in_and_out(full: House) -> None:
    async with full.client(TOKEN) as client:
        answer = await client.get("/stories")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?to=%2Fstories")
        wrong = await client.post("/login", data={"token": "guess", "to": "/stories"}, headers=SAME)
        assert (wrong.status_code, SESSION in client.cookies) == (403, False)
        for page in (wrong, await client.get("/login")):
            assert "not signed in" in page.text
            assert "you may act" not in page.text
        right = await client.post("/login", data={"token": TOKEN, "to": "/stories"}, headers=SAME)
        assert (right.status_code, right.headers["location"]) == (303, "/stories")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        inside = await client.get("/stories")
        assert (inside.status_code, "you may act" in inside.text) == (200, True)
        await client.post("/logout", headers=SAME)
        assert (await client.get("/stories")).status_code == 303


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/why?of=abc", "/why?of=abc"),
        ("/stories?q=a+b%26c&since=2d", "/stories?q=a+b%26c&since=2d"),
        ("/rules/caf%C3%A9%3F?below=x", "/rules/caf%C3%A9%3F?below=x"),
        ("/stories?q=" + "x" * 1_000, "/stories"),
        ("//evil.example/?a=b", "/"),
    ],
)
async def test_signing_in_leads_to_what_was_asked_for(full: House, path: str, to: str) -> None:
    async with full.client(TOKEN) as client:
        login = httpx.URL((await client.get(httpx.URL("http://127.0.0.1:8321" + path))).headers["location"])
        form = await client.get(login)
        assert form.status_code == 200
        fields = {"token": TOKEN, "to": login.params["to"]}
        answer = await client.post("/login", data=fields, headers=SAME)
    assert answer.headers["location"] == to


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_leads_nowhere_else(full: House, to: str) -> None:
    async with full.client(TOKEN) as client:
        answer = await client.post("/login", data={"token": TOKEN, "to": to}, headers=SAME)
    assert answer.headers["location"] == "/"


async def test_a_program_is_told_how_to_send_the_token(full: House) -> None:
    async with full.client(TOKEN) as client:
        answer = await client.get("/api/v1/rules")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        answer = await client.get("/feeds/japan.atom")
        assert answer.headers["www-authenticate"].startswith("Basic ")
        answer = await client.get("/feeds/japan.atom", auth=("reader", TOKEN))
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/act/replay", "/act/mute", "/act/unmute", "/act/vote"])
async def test_without_a_token_nothing_is_changed(full: House, path: str) -> None:
    async with full.client() as client:
        answer = await client.post(path, data={"rule": "japan"}, headers=SAME)
        assert answer.status_code == 403
        assert "Try again" not in (await client.get("/delivery?state=dead")).text
    assert not await full.store.people.audits(9)


async def test_a_form_that_is_none_is_refused(full: House) -> None:
    async with full.owner() as client:
        assert (await client.post("/workbench", content=b"text=%ff")).status_code == 200
        assert (await client.post("/workbench", content=b"\xff")).status_code == 400
        assert (await client.post("/workbench", content=b"x" * 300_000)).status_code == 413
        assert (await client.post("/workbench", content=b"a&" * 500)).status_code == 400


async def test_stylesheet_script_and_icon_are_served(empty: House) -> None:
    async with empty.client() as client:
        kinds = {
            name: (await client.get(f"/static/{name}")).headers["content-type"]
            for name in ("console.css", "console.js", "icon.svg")
        }
        assert (await client.get("/static/../app.py")).status_code == 404
    assert [kind.partition(";")[0] for kind in kinds.values()] == ["text/css", "text/javascript", "image/svg+xml"]


async def test_headers_stand_on_refusals_too(full: House) -> None:
    async with full.client() as client:
        answer = await client.get("/", headers={"host": "evil.example"})
    assert answer.headers["x-frame-options"] == "DENY"


def test_what_is_hidden_is_hidden_whatever_else_a_style_says_of_it() -> None:
    css = (files("crawler.console") / "static" / "console.css").read_text()
    assert re.search(r"^\[hidden\] *\{ *display: none !important;", css, re.MULTILINE)


async def test_signing_out_ends_what_comes_by_itself(full: House) -> None:
    async with full.client(TOKEN) as client:
        await client.post("/login", data={"token": TOKEN}, headers=SAME)
        following = asyncio.ensure_future(client.get("/live"))
        for _ in range(100):
            await asyncio.sleep(0)
        assert full.live.listeners == 1
        await client.post("/logout", headers=SAME)
        assert full.live.listeners == 0
        assert "retry: 3000" in (await following).text


async def slow(work: Callable[[Connection], T]) -> T:
    del work
    raise TooSlow("That took too long: narrow it")


async def test_a_question_that_takes_too_long_is_answered_with_the_way_out(full: House) -> None:
    full.room = replace(full.room, browse=Browse(slow))
    async with full.client() as client:
        page = await client.get("/stories?q=the")
        fact = await client.get("/api/v1/stories?q=the")
        feed = await client.get("/feeds/japan.atom")
    assert (page.status_code, fact.status_code, feed.status_code) == (503, 503, 503)
    assert "took too long: narrow it." in page.text
    assert fact.headers["content-type"] == "application/problem+json"
    assert fact.json()["detail"] == "That took too long: narrow it."
