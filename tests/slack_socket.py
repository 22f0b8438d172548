"""The Slack stand-in with Socket Mode: envelopes that must be acknowledged in time, answers, and home pages."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import aiohttp
from aiohttp import web

from tests.slack_standin import Options, SlackStandin
from tests.slack_views import view_errors
from tests.slack_workspace import SCOPES, Refused, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOCKET_SCOPES = SCOPES | {"commands", "reactions:read"}
USES, LIFE = 5, timedelta(minutes=30)  # of a response_url
ADA = "U0ADA00001"
CHANNEL = "C0NEWS0001"


def with_buttons(**changes: Any) -> Options:
    """Options whose bot token may do all that buttons and commands need."""
    return Options(**({"tokens": {"xoxb-test": Token(scopes=SOCKET_SCOPES)}} | changes))


@dataclass(slots=True, kw_only=True)
class Envelope:
    """One envelope, and what became of it."""

    id: str
    body: dict[str, Any]
    tries: int = 0
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    answer: dict[str, Any] | None = None  # the payload of its acknowledgement
    seconds: float | None = None  # until it was acknowledged


@dataclass(slots=True, kw_only=True)
class AnswerUrl:
    """A response_url."""

    made: Any
    uses: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)


class SocketStandin(SlackStandin):
    """``async with SocketStandin() as slack:`` also opens sockets; click, type and look as a user would."""

    def __init__(
        self,
        options: Options | None = None,
        *,
        app_tokens: Mapping[str, str | None] | None = None,
        deadline: float = 3.0,
        most: int = 10,
        port: int = 0,
    ) -> None:
        """``app_tokens`` maps each to what Slack says to it, None = welcome; ``deadline`` for an ack is in seconds."""
        super().__init__(options or with_buttons(), port=port)
        self.app_tokens: dict[str, str | None] = dict({"xapp-test": None} if app_tokens is None else app_tokens)
        self.deadline = deadline
        self.most = most
        self.sockets: list[web.WebSocketResponse] = []
        self.greeted = 0  # connections ever
        self.peak = 0  # connections at a time
        self.unacknowledged = 0  # deadlines that passed
        self.strange_acks: list[str] = []
        self.envelopes: dict[str, Envelope] = {}
        self.answers: dict[str, AnswerUrl] = {}
        self.refused_answers: list[str] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.published = 0
        self.deaf = False  # accepts connections and says nothing
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._waits: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()

    async def __aexit__(self, *exc: object) -> None:
        for task in self._waits:
            task.cancel()
        await asyncio.gather(*self._waits, return_exceptions=True)
        await self.drop()
        await super().__aexit__(*exc)

    async def until(self, true: Callable[[Self], bool]) -> None:
        """Wait until something is true of this stand-in; looks again whenever something happens here."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: true(self)), 20)

    async def send(self, kind: str, payload: dict[str, Any], *, retry: int = 0) -> Envelope:
        """Send an envelope over the newest connection, and again while its acknowledgement is late."""
        number = f"env-{next(self._numbers)}"
        body = {"type": kind, "envelope_id": number, "payload": payload, "retry_attempt": retry}
        body["accepts_response_payload"] = kind == "slash_commands"
        envelope = self.envelopes[number] = Envelope(id=number, body=body)
        await self._deliver(envelope)
        return envelope

    async def click(self, action_id: str, value: str, *, user: str = ADA, **more: Any) -> Envelope:
        action = {"type": "button", "action_id": action_id, "block_id": "act", "value": value} | more
        return await self._interact(action, user)

    async def choose(self, value: str, *, user: str = ADA) -> Envelope:
        """Choose an entry of a message's menu."""
        chosen = {"text": {"type": "plain_text", "text": "x", "emoji": False}, "value": value}
        return await self._interact({"type": "overflow", "action_id": "more", "selected_option": chosen}, user)

    async def click_at_home(self, action_id: str, value: str, *, user: str = ADA) -> Envelope:
        """Click on the home page, where there is no response_url."""
        payload = {
            "type": "block_actions",
            "user": {"id": user},
            "trigger_id": self._trigger(),
            "container": {"type": "view"},
            "view": {"type": "home"},
            "actions": [{"type": "button", "action_id": action_id, "value": value}],
        }
        return await self.send("interactive", payload)

    async def slash(self, text: str, *, user: str = ADA) -> Envelope:
        payload = {"command": "/tocsin", "text": text, "user_id": user, "channel_id": CHANNEL}
        return await self.send("slash_commands", payload | self._answerable())

    async def react(self, name: str, ts: str, *, user: str = ADA, channel: str = CHANNEL) -> Envelope:
        item = {"type": "message", "channel": channel, "ts": ts}
        return await self._tell({"type": "reaction_added", "user": user, "reaction": name, "item": item})

    async def open_home(self, *, user: str = ADA, tab: str = "home") -> Envelope:
        event: dict[str, Any] = {"type": "app_home_opened", "user": user, "tab": tab, "channel": "D0ADA00001"}
        if user in self.views:
            event["view"] = self.views[user]
        return await self._tell(event)

    async def repeat(self, envelope: Envelope) -> Envelope:
        """Send the same deed again in another envelope, as after an acknowledgement that got lost."""
        return await self.send(envelope.body["type"], envelope.body["payload"], retry=1)

    def told(self, envelope: Envelope) -> list[str]:
        """Return the texts that were sent to an envelope's response_url."""
        number = envelope.body["payload"]["response_url"].rpartition("=")[2]
        return [body["text"] for body in self.answers[number].bodies]

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask for another connection, as Slack does every few hours; it closes the old one later."""
        await self._say(self.sockets[-1], {"type": "disconnect", "reason": reason, "debug_info": {}})

    async def drop(self) -> None:
        """Cut every connection without a word."""
        for socket in self.sockets:
            if (request := getattr(socket, "_req", None)) and request.transport:
                request.transport.abort()
        self.sockets.clear()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method == "socket":
            return await self._socket(request)
        if method == "respond":
            return await self._respond_to(request)
        answered = await super()._serve(request)
        self._wake()
        return answered

    def _token(self, request: web.Request, arguments: Mapping[str, Any]) -> Token:
        """Take app tokens for the one method that is theirs, and for no other."""
        header = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.match_info["method"] != "apps.connections.open":
            return super()._token(request, arguments)
        if not header.startswith("xapp-"):
            raise Refused("not_allowed_token_type")
        if (error := self.app_tokens.get(header, "invalid_auth")) is not None:
            raise Refused(error)
        return Token(scopes=frozenset({"connections:write"}))

    def _answer(self, method: str, arguments: dict[str, Any], token: Token, fault: str | None) -> dict[str, Any]:
        if fault is None and method == "apps.connections.open":
            ticket = f"t{next(self._numbers)}"
            self._tickets.add(ticket)
            return {"ok": True, "url": f"ws://127.0.0.1:{self._port}/api/socket?ticket={ticket}"}
        if fault is None and method == "views.publish":
            return self._publish(arguments)
        return super()._answer(method, arguments, token, fault)

    def _publish(self, arguments: dict[str, Any]) -> dict[str, Any]:
        view, user = arguments.get("view"), arguments.get("user_id")
        if not isinstance(user, str) or not isinstance(view, dict):
            raise Refused("invalid_arguments")
        if errors := view_errors(view):
            raise Refused("invalid_arguments", response_metadata={"messages": errors})
        if (seen := arguments.get("hash")) and seen != self.views.get(user, {}).get("hash"):
            raise Refused("hash_conflict")
        self.published += 1
        self.views[user] = view | {"hash": f"h{self.published}"}
        self._wake()
        return {"ok": True, "view": self.views[user]}

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401)
        self._tickets.discard(ticket)  # each is good once
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        if len(self.sockets) >= self.most:
            await self._say(socket, {"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.sockets.append(socket)
        self.peak = max(self.peak, len(self.sockets))
        if not self.deaf:
            self.greeted += 1
            await self._say(socket, {"type": "hello", "num_connections": len(self.sockets)})
        self._wake()
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data))
        if socket in self.sockets:
            self.sockets.remove(socket)
        self._wake()
        return socket

    def _acknowledge(self, ack: dict[str, Any]) -> None:
        envelope = self.envelopes.get(ack.get("envelope_id", ""))
        if envelope is None:
            self.strange_acks.append(json.dumps(ack))
            self._wake()
            return
        envelope.answer = ack.get("payload") or None
        envelope.acked.set()
        self._wake()

    async def _deliver(self, envelope: Envelope) -> None:
        envelope.tries += 1
        await self._say(self.sockets[-1], envelope.body)
        task = asyncio.create_task(self._await_ack(envelope))
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)

    async def _await_ack(self, envelope: Envelope) -> None:
        began = asyncio.get_running_loop().time()
        try:
            await asyncio.wait_for(envelope.acked.wait(), self.deadline)
        except TimeoutError:
            self.unacknowledged += 1
            self._wake()
            if envelope.tries < 3 and self.sockets:
                envelope.body["retry_attempt"] += 1
                await self._deliver(envelope)
            return
        envelope.seconds = asyncio.get_running_loop().time() - began

    async def _respond_to(self, request: web.Request) -> web.Response:
        number, body = request.query.get("id", ""), await request.json()
        url = self.answers.get(number)
        refusal = None
        if url is None or self.options.now() - url.made > LIFE:
            refusal = "expired_url"
        elif url.uses >= USES:
            refusal = "used_url"
        if refusal or url is None:
            self.refused_answers.append(refusal or "expired_url")
            self._wake()
            return web.json_response({"ok": False, "error": refusal}, status=404)
        url.uses += 1
        url.bodies.append(body)
        self._wake()
        return web.json_response({"ok": True})

    async def _interact(self, action: dict[str, Any], user: str) -> Envelope:
        payload = {"type": "block_actions", "user": {"id": user}, "channel": {"id": CHANNEL}, "actions": [action]}
        return await self.send("interactive", payload | self._answerable())

    async def _tell(self, event: dict[str, Any]) -> Envelope:
        payload = {"type": "event_callback", "event_id": f"Ev{next(self._numbers):08d}", "event": event}
        return await self.send("events_api", payload)

    def _answerable(self) -> dict[str, Any]:
        number = f"r{next(self._numbers)}"
        self.answers[number] = AnswerUrl(made=self.options.now())
        return {"response_url": f"{self.api_url}respond?id={number}", "trigger_id": self._trigger()}

    def _trigger(self) -> str:
        return f"{next(self._numbers)}.trigger"

    async def _say(self, socket: web.WebSocketResponse, body: dict[str, Any]) -> None:
        with suppress(ConnectionError):  # it was cut: nobody hears it
            await socket.send_json(body)

    def _wake(self) -> None:
        task = asyncio.create_task(self._notify())
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()
