import asyncio
from typing import Any

import pytest
import scrapy
from scrapy.http import Response

from alerts.errors import FetchError
from spiders.base import HOPS, Page, SourceSpider, Visit, host_of, is_same_place, next_hop
from spiders.feed import FeedSpider

FEED = "https://news.example/feed"


def spider(*visits: Visit) -> SourceSpider:
    queue: asyncio.Queue[Visit] = asyncio.Queue()
    for visit in visits:
        queue.put_nowait(visit)
    return FeedSpider(visits=queue)


def visit(url: str = FEED) -> Visit:
    answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
    return Visit(url=url, headers={"User-Agent": "T", "If-None-Match": '"1"'}, answer=answer)


async def first_request(asked: Visit) -> scrapy.Request:
    request = await anext(aiter(spider(asked).start()))
    assert isinstance(request, scrapy.Request)
    return request


async def test_a_visit_becomes_a_request_with_its_headers_and_no_others() -> None:
    request = await first_request(visit())
    assert request.url == FEED
    assert request.headers.to_unicode_dict() == {"User-Agent": "T", "If-None-Match": '"1"'}


async def test_a_visit_that_was_given_up_is_not_made() -> None:
    given_up, wanted = visit("https://news.example/old"), visit()
    given_up.answer.cancel()
    assert (await anext(aiter(spider(given_up, wanted).start()))).url == FEED


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "data:,x", "https://news.example:port/", "https://[::1", "http:///x"]
)
async def test_an_address_that_is_none_fails_alone(url: str) -> None:
    bad, good = visit(url), visit()
    assert (await anext(aiter(spider(bad, good).start()))).url == FEED
    error = bad.answer.exception()
    assert isinstance(error, FetchError)
    assert error.reason == "bad-url"


async def test_a_page_is_handed_over_with_its_headers() -> None:
    asked = visit()
    request = await first_request(asked)
    response = Response(FEED, status=404, headers={"ETag": '"x"', "X-Two": ["a", "b"]}, body=b"gone", request=request)
    spider().answered(response, **request.cb_kwargs)
    page = asked.answer.result()
    assert (page.url, page.status, page.body) == (FEED, 404, b"gone")
    assert page.headers == {b"etag": b'"x"', b"x-two": b"a"}
    assert (page.header("ETag"), page.header("X-Three")) == ('"x"', "")


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    asked = visit()
    request = await first_request(asked)
    spider().answered(Response(FEED, status=301, headers={"Location": "/new"}, request=request), **request.cb_kwargs)
    page = asked.answer.result()
    assert (page.status, page.header("location")) == (301, "/new")


async def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    asked = visit()
    request = await first_request(asked)
    asked.answer.cancel()
    spider().answered(Response(FEED, request=request), **request.cb_kwargs)
    assert asked.answer.cancelled()


@pytest.mark.parametrize(
    ("home", "url", "same"),
    [
        ("https://a.example/1", "https://a.example/2", True),
        ("https://a.example/", "https://A.example:443/", True),
        ("http://a.example/", "https://a.example/", True),
        ("http://a.example:8080/", "https://a.example/", False),
        ("https://a.example/", "http://a.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("https://a.example/", "https://b.a.example/", False),
        ("https://a.example/", "https://a.example.evil.example/", False),
        ("https://a.example/", "https://a.example@evil.example/", False),
    ],
)
def test_what_is_meant_for_one_place_goes_nowhere_else(home: str, url: str, same: bool) -> None:
    assert is_same_place(home, url) is same


def test_politeness_is_counted_by_host_and_port() -> None:
    assert host_of("https://user:secret@News.Example:8443/feed") == "news.example:8443"


@pytest.mark.parametrize(("error", "reason"), [(FetchError("dns"), "dns"), (KeyError("x"), "internal")])
async def test_a_failure_is_handed_over_by_name(error: Exception, reason: str) -> None:
    asked = visit()
    request = await first_request(asked)

    class Failure:
        def __init__(self) -> None:
            self.value = error
            self.request = request

    failure: Any = Failure()
    spider().failed(failure)
    handed = asked.answer.exception()
    assert isinstance(handed, FetchError)
    assert handed.reason == reason


@pytest.mark.parametrize(
    ("trail", "location", "reason"),
    [
        (("https://a.example/1",), "/1", "redirect-loop"),
        (tuple(f"https://a.example/{n}" for n in range(HOPS + 1)), "/new", "redirect-loop"),
        (("https://a.example/1",), "http://a.example/1", "insecure-redirect"),
        (("http://a.example/1",), "ftp://a.example/1", "bad-redirect"),
        (("http://a.example/1",), "data:text/xml,<rss/>", "bad-redirect"),
    ],
)
def test_what_must_not_be_followed_is_named(trail: tuple[str, ...], location: str, reason: str) -> None:
    with pytest.raises(FetchError) as caught:
        next_hop(trail, location)
    assert caught.value.reason == reason


def test_five_hops_are_followed() -> None:
    trail = tuple(f"http://a.example/{n}" for n in range(HOPS))
    assert next_hop(trail, " https://a.example/last ") == "https://a.example/last"
