"""What Scrapy is told: nothing it does by default that we did not ask for."""

from __future__ import annotations

from typing import Any

from scrapy.settings import Settings

_SETTINGS: dict[str, Any] = {
    "BOT_NAME": "tocsin",
    "TWISTED_REACTOR_ENABLED": False,  # plain asyncio: one loop for everything
    # No middleware and no extension runs unasked: no cookies, referer, retries, redirects, proxies, meta
    # refresh or compression (the handler decodes), and no telnet console or remote control.
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES_BASE": {},
    "EXTENSIONS_BASE": {},
    "ADDONS": {},
    "COOKIES_ENABLED": False,  # also keeps the public suffix list from being downloaded
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_HANDLERS_BASE": {},
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.fetch.handler.ClientHandler",
        "https": "crawler.fetch.handler.ClientHandler",
    },
    "DEFAULT_REQUEST_HEADERS": {},
    # The patrol counts visits by host and in all; Scrapy's slots count queued requests and block others.
    "CONCURRENT_REQUESTS": 0,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 10_000,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_ITEMS": 4,  # as many tasks start with every response
    "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 1_000_000_000,  # answers are handed over at once
    "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
    "LOG_ENABLED": False,
    "LOG_INSTALL_ROOT_HANDLER": False,
    "STATS_DUMP": False,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,
}


def settings() -> Settings:
    """Return fresh settings: Scrapy writes into those it is given."""
    return Settings(_SETTINGS)
