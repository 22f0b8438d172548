import asyncio
import gzip
from datetime import timedelta
from ipaddress import ip_network

import pytest

from crawler.config.model import FetchConfig
from crawler.fetch.pool import ParserPool
from crawler.visits.poll import Answer, Validators
from tests.crawler.crawling import world
from tests.server import rss


async def test_a_feed_is_fetched_and_read() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One", "Two"), compress=True)
        fetched = await here.visit("/feed")
        assert (fetched.answer, fetched.reason, fetched.status) == (Answer.READ, "200", 200)
        assert fetched.reading is not None
        assert [entry.title for entry in fetched.reading.entries] == ["Two", "One"]
        assert fetched.size == len(rss("One", "Two"))
        assert fetched.url == here.web.url("/feed")


async def test_an_unchanged_feed_is_neither_sent_nor_read() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"))
        first = await here.visit("/feed")
        again = await here.visit("/feed", first.validators)
        assert (again.answer, again.reason, again.reading) == (Answer.UNCHANGED, "304", None)
        assert again.validators == first.validators
        assert here.parser.runs == 1


async def test_the_same_bytes_are_not_read_again() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"), validators=False)
        first = await here.visit("/feed")
        here.web.publish("/feed", rss("One"), validators=False, headers=[("ETag", '"new"')])
        again = await here.visit("/feed", first.validators)
        assert (again.answer, again.reason) == (Answer.UNCHANGED, "same-body")
        assert again.validators == Validators(etag='"new"', body_hash=first.validators.body_hash)
        assert here.parser.runs == 1


async def test_the_same_bytes_are_read_again_when_what_they_list_must_be_noted_anew() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"), validators=False)
        first = await here.visit("/feed")
        again = await here.visit("/feed", first.validators, anew=True)
        assert (again.answer, again.validators) == (Answer.READ, first.validators)
        assert again.reading == first.reading


async def test_validators_are_echoed_byte_for_byte() -> None:
    etag, modified = 'W/"a b;\u00e9,\\"x"', "sometime last week"
    async with world() as here:
        here.web.publish("/feed", rss("One"), validators=False, headers=[("ETag", etag), ("Last-Modified", modified)])
        first = await here.visit("/feed")
        await here.visit("/feed", first.validators)
        sent = here.web.journal[-1].headers
        assert sent["if-none-match"].encode("utf-8", "surrogateescape").decode() == etag
        assert sent["if-modified-since"] == modified


async def test_a_validator_that_cannot_be_echoed_is_not_kept() -> None:
    async with world() as here:
        here.web.publish(
            "/feed", rss("One"), validators=False, headers=[("ETag", '"\udce9"'), ("Last-Modified", "x" * 2_000)]
        )
        validators = (await here.visit("/feed")).validators
        assert (validators.etag, validators.last_modified) == (None, None)


async def test_a_304_nobody_asked_for_is_a_failure() -> None:
    async with world() as here:
        here.web.fail("/feed", 304)
        assert (await here.why("/feed")).reason == "http-304"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "http-404"), (410, "gone"), (500, "http-500"), (204, "http-204"), (206, "http-206"), (799, "http-799")],
)
async def test_other_answers_are_failures_by_name(status: int, reason: str) -> None:
    async with world() as here:
        here.web.fail("/feed", status)
        error = await here.why("/feed")
        assert (error.reason, error.status) == (reason, status)


async def test_retry_after_is_passed_on() -> None:
    async with world() as here:
        here.web.fail("/feed", 503, retry_after="120")
        assert (await here.why("/feed")).retry_after == timedelta(minutes=2)


async def test_redirects_are_followed_and_the_final_address_told() -> None:
    async with world() as here:
        here.web.publish("/new", rss("One"))
        here.web.redirect("/old", "/older", 301)
        here.web.redirect("/older", here.web.url("/new"), 308)
        fetched = await here.visit("/old")
        assert fetched.url == here.web.url("/new")
        again = await here.visit("/old", fetched.validators)
        assert again.reason == "304"


async def test_what_another_host_says_is_not_asked_of_the_first_one() -> None:
    async with world() as here:
        here.web.publish("/new", rss("One"))
        here.web.redirect("/old", here.web.url("/new", "localhost"))
        fetched = await here.visit("/old")
        assert (fetched.validators.etag, fetched.validators.last_modified) == (None, None)
        assert (await here.visit("/old", fetched.validators)).reason == "same-body"
        await here.visit("/old", Validators(etag='"x"'))
        assert "if-none-match" not in here.web.journal[-1].headers


async def test_redirects_are_checked_at_every_hop() -> None:
    async with world() as here:
        here.web.redirect("/loop", "/pool")
        here.web.redirect("/pool", "/loop")
        for number in range(9):
            here.web.redirect(f"/{number}", f"/{number + 1}")
        here.web.redirect("/inside", "http://10.0.0.1/feed")
        here.web.redirect("/file", "file:///etc/passwd")
        reasons = [(await here.why(path)).reason for path in ("/loop", "/0", "/inside", "/file")]
        assert reasons == ["redirect-loop", "redirect-loop", "blocked-address", "bad-redirect"]
        assert here.web.count("/6") == 0


@pytest.mark.parametrize(
    ("body", "reason"), [("", "empty"), ("<!doctype html><p>404", "html"), ("hello", "not-a-feed")]
)
async def test_what_is_no_feed_is_a_failure_by_name(body: str, reason: str) -> None:
    async with world() as here:
        here.web.publish("/feed", body, content_type="text/html")
        assert (await here.why("/feed")).reason == reason


async def test_a_body_that_is_too_large_is_a_failure() -> None:
    async with world(max_body=1_000_000) as here:
        bomb = gzip.compress(bytes(50_000_000))
        here.web.publish("/feed", bomb, headers=[("Content-Encoding", "gzip")])
        assert (await here.why("/feed")).reason == "too-large"


async def test_addresses_of_other_kinds_are_failures() -> None:
    async with world() as here:
        for url in ("file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1:port/"):
            assert (await here.why(url)).reason == "bad-url"


async def test_many_visits_run_at_once() -> None:
    async with world() as here:
        here.web.publish("/quick", rss("One"))
        here.web.publish("/slow", rss("One"))
        gate = here.web.hang("/slow")
        slow = [asyncio.create_task(here.visit("/slow")) for _ in range(40)]
        assert (await here.visit("/quick")).answer is Answer.READ
        gate.set()
        assert {(await task).answer for task in slow} == {Answer.READ}


async def end_crawlers() -> None:
    """End every crawler that runs, as a bug in Scrapy might."""
    for task in asyncio.all_tasks():
        if "crawl_async" in str(task):
            task.cancel()


async def test_an_engine_that_dies_is_replaced_and_its_visits_are_made_again() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"))
        here.web.hang("/feed", times=1)
        visit = asyncio.create_task(here.visit("/feed"))
        await here.under_way()
        crawler = here.feeds._crawler
        await end_crawlers()
        assert (await visit).answer is Answer.READ
        assert here.feeds._crawler is not crawler


async def test_an_engine_that_was_closed_is_replaced() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"))
        await here.visit("/feed")
        crawler = here.feeds._crawler
        assert crawler is not None
        assert crawler.engine is not None
        await asyncio.gather(crawler.engine.close_async(), here.visit("/feed"))
        assert (await here.visit("/feed")).answer is Answer.READ
        assert here.feeds._crawler is not crawler


async def test_a_visit_dies_with_the_second_engine_at_the_latest() -> None:
    async with world() as here:
        here.web.hang("/feed")
        visit = asyncio.create_task(here.why("/feed"))
        for count in (1, 2):
            await here.under_way(count)
            await end_crawlers()
        assert (await visit).reason == "engine-gone"


async def test_a_visit_that_never_ends_fails_by_name() -> None:
    async with world() as here:
        here.feeds._slack = 0.05 - 5
        here.web.hang("/feed")
        assert (await here.why("/feed")).reason == "timeout"


async def test_stopping_fails_what_is_open_as_stopped() -> None:
    async with world() as here:
        here.web.hang("/feed")
        visit = asyncio.create_task(here.why("/feed"))
        await here.under_way()
        await here.crawl.stop(timedelta(seconds=0.1))
        assert (await visit).reason == "stopped"


async def test_the_real_parser_process_reads_the_same() -> None:
    async with world(parser=ParserPool()) as here:
        here.web.publish("/feed", rss("One"))
        here.web.publish("/page", "<html>")
        fetched = await here.visit("/feed")
        assert fetched.reading is not None
        assert [entry.title for entry in fetched.reading.entries] == ["One"]
        assert (await here.why("/page")).reason == "html"


async def test_a_hub_in_the_head_of_the_answer_is_the_feed_s() -> None:
    links = [("Link", '<https://hub.example/>; rel="hub"'), ("Link", "</feed>; rel=self")]
    async with world() as here:
        here.web.publish("/feed", rss("One"), headers=[("Link", "</style.css>; rel=preload"), *links])
        fetched = await here.visit("/feed")
        assert fetched.reading is not None
        assert (fetched.reading.hints.hub, fetched.reading.hints.topic) == (
            "https://hub.example/",
            here.web.url("/feed"),
        )


async def test_limits_and_headers_can_change_while_it_runs() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"), validators=False)
        await here.visit("/feed")
        networks = (ip_network("127.0.0.0/8"),)
        here.crawl.configure(FetchConfig(user_agent="Desk/2", allow_private=networks, max_body=10))
        assert (await here.why("/feed")).reason == "too-large"
        last = here.web.requests("/feed")[-1]
        assert last.headers["user-agent"] == "Desk/2"
        assert "from" not in last.headers
        here.crawl.configure(FetchConfig(user_agent="Desk/3"))
        assert (await here.why(here.web.url("/feed", "localhost"))).reason == "blocked-address"
