"""Feeds and pages of the demo's outlets, in the dialect of each."""

from __future__ import annotations

import json
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.demo.script import Shown, Site

MEDIA_TYPES = {
    "rss": "application/rss+xml",
    "rss-content": "application/rss+xml",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}


def feed(site: Site, shown: Sequence[Shown]) -> bytes:
    """Return a site's feed, newest first."""
    newest = sorted(shown, key=lambda one: one.item.at, reverse=True)
    document = {"rss": _rss, "rss-content": _rss, "rdf": _rdf, "atom": _atom, "json": _json}[site.form](site, newest)
    if site.broken:
        document = document.replace("&amp;", "&").removesuffix("</channel></rss>\n")
    return document.encode(site.charset, "xmlcharrefreplace")


def page(site: Site, shown: Shown, most_read: Sequence[Shown]) -> str:
    """Return an article's page: the story between a menu and a box of other headlines."""
    links = "\n".join(f'<li><a href="{escape(one.url)}">{escape(one.version.title)}</a></li>' for one in most_read)
    when = (
        f'<time datetime="{shown.published.isoformat()}">{shown.published:%d %B %Y}</time>' if shown.published else ""
    )
    return f"""<!doctype html>
<html lang="{site.language}">
<head>
<meta charset="utf-8">
<title>{escape(shown.version.title)} | {escape(site.name)}</title>
<link rel="alternate" type="{MEDIA_TYPES[site.form]}" href="{site.feed_url}">
</head>
<body>
<nav><ul><li>Politics</li><li>Defence</li><li>Minerals</li><li>Newsletter: rare earths, every morning</li></ul></nav>
<main><article>
<h1>{escape(shown.version.title)}</h1>
{when}
<div class="text">
{_html(shown.version.page)}
</div>
</article></main>
<aside><h2>Most read</h2>
<ul>
{links}
</ul></aside>
<footer>{escape(site.name)}. An invented outlet of Tocsin's demo.</footer>
</body>
</html>
"""


def _html(text: str) -> str:
    return "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n"))


def _rss(site: Site, shown: Sequence[Shown]) -> str:
    items = "".join(
        f"<item><title>{_rss_title(one.version.title)}</title>"
        f"<link>{escape(one.url)}</link>"
        f'<guid isPermaLink="false">{one.item.story}</guid>'
        + (f"<pubDate>{format_datetime(one.published)}</pubDate>" if one.published else "")
        + _rss_body(site, one.version.text)
        + "</item>\n"
        for one in shown
    )
    return (
        f'<?xml version="1.0" encoding="{site.charset}"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>\n'
        f"<title>{escape(site.name)}</title><link>{site.origin}/</link>"
        f"<description>{escape(site.name)}</description><language>{site.language}</language>\n"
        f"{items}</channel></rss>\n"
    )


def _rss_title(title: str) -> str:
    """Escape a title; one with angle brackets thrice, as a sender does who wants them to survive all cleaning."""
    thrice = escape(escape(title, quote=False), quote=False) if "<" in title else title
    return escape(thrice)


def _rss_body(site: Site, text: str) -> str:
    if site.form == "rss":
        return f"<description>{escape(_html(text))}</description>"
    teaser = text.split("\n\n", maxsplit=1)[0]
    return f"<description>{escape(teaser)}</description><content:encoded><![CDATA[{_html(text)}]]></content:encoded>"


def _rdf(site: Site, shown: Sequence[Shown]) -> str:
    order = "".join(f'<rdf:li rdf:resource="{escape(one.url)}"/>' for one in shown)
    items = "".join(
        f'<item rdf:about="{escape(one.url)}"><title>{escape(one.version.title)}</title>'
        f"<link>{escape(one.url)}</link><description>{escape(one.version.text)}</description>"
        + (f"<dc:date>{one.published.isoformat()}</dc:date>" if one.published else "")
        + "</item>\n"
        for one in shown
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"\n'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/" xml:lang="{site.language}">\n'
        f'<channel rdf:about="{site.feed_url}"><title>{escape(site.name)}</title><link>{site.origin}/</link>'
        f"<description>{escape(site.name)}</description><items><rdf:Seq>{order}</rdf:Seq></items></channel>\n"
        f"{items}</rdf:RDF>\n"
    )


def _atom(site: Site, shown: Sequence[Shown]) -> str:
    entries = "".join(
        f"<entry><id>{site.origin}/id/{one.item.story}</id><title>{escape(one.version.title)}</title>"
        f'<link rel="alternate" href="{escape(one.url)}"/>'
        + (f"<published>{one.published.isoformat()}</published>" if one.published else "")
        + (f"<updated>{one.published.isoformat()}</updated>" if one.published else "")
        + f'<content type="html">{escape(_html(one.version.text))}</content></entry>\n'
        for one in shown
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{site.language}">\n'
        f'<id>{site.origin}/</id><title>{escape(site.name)}</title><link rel="self" href="{site.feed_url}"/>\n'
        f"{entries}</feed>\n"
    )


def _json(site: Site, shown: Sequence[Shown]) -> str:
    items = [
        {
            "id": one.item.story,
            "url": one.url,
            "title": one.version.title,
            "content_html": _html(one.version.text),
            "language": site.language,
        }
        | ({"date_published": one.published.isoformat()} if one.published else {})
        for one in shown
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.name,
        "home_page_url": f"{site.origin}/",
        "feed_url": site.feed_url,
        "language": site.language,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
