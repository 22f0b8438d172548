"""FeedSpider: asks for feeds."""

from __future__ import annotations

from spiders.base import SourceSpider


class FeedSpider(SourceSpider):
    """The spider for everything that ``spiders.parse`` reads."""

    name = "feed"
    accept = (
        "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
        "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
    )
