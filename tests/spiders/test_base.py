import asyncio
from typing import Any

import pytest
import scrapy
from scrapy.http import Response

from alerts.errors import FetchError
from spiders.base import HOPS, Page, SourceSpider, Visit, next_hop
from spiders.feed import FeedSpider

FEED = "https://news.example/feed"


def spider(*visits: Visit) -> SourceSpider:
    queue: asyncio.Queue[Visit] = asyncio.Queue()
    for visit in visits:
        queue.put_nowait(visit)
    return FeedSpider(visits=queue)


def visit(url: str = FEED) -> Visit:
    answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
    return Visit(url=url, headers={"User-Agent": "T"}, conditions={"If-None-Match": '"1"'}, answer=answer)


async def first_request(asked: Visit) -> scrapy.Request:
    request = await anext(aiter(spider(asked).start()))
    assert isinstance(request, scrapy.Request)
    return request


def redirected(request: scrapy.Request, target: str, status: int = 302) -> scrapy.Request | None:
    response = Response(request.url, status=status, headers={"Location": target}, request=request)
    return spider().answered(response, **request.cb_kwargs)


async def hop_of(asked: Visit, target: str) -> scrapy.Request:
    hop = redirected(await first_request(asked), target)
    assert hop is not None
    return hop


async def test_a_visit_becomes_a_conditional_request() -> None:
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
    assert spider().answered(response, **request.cb_kwargs) is None
    page = asked.answer.result()
    assert (page.url, page.status, page.body, page.moved) == (FEED, 404, b"gone", False)
    assert page.headers == {b"etag": b'"x"', b"x-two": b"a"}


async def test_a_redirect_on_the_same_host_stays_conditional() -> None:
    hop = await hop_of(visit(), "/new")
    assert hop.url == "https://news.example/new"
    assert b"If-None-Match" in hop.headers


async def test_another_host_is_asked_without_conditions_and_referrer() -> None:
    hop = await hop_of(visit(), "https://other.example/feed")
    assert hop.headers.to_unicode_dict() == {"User-Agent": "T"}


async def test_a_page_from_another_host_is_marked() -> None:
    asked = visit()
    hop = await hop_of(asked, "https://other.example/feed")
    spider().answered(Response(hop.url, request=hop), **hop.cb_kwargs)
    assert asked.answer.result().moved


async def test_a_forbidden_redirect_fails_the_visit() -> None:
    asked = visit()
    assert redirected(await first_request(asked), "file:///etc/passwd") is None
    error = asked.answer.exception()
    assert isinstance(error, FetchError)
    assert error.reason == "bad-redirect"


async def test_a_redirect_that_is_no_address_fails_the_visit() -> None:
    asked = visit()
    assert redirected(await first_request(asked), "https://[::1") is None
    assert asked.answer.exception() is not None


async def test_a_redirect_without_a_target_is_the_answer() -> None:
    asked = visit()
    request = await first_request(asked)
    spider().answered(Response(FEED, status=301, request=request), **request.cb_kwargs)
    assert asked.answer.result().status == 301


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
