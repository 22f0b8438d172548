"""WebSpider: asks for web pages, listings and articles alike."""

from __future__ import annotations

from spiders.base import SourceSpider


class WebSpider(SourceSpider):
    """The spider for what people read."""

    name = "web"
    accept = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1"
