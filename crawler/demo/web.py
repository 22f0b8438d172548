"""A small news web on loopback, for the real daemon to run against."""

from __future__ import annotations

import hashlib
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from aiohttp import web

from crawler.demo import documents
from crawler.demo.script import Item, Shown, Site, Version, load_items, load_sites, rules_text

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from crawler.clock import Clock

LOOPBACK = "127.0.0.1"
MOST_READ = 5
ROBOTS = "User-agent: *\nDisallow: /account/\n"


class DemoWeb:
    """Serves every outlet of the script on a port of its own, each document as of the present moment.

    ::

        async with DemoWeb(clock=clock) as outlets:
            config.write_text(outlets.config_text(store))

    ``scale`` stretches the script: at 0.5 the show runs twice as fast. How old a story claims to be is
    not stretched, because a day stays a day.
    """

    def __init__(self, *, clock: Clock, scale: float = 1.0) -> None:
        self._clock = clock
        self._scale = scale
        self._open = AsyncExitStack()
        self.start: datetime = clock.now()
        self.sites: tuple[Site, ...] = ()
        self.script: tuple[Item, ...] = load_items()

    async def __aenter__(self) -> Self:
        self.sites = tuple([await self._serve(site) for site in load_sites()])
        self.restart()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def length(self) -> timedelta:
        """How long the show runs: until the last appearance or change."""
        last = max(version.at for item in self.script for version in item.versions)
        return timedelta(seconds=last * self._scale)

    def restart(self) -> None:
        """Count the script's seconds from now on."""
        self.start = self._clock.now()

    def config_text(self, database: Path) -> str:
        """Return a config.yaml that watches all sites and keeps its store in the file ``database``."""
        sources = "\n".join(
            f"  - {{id: {site.id}, name: {site.name}, url: {site.feed_url}, kind: feed,\n"
            f"     language: {site.language}, country: {site.country}, tier: {site.tier}, type: {site.type}"
            + (f",\n     article: {{body: {site.body}}}}}" if site.body else "}")
            for site in self.sites
        )
        return (
            f"store: sqlite:///{database}\n"
            f"fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 1, delay: 0s}}, timeout: 5s}}\n"
            "disk: {stop_below: 50MB, ballast: 0MB}\n"
            'defaults: {every: 1s, to: ["#news"], severity: notice, backlog: 24h}\n'
            f"sources:\n{sources}\n\n{rules_text()}"
        )

    async def _serve(self, site: Site) -> Site:
        """Open a port for a site and return the site with its origin."""
        served: Site = site

        async def feed(request: web.Request) -> web.Response:
            return self._feed(served, request.headers.get("If-None-Match"))

        async def article(request: web.Request) -> web.Response:
            return self._article(served, request.match_info["story"])

        async def robots(_: web.Request) -> web.Response:
            return web.Response(text=ROBOTS)

        application = web.Application()
        application.add_routes(
            [web.get("/feed", feed), web.get("/articles/{story}", article), web.get("/robots.txt", robots)]
        )
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        self._open.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, 0).start()
        served = replace(site, origin=f"http://{LOOPBACK}:{runner.addresses[0][1]}")
        return served

    def _feed(self, site: Site, known: str | None) -> web.Response:
        if self._second() < site.down_until:
            return web.Response(status=503, headers={"Retry-After": "1"}, text="back in a moment")
        body = documents.feed(site, self._shown(site))
        tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if known == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(
            body=body,
            headers={"ETag": tag, "Content-Type": f"{documents.MEDIA_TYPES[site.form]}; charset={site.charset}"},
        )

    def _article(self, site: Site, story: str) -> web.Response:
        here = self._shown(site)
        wanted = next((one for one in here if one.item.story == story), None)
        if wanted is None:
            raise web.HTTPNotFound
        others = [one for one in here if one is not wanted][:MOST_READ]
        return web.Response(text=documents.page(site, wanted, others), content_type="text/html")

    def _shown(self, site: Site) -> list[Shown]:
        """Return what a site shows at this moment."""
        second = self._second()
        return [
            Shown(
                item=item,
                version=version,
                published=self._published(version),
                url=item.link or f"{site.origin}/articles/{item.story}",
            )
            for item in self.script
            if item.site == site.id and (version := item.version(second))
        ]

    def _second(self) -> float:
        return (self._clock.now() - self.start).total_seconds() / self._scale

    def _published(self, version: Version) -> datetime | None:
        if version.undated:
            return None
        offset = timedelta(seconds=version.since * self._scale) if version.dated is None else version.dated
        return (self.start + offset).replace(microsecond=0)
