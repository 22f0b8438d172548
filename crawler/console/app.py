"""The console's pages put together, behind one guard."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from alerts.errors import StoreError, TooSlow
from crawler.console.api import Api, problem
from crawler.console.feeds import Feeds
from crawler.console.guard import (
    HEADERS,
    LIFE,
    PROGRAMS,
    SAFE,
    SESSION,
    Asked,
    Door,
    Sessions,
    Visitor,
    credential_of,
    decide,
    is_wrong,
)
from crawler.console.pages_delivery import Delivery
from crawler.console.pages_now import Now
from crawler.console.pages_rules import Rules
from crawler.console.pages_sources import Sources
from crawler.console.pages_stories import Stories
from crawler.console.pages_system import System
from crawler.console.pages_workbench import Workbench
from crawler.console.room import LONGEST, VISITOR, asked, form_of
from crawler.console.tries import WAIT, Tries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from crawler.config.model import ConsoleConfig
    from crawler.console.live import Live
    from crawler.console.pages_system import Notes
    from crawler.console.room import Room

log = logging.getLogger(__name__)

_REFUSALS = {
    Door.STRANGE_HOST: (
        421,
        "This name is not this machine's. Open http://127.0.0.1 with the port of `console.listen`.",
    ),
    Door.STRANGE_ORIGIN: (403, "That was asked by a page of another site, or by a program without the token."),
    Door.READ_ONLY: (403, "Without `console.token` in the configuration the console can only be read."),
}
_UNAUTHORIZED = "The token is missing or wrong: send it as `Authorization: Bearer …`."


def build(
    room: Room, config: ConsoleConfig, *, live: Live, notes: Notes, file: Path | None, more: Sequence[BaseRoute] = ()
) -> ASGIApp:
    """Return the console as an ASGI application; ``file`` is the store's, ``more`` are others' routes on this port."""
    sessions = Sessions(config, room.now)
    tries = Tries(room.now)
    entrance = Entrance(room, sessions, tries, live)
    routes: list[BaseRoute] = [
        *Now(room, live).routes(),
        *Stories(room).routes(),
        *Sources(room).routes(),
        *Rules(room).routes(),
        *Workbench(room).routes(),
        *Delivery(room).routes(),
        *System(room, notes, file).routes(),
        *Api(room).routes(),
        *Feeds(room).routes(),
        *entrance.routes(),
        *more,
        Mount("/static", StaticFiles(packages=[(__package__, "static")]), name="static"),
    ]
    faults = Faults(room)
    handlers = {HTTPException: faults.told, StoreError: faults.store}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), config, sessions, tries)


class Guard:
    """Lets requests in or not, and puts the same headers on every answer."""

    def __init__(self, app: ASGIApp, config: ConsoleConfig, sessions: Sessions, tries: Tries) -> None:
        self._app = app
        self._config = config
        self._sessions = sessions
        self._tries = tries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        answer = self._answering(Request(scope))

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answered.setdefault(name, value)
            await send(message)

        await answer(scope, receive, dressed)

    def _answering(self, request: Request) -> ASGIApp:
        """Return what answers a request: the application, or a refusal."""
        scope, headers, session = request.scope, request.headers, request.cookies.get(SESSION)
        address, signed_in = sender_of(request), self._sessions.is_in_force(session)
        wait = self._tries.wait(address)
        wanted = Asked(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            host=headers.get("host", ""),
            origin=headers.get("origin"),
            site=headers.get("sec-fetch-site"),
            credential=credential_of(headers.get("authorization")),
            signed_in=signed_in,
            must_wait=wait > 0,
        )
        door = decide(wanted, self._config)
        if is_wrong(wanted, door, self._config):
            self._tries.wrong(address)
        stays = partial(self._sessions.is_in_force, session) if signed_in else _always
        scope[VISITOR] = Visitor(may_act=self._config.token is not None, signed_in=signed_in, stays=stays)
        return self._app if door is Door.OPEN else refusal(door, wanted, wait)


def _always() -> bool:
    return True


def sender_of(request: Request) -> str:
    """Return the address that a request came from: a proxy's, where there is one, for anybody can claim another."""
    return request.client.host if request.client else ""


def refusal(door: Door, wanted: Asked, wait: int = 0) -> Response:
    """Return the answer to a request that is not let in; ``wait`` is in seconds."""
    if door is Door.SIGN_IN:
        return RedirectResponse(f"/login?{urlencode({'to': _wanted(wanted)})}", 303)
    if door is Door.WAIT:
        headers = {"retry-after": str(wait)}
        if wanted.path.startswith("/api/"):
            return problem(429, WAIT, headers=headers)
        return PlainTextResponse(WAIT, 429, headers=headers)
    if door is Door.UNAUTHORIZED:
        scheme = "Bearer" if wanted.path.startswith(PROGRAMS) else 'Basic realm="Tocsin", charset="UTF-8"'
        headers = {"www-authenticate": scheme}
        if wanted.path.startswith("/api/"):
            return problem(401, _UNAUTHORIZED, headers=headers)
        return PlainTextResponse(_UNAUTHORIZED, 401, headers=headers)
    status, says = _REFUSALS[door]
    return problem(status, says) if wanted.path.startswith("/api/") else PlainTextResponse(says, status)


def _wanted(asked: Asked) -> str:
    """Return where to go after signing in: the page that was asked for, with its query where that is not too long."""
    path = quote(asked.path)
    whole = f"{path}?{asked.query}" if asked.query and asked.method in SAFE else path
    return next((one for one in (whole, path) if len(one) <= LONGEST), "/")


class Entrance:
    """Lets people in who have the token."""

    def __init__(self, room: Room, sessions: Sessions, tries: Tries, live: Live) -> None:
        self._room = room
        self._sessions = sessions
        self._tries = tries
        self._live = live

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [
            Route("/login", self.ask),
            Route("/login", self.enter, methods=["POST"]),
            Route("/logout", self.leave, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Ask for the token."""
        return self._room.page(request, "login.html", to=asked(request, "to"), wrong="")

    async def enter(self, request: Request) -> Response:
        """Begin a session."""
        form = await form_of(request)
        to, address = form.get("to", "/"), sender_of(request)
        if wait := self._tries.wait(address):
            answer = self._room.page(request, "login.html", status=429, to=to, wrong=WAIT)
            answer.headers["retry-after"] = str(wait)
            return answer
        session = self._sessions.begin(form.get("token", "").strip())
        if session is None:
            self._tries.wrong(address)
            return self._room.page(request, "login.html", status=403, to=to, wrong="That is not the token.")
        onward = RedirectResponse(to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/", 303)
        secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        onward.set_cookie(
            SESSION, session, int(LIFE.total_seconds()), secure=secure, httponly=True, samesite="strict", path="/"
        )
        return onward

    async def leave(self, request: Request) -> Response:
        """End a session."""
        self._sessions.end(request.cookies.get(SESSION))
        self._live.dismiss()
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(SESSION)
        return answer


class Faults:
    """Says what went wrong, as a page or to a program."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def told(self, request: Request, error: Exception) -> Response:
        """Say that a request cannot be answered."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        says = error.detail if isinstance(error, HTTPException) else ""
        headers = error.headers if isinstance(error, HTTPException) else None
        return self._answer(request, status, says, dict(headers or {}))

    async def store(self, request: Request, error: Exception) -> Response:
        """Say that the store cannot be read now."""
        log.warning("console-store", extra={"path": request.url.path, "detail": str(error)})
        if isinstance(error, TooSlow):
            return self._answer(request, 503, f"{error}.", {"retry-after": "5"})
        return self._answer(request, 503, f"The store cannot be read now: {error}", {"retry-after": "5"})

    def _answer(self, request: Request, status: int, says: str, headers: dict[str, str]) -> Response:
        if request.url.path.startswith("/api/"):
            return problem(status, says, headers=headers)
        if request.url.path.startswith("/feeds/"):
            return PlainTextResponse(says, status, headers=headers)
        answer = self._room.page(request, "error.html", status=status, code=status, says=says)
        answer.headers.update(headers)
        return answer
