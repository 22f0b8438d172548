"""Fetching an article's page: read once, and again only when it has changed."""

from __future__ import annotations

import pytest

from alerts.errors import FetchError
from crawler.visits.page import PageAnswer
from crawler.visits.poll import Validators
from tests.crawler.crawling import World, world
from tests.server import NewsServer

TEXT = "The two governments said on Monday that their forces would train together more often from next year. "
HTML = "text/html; charset=utf-8"


def page(*paragraphs: str) -> str:
    body = "".join(f"<p>{TEXT * 3}{one}</p>" for one in paragraphs)
    return f"<html lang=en><head><title>Talks</title></head><body><article><h1>Talks</h1>{body}</article></body></html>"


async def read(here: World, known: Validators | None = None, path: str = "/a", *, fast: bool = False) -> PageAnswer:
    source = here.source("/feed")
    return await here.crawl.article(here.web.url(path), source, known=known or Validators(), fast=fast)


async def test_an_article_comes_with_what_makes_the_next_request_conditional() -> None:
    async with world() as here:
        here.web.publish("/a", page("One."), content_type=HTML)
        answer = await read(here)
        assert answer.reason == "200"
        assert answer.article is not None
        assert "One." in answer.article.text
        assert answer.validators.etag
        assert "if-none-match" not in here.web.journal[-1].headers


async def test_what_has_not_changed_is_neither_sent_nor_read() -> None:
    async with world() as here:
        here.web.publish("/a", page("One."), content_type=HTML)
        first = await read(here)
        again = await read(here, first.validators)
        assert again == PageAnswer(reason="304", validators=first.validators)
        assert here.parser.runs == 1
        here.web.publish("/a", page("One.", "Two."), content_type=HTML)
        changed = await read(here, again.validators)
        assert changed.article is not None
        assert changed.validators != first.validators


async def test_the_same_bytes_from_a_server_without_validators_are_not_read_again() -> None:
    async with world() as here:
        here.web.publish("/a", page("One."), content_type=HTML, validators=False)
        first = await read(here)
        again = await read(here, first.validators)
        assert (again.reason, again.article, again.validators) == ("same-body", None, first.validators)
        assert here.parser.runs == 1


async def test_a_304_that_nobody_asked_for_is_a_failure() -> None:
    async with world() as here:
        here.web.fail("/a", 304)
        with pytest.raises(FetchError) as caught:
            await read(here)
        assert caught.value.reason == "http-304"


@pytest.mark.parametrize(("status", "reason"), [(404, "http-404"), (410, "gone")])
async def test_a_page_that_is_gone_says_so(status: int, reason: str) -> None:
    async with world() as here:
        here.web.fail("/a", status)
        with pytest.raises(FetchError) as caught:
            await read(here, Validators(etag='"x"'))
        assert (caught.value.reason, caught.value.status) == (reason, status)


async def test_validators_of_a_page_elsewhere_are_not_sent_to_the_address_that_led_there() -> None:
    async with world() as here, NewsServer() as elsewhere:
        here.web.redirect("/a", elsewhere.url("/b"))
        elsewhere.publish("/b", page("One."), content_type=HTML)
        first = await read(here)
        assert (first.validators.etag, first.validators.last_modified) == (None, None)
        assert first.validators.body_hash
        assert (await read(here, first.validators)).reason == "same-body"


async def test_a_page_read_in_haste_says_the_same() -> None:
    async with world() as here:
        here.web.publish("/a", page("One."), content_type=HTML)
        answer = await read(here, fast=True)
        assert answer.article is not None
        assert "One." in answer.article.text
