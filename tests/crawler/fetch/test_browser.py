"""Pages whose scripts make them: read as they look, and never a way to what the guard keeps closed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from alerts.errors import FetchError
from crawler.clock import SystemClock
from crawler.fetch.chromium import Chromium, executable
from tests.crawler import browsing
from tests.crawler.browsing import Window, ears, gone, needs_chromium, window
from tests.crawler.crawling import world
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]
ROOT = Path(__file__).parents[3]
MADE = """<h1>Shell</h1><div id="list"></div><script>
fetch("/api").then(answer => answer.json()).then(news => {
    document.getElementById("list").innerHTML = news.map(one => `<a href="${one.url}">${one.title}</a>`).join("");
});
</script>"""
NEWS = '[{"url": "/news/2026/11/talks-on-access-begin", "title": "Talks on access begin in Tokyo"}]'


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared() -> AsyncIterator[Window]:
    """One browser for all tests that leave it whole."""
    async with window() as one:
        one.web.publish("/api", NEWS, content_type="application/json")
        one.publish("/made", MADE)
        yield one


async def test_a_page_is_read_as_its_scripts_have_made_it(shared: Window) -> None:
    page = await shared.fetch("/made")
    assert '<a href="/news/2026/11/talks-on-access-begin">Talks on access begin in Tokyo</a>' in page.body.decode()
    assert (page.url, page.status) == (shared.web.url("/made"), 200)
    assert page.header("content-type") == "text/html; charset=utf-8"


async def test_the_page_is_asked_for_whole_and_promises_nothing(shared: Window) -> None:
    first = await shared.fetch("/made")
    etag = shared.web.requests("/made")[-1]
    page = await shared.fetch("/made", If_None_Match='W/"x"', If_Modified_Since="Mon, 02 Nov 2026 11:00:00 GMT")
    asked = shared.web.requests("/made")[-1].headers
    assert not {"if-none-match", "if-modified-since"} & asked.keys()
    assert (etag.status, page.header("etag"), first.header("last-modified")) == (200, "", "")


async def test_every_request_says_who_asks_and_carries_no_cookie(shared: Window) -> None:
    shared.publish("/cookie", MADE, headers=[("Set-Cookie", "reader=1")])
    await shared.fetch("/cookie", Authorization="Bearer t")
    page, api = shared.web.requests("/cookie")[-1].headers, shared.web.requests("/api")[-1].headers
    for headers in (page, api):
        assert headers["user-agent"] == browsing.AGENT
        assert headers["authorization"] == "Bearer t"  # its own place
        assert "cookie" not in headers
        assert not [name for name in headers if name.startswith("sec-")]


async def test_pictures_fonts_and_frames_are_not_asked_for(shared: Window) -> None:
    shared.publish(
        "/rich",
        "<style>@font-face {font-family: f; src: url(/font)} p {font-family: f; background: url(/background)}</style>"
        "<img src=/picture><video src=/film autoplay></video><iframe src=/frame></iframe><object data=/object></object>"
        "<link rel=icon href=/icon><link rel=prefetch href=/prefetch><p>text</p>",
    )
    before = len(shared.web.journal)
    assert "<p>text</p>" in await shared.text("/rich")
    assert [request.path for request in shared.web.journal[before:]] == ["/rich"]


async def test_what_the_guard_keeps_closed_is_not_reached_by_any_means(shared: Window) -> None:
    async with ears() as other:
        there = f"127.0.0.1:{other.port}"
        shared.web.redirect("/hop", f"http://{there}/redirected")
        shared.publish(
            "/attack",
            f"""<head><link rel=preconnect href="http://{there}"><link rel=dns-prefetch href="//localhost:{other.port}">
            <link rel=stylesheet href="http://{there}/style"><script src="http://localhost:{other.port}/script"></script>
            </head><body><img src="http://{there}/img"><iframe src="http://{there}/frame"></iframe>
            <form id=f action="http://{there}/form" target=w><input name=a></form><p id=said></p><script>
            const tried = [];
            const go = (name, what) => {{ try {{ what(); tried.push(name) }} catch (e) {{ tried.push(name + "!") }} }};
            go("socket", () => new WebSocket("ws://{there}/socket"));
            go("beacon", () => navigator.sendBeacon("http://{there}/beacon", "x"));
            go("source", () => new EventSource("http://{there}/source"));
            go("xhr", () => {{ const x = new XMLHttpRequest(); x.open("GET", "http://{there}/xhr"); x.send() }});
            go("form", () => document.getElementById("f").submit());
            go("service", () => navigator.serviceWorker.register("/made"));
            go("worker", () => new Worker(URL.createObjectURL(new Blob([`fetch("http://{there}/w", {{mode: "no-cors"}});
                new WebSocket("ws://{there}/ws"); importScripts("http://{there}/i")`]))));
            go("rtc", () => {{ const r = new RTCPeerConnection({{iceServers: [{{urls: "stun:{there}"}}]}});
                r.createDataChannel("x"); r.createOffer().then(o => r.setLocalDescription(o)) }});
            go("transport", () => new WebTransport("https://{there}/t"));
            const spellings = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "[::ffff:127.0.0.1]"];
            Promise.allSettled([
                ...spellings.map(host => fetch(`http://${{host}}:{other.port}/fetch`, {{mode: "no-cors"}})),
                fetch("/hop", {{mode: "no-cors"}}), fetch("/hop", {{method: "POST", body: "x"}}),
                import("http://{there}/module"),
            ]).then(all => {{
                document.getElementById("said").textContent = tried + ":" + all.map(one => one.status);
            }});
            </script></body>""",
        )
        text = await shared.text("/attack")
        assert "xhr,form,service,worker,rtc!,transport!:" + ",".join(["rejected"] * 9) in text
        assert shared.web.count("/hop") > 0
        assert other.heard == []


async def test_a_page_that_its_scripts_leave_answers_as_a_redirect(shared: Window) -> None:
    for path, script in (("/by-script", "location.href = '/other'"), ("/by-click", "document.links[0].click()")):
        shared.publish(path, f"<a href='/other'>on</a><script>{script}</script>")
        page = await shared.fetch(path)
        assert (page.status, page.header("location")) == (303, shared.web.url("/other"))
    shared.publish("/by-meta", "<meta http-equiv=refresh content='0; url=/other'>")
    assert (await shared.fetch("/by-meta")).header("location") == shared.web.url("/other")
    assert shared.web.count("/other") == 0  # whether it may be asked for is not for the page to say


async def test_a_page_that_loads_itself_anew_is_taken_as_it_is(shared: Window) -> None:
    shared.publish("/again", "<p>here</p><script>location.reload()</script>")
    assert "<p>here</p>" in await shared.text("/again")
    assert shared.web.count("/again") == 1


async def test_windows_and_dialogs_keep_nobody_waiting(shared: Window) -> None:
    shared.publish(
        "/loud",
        "<p>here</p><a href=/other target=_blank>on</a><script>document.links[0].click(); alert(1); print();"
        "onbeforeunload = () => 'stay'; document.title = 'after'</script>",
    )
    assert "<title>after</title>" in await shared.text("/loud")


async def test_a_page_cannot_lie_to_us_about_its_own_text(shared: Window) -> None:
    shared.publish(
        "/liar",
        "<p>true</p><script>Object.defineProperty(Element.prototype, 'outerHTML', {get: () => 'forged'})</script>",
    )
    assert "<p>true</p>" in await shared.text("/liar")


async def test_a_download_is_not_taken(shared: Window) -> None:
    shared.web.publish("/file", b"PK", content_type="application/zip")
    shared.publish("/offer", "<p>here</p><a href=/file download>f</a><script>document.links[0].click()</script>")
    page = await shared.fetch("/offer")
    assert page.header("location") == shared.web.url("/file") or b"<p>here</p>" in page.body
    assert shared.web.count("/file") == 0


async def test_a_page_asks_for_no_more_than_a_few_hundred_parts(shared: Window) -> None:
    shared.publish("/greedy", "<p>here</p><script>for (let n = 0; n < 900; n++) fetch('/part?' + n)</script>")
    before = len(shared.web.journal)
    assert "<p>here</p>" in await shared.text("/greedy")
    assert len(shared.web.journal) - before <= 301


async def test_a_page_without_end_is_too_large(shared: Window) -> None:
    shared.publish("/huge", "<script>document.write('x'.repeat(1 << 20).repeat(6)); document.close()</script>")
    with pytest.raises(FetchError) as caught:
        await shared.fetch("/huge")
    assert caught.value.reason == "too-large"


async def test_a_script_without_end_is_named_and_the_next_page_is_read() -> None:
    async with window(timeout=timedelta(seconds=3)) as one:
        one.publish("/stuck", "<p>here</p><script>for (;;) {}</script>")
        one.publish("/fine", "<p>here</p>")
        one.publish("/busy", "<p>here</p><script>setInterval(() => fetch('/tick'), 50)</script>")
        with pytest.raises(FetchError) as caught:
            await one.fetch("/stuck")
        assert (caught.value.reason, caught.value.detail) == ("timeout", "a script of the page never comes to an end")
        assert "<p>here</p>" in await one.text("/fine")
        assert "<p>here</p>" in await one.text("/busy")  # it never rests: what is there after its time is taken


async def test_a_browser_that_died_is_replaced() -> None:
    before = browsing.children(os.getpid())
    async with window() as one:
        one.publish("/", "<p>here</p><script src=/slow></script>")
        one.web.publish("/slow", "document.title = 'whole'", content_type="text/javascript")
        await one.fetch("/")
        browsing.kill_browser(before)
        assert "<title>whole</title>" in await one.text("/")
        hung = one.web.hang("/slow", times=1)
        fetching = asyncio.create_task(one.text("/"))
        async with asyncio.timeout(20):
            while not one.web.waiting:  # noqa: ASYNC110 -- the server has no event for it
                await asyncio.sleep(0.01)
        browsing.kill_browser(before)  # in the middle of a page: it is loaded once more
        assert "<title>whole</title>" in await fetching
        hung.set()


async def test_nothing_is_left_of_a_browser_that_was_stopped() -> None:
    before = browsing.children(os.getpid())
    async with window() as one:
        one.publish("/", "<p>here</p>")
        await one.fetch("/")
        started = browsing.started(before)
        assert len(started) > 2
    await gone(started)


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_nothing_is_left_of_a_browser_whose_daemon_was_killed(signal_: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crawler.browsing", cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"open\n"
    started = browsing.children(process.pid)
    assert len(started) > 2
    process.send_signal(signal_)
    await process.communicate()
    await gone(started)


async def test_a_browser_that_nobody_needs_is_ended_and_started_again() -> None:
    clock, before = FakeClock(eager=False), browsing.children(os.getpid())
    chromium = Chromium(clock)
    async with window(chromium) as one:
        one.publish("/", "<p>here</p>")
        await one.fetch("/")
        clock.advance(timedelta(minutes=4))
        await one.fetch("/")
        started = browsing.started(before)
        clock.advance(timedelta(minutes=4))
        await asyncio.sleep(0)
        assert chromium.is_running
        clock.advance(timedelta(minutes=2))
        await gone(started)
        assert not chromium.is_running
        assert "<p>here</p>" in await one.text("/")


@pytest.mark.parametrize(
    ("kind", "body"), [("application/json", "[]"), ("application/rss+xml", "<rss/>"), ("image/png", "x")]
)
async def test_what_is_no_web_page_needs_no_browser(kind: str, body: str) -> None:
    async with window(Chromium(SystemClock(), find=lambda: pytest.fail("a browser was started"))) as one:
        one.web.publish("/data", body, content_type=kind)
        one.web.fail("/gone", 404)
        one.web.redirect("/moved", "/data")
        assert (await one.fetch("/data")).body == body.encode()
        assert (await one.fetch("/gone")).status == 404
        assert (await one.fetch("/moved")).header("location") == "/data"


async def test_a_missing_browser_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="install the system's package"):
        executable(which=lambda _: None)
    with pytest.raises(FetchError, match=r"fetch\.browser: /nowhere is no program"):
        executable(Path("/nowhere"))
    assert executable(which={"google-chrome": "/opt/chrome"}.get) == "/opt/chrome"
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display 1>&2; exit 3\n")
    broken.chmod(0o755)
    async with window(browser=broken) as one:
        one.publish("/", "<p>here</p>")
        with pytest.raises(FetchError, match=r"chromium does not start: no display$") as caught:
            await one.fetch("/")
        assert caught.value.reason == "no-browser"


async def test_a_source_with_render_is_read_in_the_browser_by_the_rules_of_its_host() -> None:
    async with world(timeout=timedelta(seconds=20)) as one:
        one.web.publish("/robots.txt", "User-agent: *\nDisallow: /private", content_type="text/plain")
        one.web.publish("/api", NEWS, content_type="application/json")
        one.web.publish("/list", f"<html>{MADE}</html>", content_type="text/html")
        one.web.publish("/led", "<html><script>location = '/private/list'</script></html>", content_type="text/html")
        one.web.publish("/around", "<html><script>location = '/list'</script></html>", content_type="text/html")
        for path in ("/list", "/around"):
            found = await one.visit(path, kind="listing", render=True, links="#list a")
            assert found.reading is not None
            assert [entry.title for entry in found.reading.entries] == ["Talks on access begin in Tokyo"]
            assert found.validators.etag is None
            assert found.url == one.web.url("/list")
        assert (await one.why_no_page("/led", render=True)).reason == "robots"
        assert b"Talks on access" in (await one.page("/list", render=True)).body
        assert one.web.count("/private/list") == 0
