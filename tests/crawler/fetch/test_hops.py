"""Redirects, turns, credentials and pages, on loopback."""

import asyncio
from datetime import timedelta

import pytest

from alerts.errors import FetchError
from crawler.config.model import HostLimits
from crawler.visits.poll import Validators
from tests.crawler.crawling import World, world
from tests.server import NewsServer, rss

HTML = "text/html"
SECRETS = (("Authorization", "Bearer s3cret"), ("x-edition", "fr"))
UNHURRIED = HostLimits(concurrency=1, delay=timedelta(seconds=10))


async def test_only_permanent_redirects_say_that_a_source_has_moved() -> None:
    async with world() as here:
        here.web.publish("/new", rss("One"))
        for path, status in (("/301", 301), ("/308", 308), ("/302", 302), ("/307", 307), ("/303", 303)):
            here.web.redirect(path, "/new", status)
        here.web.redirect("/both", "/301", 308)
        here.web.redirect("/mixed", "/302", 301)
        moved = {path: (await here.visit(path)).moved_to for path in ("/301", "/308", "/both")}
        assert set(moved.values()) == {here.web.url("/new")}
        for path in ("/302", "/307", "/303", "/mixed", "/new"):
            assert (await here.visit(path)).moved_to is None


async def test_a_source_that_moved_is_asked_for_at_its_new_address() -> None:
    async with world() as here:
        here.web.publish("/new", rss("One"))
        first = await here.visit("/old", url=here.web.url("/new"))
        assert first.url == here.web.url("/new")
        assert (await here.visit("/old", first.validators, url=here.web.url("/new"))).reason == "304"
        assert here.web.count("/old") == 0


async def test_a_304_from_elsewhere_is_no_answer() -> None:
    async with world() as here:
        here.web.redirect("/old", here.web.url("/new", "localhost"))
        here.web.fail("/new", 304)
        assert (await here.why("/old", Validators(etag='"x"'))).reason == "http-304"


async def test_a_sources_own_headers_go_to_its_own_place_only() -> None:
    async with world() as here, NewsServer() as other:
        other.publish("/feed", rss("One"))
        here.web.publish("/feed", rss("One"))
        here.web.redirect("/same", "/feed")
        here.web.redirect("/port", other.url("/feed"))
        here.web.redirect("/host", here.web.url("/feed", "localhost"))
        for path in ("/same", "/port", "/host"):
            await here.visit(path, headers=SECRETS)
        by_path = {path: here.web.requests(path)[0].headers for path in ("/same", "/port", "/host")}
        assert all(headers["authorization"] == "Bearer s3cret" for headers in by_path.values())
        assert all(headers["x-edition"] == "fr" for headers in by_path.values())
        same, elsewhere = here.web.requests("/feed")
        assert same.headers["authorization"] == "Bearer s3cret"
        assert not {"authorization", "x-edition"} & elsewhere.headers.keys()
        assert not {"authorization", "x-edition"} & other.journal[-1].headers.keys()


async def test_where_a_source_has_moved_to_is_not_sent_its_secrets() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"))
        await here.visit("/feed", headers=SECRETS, url=here.web.url("/feed", "localhost"))
        assert "authorization" not in here.web.requests("/feed")[0].headers


async def test_robots_txt_is_not_sent_secrets() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"))
        await here.visit("/feed", headers=SECRETS)
        assert "authorization" not in here.web.requests("/robots.txt")[0].headers


async def test_secrets_stand_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    async with world() as here:
        here.web.redirect("/feed", "/feed")
        error = await here.why("/feed", headers=SECRETS)
        assert "s3cret" not in f"{error} {here.source('/feed', headers=SECRETS)!r}"
    assert "s3cret" not in caplog.text


async def test_a_source_may_ask_in_its_own_words() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"))
        await here.visit("/feed", headers=(("user-agent", "Mozilla/5.0"), ("accept", "text/xml")))
        sent = here.web.requests("/feed")[0].headers
        assert (sent["user-agent"], sent["accept"]) == ("Mozilla/5.0", "text/xml")


async def test_every_encoding_that_can_be_decoded_is_asked_for() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"))
        await here.visit("/feed")
        assert here.web.journal[-1].headers["accept-encoding"] == "gzip, deflate, br, zstd"


# ------------------------------------------------------------ turns


async def visit_in_turn(here: World, path: str) -> None:
    async with here.turns.turn(here.source(path).host):
        await here.visit(path)


async def test_a_hop_waits_for_its_hosts_turn() -> None:
    async with world(paced=True, per_host=UNHURRIED) as here:
        here.web.publish("/feed", rss("One"))
        here.web.redirect("/old", "/feed")
        here.web.redirect("/away", here.web.url("/feed", "localhost"))
        start = here.clock.now()
        await visit_in_turn(here, "/old")
        assert here.clock.now() - start == timedelta(seconds=10)
        await visit_in_turn(here, "/away")
        assert here.clock.now() - start == timedelta(seconds=20)
        await visit_in_turn(here, here.web.url("/feed", "localhost"))
        assert here.clock.now() - start == timedelta(seconds=30)


async def test_two_hosts_that_redirect_to_each_other_do_not_wait_for_each_other() -> None:
    async with world(paced=True, per_host=HostLimits(concurrency=1, delay=timedelta(0))) as here:
        here.web.publish("/feed", rss("One"))
        gates = [here.web.hang(path, times=1) for path in ("/a", "/b")]
        here.web.redirect("/a", here.web.url("/feed", "localhost"))
        here.web.redirect("/b", here.web.url("/feed"))
        first = asyncio.create_task(visit_in_turn(here, "/a"))
        second = asyncio.create_task(visit_in_turn(here, here.web.url("/b", "localhost")))
        await here.under_way(2)
        for gate in gates:
            gate.set()
        async with asyncio.timeout(5):
            await asyncio.gather(first, second)


async def test_a_host_that_wants_to_be_left_alone_is_left_alone_by_redirects_too() -> None:
    async with world(paced=True) as here:
        here.web.redirect("/away", here.web.url("/feed", "localhost"))
        here.turns.hold(here.source(here.web.url("/", "localhost")).host, here.clock.now() + timedelta(hours=1))
        with pytest.raises(FetchError) as caught:
            await visit_in_turn(here, "/away")
        assert caught.value.reason == "host-held"
        assert here.web.count("/feed") == 0


# ------------------------------------------------------------ pages


async def test_a_page_is_fetched_as_people_do() -> None:
    async with world() as here:
        here.web.publish("/news/1", "<h1>Talks", content_type="text/html; charset=utf-8")
        here.web.redirect("/short", "/news/1")
        document = await here.page("/short")
        assert (document.url, document.body) == (here.web.url("/news/1"), b"<h1>Talks")
        assert document.content_type == "text/html; charset=utf-8"
        sent = here.web.journal[-1].headers
        assert sent["accept"].startswith("text/html")
        assert not {"if-none-match", "cookie", "referer"} & sent.keys()


async def test_a_page_of_the_sources_own_place_is_sent_its_secrets() -> None:
    async with world() as here:
        here.web.publish("/news/1", "<h1>Talks", content_type=HTML)
        await here.page("/news/1", headers=SECRETS)
        await here.page(here.web.url("/news/1", "localhost"), headers=SECRETS)
        ours, others = here.web.requests("/news/1")
        assert ours.headers["authorization"] == "Bearer s3cret"
        assert "authorization" not in others.headers


@pytest.mark.parametrize(
    ("status", "kind", "body", "reason"),
    [
        (404, HTML, "", "http-404"),
        (410, HTML, "", "gone"),
        (402, HTML, "", "paywall"),
        (403, HTML, "<title>Just a moment...</title>", "cloudflare"),
        (200, "application/pdf", "%PDF", "not-a-page"),
        (200, "video/mp4", "x", "not-a-page"),
    ],
)
async def test_what_is_no_page_is_a_failure_by_name(status: int, kind: str, body: str, reason: str) -> None:
    async with world() as here:
        here.web.publish("/news/1", body, content_type=kind, status=status, validators=False)
        assert (await here.why_no_page("/news/1")).reason == reason


async def test_a_page_may_not_lead_inside() -> None:
    async with world() as here:
        here.web.redirect("/news/1", "http://10.0.0.1/")
        assert (await here.why_no_page("/news/1")).reason == "blocked-address"
        assert (await here.why_no_page("ftp://news.example/")).reason == "bad-url"
