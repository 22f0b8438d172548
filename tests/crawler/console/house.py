"""A console over a real store with a few stories in it, asked without a socket."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from alerts.outbox import Receipt, Settlement, State
from crawler.config import load
from crawler.config.model import ConsoleConfig
from crawler.config.secret import Secret
from crawler.console.app import build
from crawler.console.live import Live
from crawler.console.pages_now import newest
from crawler.console.pages_system import Notes
from crawler.console.room import Room
from crawler.store import Store
from crawler.store.browse import Browse
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from crawler.config.model import Config
    from crawler.console.rendering import Renderer

TOKEN = "0123456789abcdef"
BASE = "http://127.0.0.1:8321"
CONFIG = """
store: sqlite:///tocsin.db
sources:
  - {id: bbc, url: "https://bbc.example/feed", name: BBC, country: gb, tier: 2}
  - {id: nhk, url: "https://nhk.example/feed?key=${KEY}", name: NHK}
entities:
  nippon: {aliases: [Japan, Nippon]}
rules:
  - id: japan
    name: About Japan
    when: |
      Japan
    to: "#n"
    note: What Tokyo does.
    tags: [asia]

  # what Paris does
  - {id: france, name: "France & <friends>", when: France, to: "#n", severity: high}
"""
HOSTILE = '<script>alert("x")</script> & Japan'


@dataclass(slots=True, kw_only=True)
class House:
    """Everything that the console stands on."""

    config: Config
    store: Store
    clock: FakeClock
    room: Room
    live: Live
    notes: Notes
    newsroom: Newsroom
    woken: list[str]

    def client(self, token: str | None = None, host: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
        """Return a client of a console with that token, listening at that host."""
        listening = ConsoleConfig(host=host, token=Secret(token) if token else None)
        app = build(self.room, listening, live=self.live, notes=self.notes, file=self.store.file)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=named)

    def entrances(self, token: str, *addresses: str) -> list[httpx.AsyncClient]:
        """Return clients at different addresses of one console with that token."""
        listening = ConsoleConfig(token=Secret(token))
        app = build(self.room, listening, live=self.live, notes=self.notes, file=self.store.file)
        transports = [httpx.ASGITransport(app, client=(address, 5000)) for address in addresses]
        return [httpx.AsyncClient(transport=transport, base_url=BASE) for transport in transports]

    def owner(self, **headers: str) -> httpx.AsyncClient:
        """Return a client that sends the token of a console that has one."""
        return self.client(TOKEN, authorization=f"Bearer {TOKEN}", **headers)

    async def tell(self, identity: str, title: str, text: str = "", **changes: Any) -> str:
        """Let a story come, and return the key of its newest message."""
        self.clock.advance(MINUTE)
        published = self.clock.now() - MINUTE
        changes = {"published": published} | changes
        await self.newsroom.visit("bbc", entry(identity, title, text, **changes))
        rows = await self.store.deliveries(limit=1)
        return rows[0].delivery.key if rows else ""

    async def settle(self, key: str, state: State, reason: str = "accepted", detail: str = "") -> None:
        """Let a message be sent, or refused."""
        now = self.clock.now()
        await self.store.outbox.begin(key, now)
        receipt = Receipt(channel="C0NEWS", message="17.1") if state is State.SENT else None
        settlement = Settlement(state=state, reason=reason, detail=detail, receipt=receipt)
        await self.store.outbox.settle(key, settlement, now)

    async def code(self, title: str) -> str:
        """Return the code of the story with a title, as people see it."""
        async with self.client() as asked:
            found = (await asked.get("/api/v1/stories")).json()["items"]
        return next(str(one["id"]) for one in found if one["title"] == title)


@asynccontextmanager
async def house(folder: Path, template: Path, renderer: Renderer) -> AsyncIterator[House]:
    """Open a house with a configuration of its own in a folder, and a copy of an empty store."""
    shutil.copy(template, folder / "tocsin.db")
    file = folder / "config.yaml"
    file.write_text(CONFIG)
    config, clock = load(file, {"KEY": "hush"}), FakeClock()
    store = Store.open(config.store, clock=clock)
    browse, woken = Browse.beside(store), list[str]()
    room = Room(
        browse=browse,
        people=store.people,
        config=lambda: config,
        clock=clock,
        renderer=renderer,
        wake=lambda: woken.append("courier"),
    )

    def drawn(card: Any) -> str:
        return room.renderer.page("_card.html", room.now(), config.timezone, {"card": card})

    newsroom = Newsroom(store, WordJudge({"Japan": ("#n",), "France": ("#n",)}), clock)
    await newsroom.add(*(replace(source(one.id), name=one.name, url=one.url) for one in config.sources))
    try:
        yield House(
            config=config,
            store=store,
            clock=clock,
            room=room,
            live=Live(lambda: newest(room), drawn),
            notes=Notes(),
            newsroom=newsroom,
            woken=woken,
        )
    finally:
        browse.close()
        await store.close()


async def furnish(one: House) -> dict[str, str]:
    """Let some stories come, and return the keys of their messages by name."""
    keys = {
        "sent": await one.tell("a", "Japan and France open talks", "They met in Tokyo.\n\nJapan was glad."),
        "dead": await one.tell("b", "Japan signs", "A treaty on minerals."),
        "waits": await one.tell("c", HOSTILE, "Words of a stranger."),
    }
    await one.tell("d", "Nothing of note", "Rain is expected.")
    await one.settle(keys["sent"], State.SENT)
    await one.settle(keys["dead"], State.DEAD, "card-refused", "invalid_blocks")
    one.clock.advance(timedelta(minutes=5))
    return keys
