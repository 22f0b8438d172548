import asyncio
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FetchError
from crawler.config.model import FetchConfig
from crawler.fetch.robots import LIFE, LONGEST_DELAY, Robots, product_token, read
from spiders.base import Page
from tests.crawler.crawling import world
from tests.fakes import FakeClock

HTML = "text/html"
ROBOTS = "https://news.example/robots.txt"
PRIVATE = "User-agent: *\nDisallow: /private\n"


class Desk:
    """A Robots whose fetches are answered from a script; paths that are missing are 404."""

    def __init__(self, text: str | None = PRIVATE, **config: Any) -> None:
        self.clock = FakeClock()
        self.asked: list[str] = []
        self.answers: dict[str, Page | FetchError] = {}
        if text is not None:
            self.answer(text)
        self.robots = Robots(FetchConfig(**{"user_agent": "Tocsin/1 (+x)"} | config), self.clock, self.fetch)

    def answer(self, text: str | bytes = b"", status: int = 200, to: str | None = None, url: str = ROBOTS) -> None:
        headers = {b"location": to.encode()} if to else {}
        body = text.encode() if isinstance(text, str) else text
        self.answers[url] = Page(url=url, status=status, headers=headers, body=body)

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        assert headers["User-Agent"]
        self.asked.append(url)
        await asyncio.sleep(0)
        answer = self.answers.get(url) or Page(url=url, status=404, headers={}, body=b"")
        if isinstance(answer, FetchError):
            raise answer
        return answer

    async def why_not(self, path: str = "/private/1", *, found: bool = True) -> FetchError | None:
        try:
            await self.robots.check("https://news.example" + path, found=found)
        except FetchError as error:
            return error
        return None

    async def reason(self, path: str = "/private/1") -> str | None:
        error = await self.why_not(path)
        return error.reason if error else None


async def test_a_rule_that_forbids_is_named() -> None:
    error = await Desk().why_not("/private/1")
    assert error is not None
    assert error.reason == "robots"
    assert error.detail == f"the rule `Disallow: /private` of {ROBOTS} for `*`"
    assert await Desk().why_not("/public") is None


async def test_what_the_user_wrote_is_exempt_but_not_from_the_delay() -> None:
    desk = Desk(PRIVATE + "Crawl-delay: 7")
    assert await desk.robots.check("https://news.example/private/feed", found=False) == timedelta(seconds=7)


async def test_ignore_asks_nobody() -> None:
    desk = Desk(obey_robots=False)
    assert await desk.why_not() is None
    assert desk.asked == []


async def test_every_host_port_and_scheme_has_rules_of_its_own() -> None:
    desk = Desk()
    for url in ("https://news.example:8443/private", "http://news.example/private", "https://other.example/private"):
        await desk.robots.check(url, found=True)
    assert desk.asked == [
        "https://news.example:8443/robots.txt",
        "http://news.example/robots.txt",
        "https://other.example/robots.txt",
    ]


async def test_what_is_known_is_said_without_asking() -> None:
    desk = Desk()
    page = "https://news.example/private/1"
    assert desk.robots.known_ban(page) is None
    await desk.why_not()
    assert desk.robots.known_ban(page) == f"the rule `Disallow: /private` of {ROBOTS} for `*`"
    assert desk.robots.known_ban("https://news.example/public") is None
    desk.clock.advance(LIFE)
    assert desk.robots.known_ban(page) is None
    assert len(desk.asked) == 1


async def test_a_copy_lives_for_a_day() -> None:
    desk = Desk()
    for _ in range(3):
        await desk.why_not()
    desk.clock.advance(LIFE - timedelta(seconds=1))
    await desk.why_not()
    assert len(desk.asked) == 1
    desk.answer("User-agent: *\nAllow: /")
    desk.clock.advance(timedelta(seconds=1))
    assert await desk.why_not() is None
    assert len(desk.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204])
async def test_no_file_means_no_rules(status: int) -> None:
    desk = Desk()
    desk.answer(PRIVATE, status=status)
    assert await desk.why_not() is None


@pytest.mark.parametrize("trouble", [500, 503, 429, "timeout", "dns", "too-large"])
async def test_a_file_that_cannot_be_had_forbids_everything_for_a_while(trouble: int | str) -> None:
    desk = Desk()
    if isinstance(trouble, int):
        desk.answer(status=trouble)
    else:
        desk.answers[ROBOTS] = FetchError(trouble)
    assert await desk.reason("/public") == (trouble if trouble in {"timeout", "dns"} else "robots-unreachable")
    assert await desk.why_not("/public", found=False) is None
    assert len(desk.asked) == 1
    desk.answer(PRIVATE)
    desk.clock.advance(timedelta(minutes=10))
    assert await desk.reason("/public") is None
    assert await desk.reason() == "robots"


async def test_the_last_copy_holds_while_there_is_no_new_one_and_a_month_later_nothing_does() -> None:
    desk = Desk()
    assert await desk.reason() == "robots"
    desk.answers[ROBOTS] = FetchError("dns")
    for _ in range(30):
        desk.clock.advance(LIFE)
        assert await desk.reason() == "robots"
        assert await desk.reason("/public") is None
    desk.clock.advance(2 * LIFE)
    assert await desk.reason() is None


async def test_what_says_nothing_about_them_is_not_held_against_them() -> None:
    desk = Desk()
    desk.answers[ROBOTS] = FetchError("stopped")
    assert await desk.reason() == "stopped"
    desk.answer("")
    assert await desk.reason() is None


async def test_five_redirects_are_followed_to_other_hosts_too() -> None:
    desk = Desk(None)
    places = [ROBOTS, *(f"https://h{number}.example/robots.txt" for number in range(5))]
    for here, there in pairwise(places):
        desk.answer(status=301, to=there, url=here)
    desk.answer(PRIVATE, url=places[-1])
    error = await desk.why_not()
    assert error is not None
    assert f"of {ROBOTS} for" in error.detail


@pytest.mark.parametrize("target", [ROBOTS, "file:///etc/passwd", "http://news.example/robots.txt", ""])
async def test_a_redirect_that_leads_nowhere_means_no_rules(target: str) -> None:
    desk = Desk(None)
    desk.answer(status=302, to=target)
    assert await desk.why_not() is None


async def test_a_byte_order_mark_hides_no_rule() -> None:
    desk = Desk()
    desk.answer(b"\xef\xbb\xbf" + PRIVATE.encode())
    assert await desk.reason() == "robots"


async def test_of_a_file_without_end_the_first_part_holds() -> None:
    desk = Desk(PRIVATE + "# more\n" * 500_000 + "Disallow: /public\n")
    assert await desk.reason("/private") == "robots"
    assert await desk.reason("/public") is None


async def test_a_changed_name_is_asked_for_anew() -> None:
    desk = Desk("User-agent: deskbot\nDisallow: /\n")
    assert await desk.reason() is None
    desk.robots.configure(FetchConfig(user_agent="DeskBot/2"))
    assert await desk.reason() == "robots"


async def test_who_gives_up_waiting_takes_nobody_with_it() -> None:
    desk = Desk()
    first, second = (asyncio.create_task(desk.reason()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "robots"


async def test_among_many_rules_the_one_that_forbids_is_named() -> None:
    rules = "\n".join(f"Disallow: /a/rather/long/path/{number}" for number in range(2_000))
    error = await Desk(f"User-agent: *\n{rules}\nDisallow: /*/private$ # really").why_not("/x/private")
    assert error is not None
    assert error.detail.startswith("the rule `Disallow: /*/private$ # really` of")


# ------------------------------------------------------------ what the file says


@pytest.mark.parametrize(
    ("agent", "token"),
    [("Tocsin/1 (+x)", "tocsin"), ("My-Bot_x 2", "my-bot_x"), ("(odd)", "*"), ("Crawler", "crawler")],
)
def test_the_name_is_the_first_word_of_the_user_agent(agent: str, token: str) -> None:
    assert product_token(agent) == token


def allowed(text: str, path: str, name: str = "tocsin") -> bool:
    return read(ROBOTS, text, name).forbids("https://news.example" + path) is None


OURS = "User-agent: other\nDisallow: /\n\nUser-Agent: TOCSIN/2.0\nDisallow: /ours\n\nUser-agent: *\nDisallow: /all\n"


def test_our_own_group_goes_before_the_one_for_all() -> None:
    assert not allowed(OURS, "/ours")
    assert allowed(OURS, "/all")
    assert not allowed(OURS, "/all", "stranger")
    assert allowed(OURS, "/ours", "stranger")
    assert not allowed(OURS, "/x", "other")
    assert read(ROBOTS, OURS, "tocsin").group == "tocsin"


@pytest.mark.parametrize(
    ("text", "path", "may"),
    [
        ("User-agent: a\nUser-agent: *\nDisallow: /x", "/x", False),  # two names, one group
        ("User-agent: *\nDisallow: /x\n\nUser-agent: a\nDisallow: /y\nUser-agent: *\nDisallow: /z", "/z", False),
        ("User-agent: *\nDisallow: /x\n\nUser-agent: a\nDisallow: /y\nUser-agent: *\nDisallow: /z", "/y", True),
        ("User-agent: tocsin\n\nUser-agent: *\nDisallow: /", "/x", False),  # a blank line parts nothing
        ("User-agent: tocsin\nDisallow:\n\nUser-agent: *\nDisallow: /", "/x", True),
        ("User-agent: *\nSitemap: https://news.example/s.xml\nUser-agent: a\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow: /\nAllow: /news", "/news/1", True),  # the longest decides
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
        ("Disallow: /x", "/x", True),  # for nobody
        ("<!doctype html><p>Not found", "/x", True),
        ("User-agent: *\r\nDisallow: /x # secret\r\n", "/x", False),
        ("user agent : *\ndisalow: /x", "/x", False),
    ],
)
def test_what_is_allowed(text: str, path: str, may: bool) -> None:
    assert allowed(text, path) is may


@pytest.mark.parametrize(
    ("asked", "kept"), [("5", 5), ("0.5", 0.5), ("3600", 60), ("-1", 0), ("soon", 0), ("1e308", 60), ("nan", 0)]
)
def test_a_delay_is_kept_up_to_a_minute(asked: str, kept: float) -> None:
    assert read(ROBOTS, f"User-agent: *\nCrawl-delay: {asked}", "tocsin").delay == timedelta(seconds=kept)
    assert timedelta(seconds=kept) <= LONGEST_DELAY


def test_a_file_of_names_and_rules_costs_no_more_than_its_length() -> None:
    names = "\n".join(f"User-agent: bot{'x' * (number % 9)}{number}" for number in range(9_000))
    rules = "\n".join(f"Disallow: /{number}" for number in range(9_000))
    found = read(ROBOTS, f"{names}\nUser-agent: *\n{rules}", "tocsin")
    assert found.text.count("\n") == 9_000 - 1
    assert found.forbids("https://news.example/777") is not None


@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_can_be_read(text: str, path: str) -> None:
    rules = read(ROBOTS, "User-agent: *\n" + text, "tocsin")
    rules.forbids("https://news.example/" + path)
    assert timedelta(0) <= rules.delay <= LONGEST_DELAY


# ------------------------------------------------------------ on the wire


async def test_of_fifty_that_wait_for_one_file_none_slips_through() -> None:
    async with world() as here:
        here.web.publish("/robots.txt", PRIVATE, content_type="text/plain")
        gate = here.web.hang("/robots.txt", times=1)
        for number in range(50):
            here.web.publish(f"/private/{number}", "<p>secret", content_type=HTML)
        here.web.publish("/public", "<p>news", content_type=HTML)
        private = [asyncio.create_task(here.why_no_page(f"/private/{number}")) for number in range(50)]
        public = asyncio.create_task(here.page("/public"))
        await here.under_way()
        gate.set()
        assert {(await task).reason for task in private} == {"robots"}
        assert (await public).body == b"<p>news"
        assert here.web.count("/robots.txt") == 1
        assert [request.path for request in here.web.journal] == ["/robots.txt", "/public"]


async def test_every_hop_of_a_redirect_is_asked_for() -> None:
    async with world() as here:
        here.web.publish("/robots.txt", PRIVATE, content_type="text/plain")
        here.web.redirect("/public", "/private/1")
        error = await here.why_no_page("/public")
        assert error.reason == "robots"
        assert here.web.count("/private/1") == 0


async def test_the_delay_is_kept_between_all_requests_to_a_host() -> None:
    async with world(paced=True) as here:
        here.web.publish("/robots.txt", "User-agent: *\nCrawl-delay: 20", content_type="text/plain")
        here.web.publish("/new", "<p>news", content_type=HTML)
        here.web.redirect("/old", "/new")
        start = here.clock.now()
        for _ in range(2):
            async with here.turns.turn(here.source("/old").host):
                await here.page("/old")
        assert here.clock.now() - start >= 3 * timedelta(seconds=20)
        assert here.web.count("/new") == 2
