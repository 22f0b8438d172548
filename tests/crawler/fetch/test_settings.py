import pytest
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.core.spidermw import SpiderMiddlewareManager
from scrapy.crawler import Crawler
from scrapy.extension import ExtensionManager

from crawler.fetch.handler import ClientHandler
from crawler.fetch.settings import settings
from spiders.base import SourceSpider
from spiders.feed import FeedSpider
from spiders.web import WebSpider


@pytest.mark.parametrize("spider", [FeedSpider, WebSpider])
def test_nothing_of_scrapy_s_runs_unasked(spider: type[SourceSpider]) -> None:
    crawler = Crawler(spider, settings())
    crawler._apply_settings()
    for manager in (DownloaderMiddlewareManager, SpiderMiddlewareManager, ExtensionManager):
        assert list(manager.from_crawler(crawler).middlewares) == []


def test_only_the_web_is_fetched_and_only_by_our_own_handler() -> None:
    handlers = settings().getwithbase("DOWNLOAD_HANDLERS")
    assert dict(handlers) == dict.fromkeys(("http", "https"), f"{ClientHandler.__module__}.{ClientHandler.__name__}")


def test_settings_are_fresh_each_time() -> None:
    first = settings()
    first.set("BOT_NAME", "changed")
    assert settings()["BOT_NAME"] == "tocsin"
