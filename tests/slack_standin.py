"""An honest stand-in for Slack on loopback: as strict and as unreliable as it is told to be, with a journal."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
from collections import Counter, defaultdict, deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from tests import slack_rules
from tests.slack_workspace import Channel, Limited, Rate, Reading, Refused, Token, Workspace, news

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

SHAPES = ("reset", "500", "malformed", "empty", "bare", "html", "plain", "internal_error", "timeout")
FAULTS = frozenset({"429", *(f"{shape}_{when}" for shape in SHAPES for when in ("before", "after"))})


def wall_clock() -> datetime:
    return datetime.fromtimestamp(time.time_ns() / 1e9, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the stand-in behaves.

    ``faults`` maps members of FAULTS (before or after: acceptance) to the share of calls to ``faulty`` methods that
    is answered so. Without a ``rate`` any is taken.
    """

    tokens: Mapping[str, Token] = field(default_factory=lambda: {"xoxb-test": Token()})
    channels: tuple[Channel, ...] = field(default_factory=news)
    faults: Mapping[str, float] = field(default_factory=dict)
    faulty: frozenset[str] = frozenset({"chat.postMessage"})
    seed: int = 0
    retry_after: int = 3
    rate: Rate | None = None
    reading: Reading | None = None  # None: history may be read as often as one likes
    history_lag: timedelta = timedelta()
    looking: timedelta = timedelta()  # how long Slack looks at a file before it can be shown
    page: int = 1000  # at most so many items an answer
    now: Callable[[], datetime] = wall_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, as the stand-in saw it."""

    at: datetime
    method: str
    channel: str | None
    key: str | None
    answer: str  # "ok", an error code, "429"
    fault: str | None
    impolite: bool  # inside a Retry-After window


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it all."""

    posted: Mapping[str, int]  # how many messages stand there for each key
    deleted: Mapping[str, int]  # how many were taken away again
    inversions: tuple[str, ...]  # keys that stand behind younger ones, without an excuse; see ``inversions``
    dangling: tuple[str, ...]  # keys of replies to what stands there no more, or stood there only after them
    impolite: int
    faults: Mapping[str, int]
    mentions: tuple[str, ...]
    deceptive: tuple[str, ...]

    @property
    def doubled(self) -> dict[str, int]:
        return {key: count for key, count in self.posted.items() if count > 1}

    def missing(self, keys: Collection[str]) -> set[str]:
        return set(keys) - self.posted.keys()


class SlackStandin:
    """``async with SlackStandin(options) as slack:`` serves ``slack.api_url`` until the block ends."""

    def __init__(self, options: Options | None = None, *, port: int = 0) -> None:
        self.options = options or Options()
        assert self.options.faults.keys() <= FAULTS
        self.workspace = Workspace(
            self.options.channels,
            now=self.options.now,
            lag=self.options.history_lag,
            rate=self.options.rate,
            page=self.options.page,
            reading=self.options.reading,
            looking=self.options.looking,
        )
        self.channels = self.workspace.channels
        self.journal: list[Call] = []
        self.tokens = dict(self.options.tokens)
        self._port = port
        self._random = random.Random(self.options.seed)
        self._script: dict[str, deque[str | None]] = defaultdict(deque)
        self._closed: dict[str, datetime] = {}
        self._done = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._serve)
        app.router.add_post("/upload/{file}", self._take_file)
        app.router.add_get("/report", self._serve_report)
        app.router.add_get("/journal", self._serve_journal)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._done.set()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self._origin}/api/"

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def answer_next(self, method: str, *faults: str | None) -> None:
        """Answer the next calls of a method with these faults or ``error:CODE``; None = as it should be."""
        assert all(fault in FAULTS or fault.startswith("error:") for fault in faults if fault)
        self._script[method].extend(faults)

    def archive(self, name: str) -> None:
        """Archive a channel, as somebody does in Slack."""
        self.channel(name).archived = True

    def restore(self, name: str) -> None:
        """Take a channel out of the archive."""
        self.channel(name).archived = False

    def revoke(self, token: str = "xoxb-test", error: str = "token_revoked") -> None:  # noqa: S107  no secret
        """Answer a token with an error from now on."""
        self.tokens[token] = replace(self.tokens[token], error=error)

    def issue(self, token: str) -> None:
        """Let another token do what bots may, from now on."""
        self.tokens[token] = Token()

    def channel(self, name: str) -> Channel:
        return next(channel for channel in self.channels.values() if channel.name == name)

    def texts(self, name: str) -> list[str]:
        return [message["text"] for message in self.channel(name).messages]

    def calls(self, method: str) -> list[Call]:
        return [call for call in self.journal if call.method == method]

    def report(self) -> Report:
        messages = [message for channel in self.channels.values() for message in channel.messages]
        return Report(
            posted=dict(Counter(key for message in messages if (key := key_of(message)))),
            deleted=dict(Counter(key for _, message in self.workspace.deleted if (key := key_of(message)))),
            inversions=tuple(
                key for place in self.places().values() for key in inversions(place, excused=self._excused())
            ),
            dangling=tuple(
                str(key_of(message))
                for channel in self.channels.values()
                for message in channel.messages
                if is_dangling(message, channel.messages)
            ),
            impolite=sum(call.impolite for call in self.journal),
            faults=dict(Counter(call.fault for call in self.journal if call.fault)),
            mentions=tuple(hit for message in messages for hit in slack_rules.mentions(message)),
            deceptive=tuple(hit for message in messages for hit in slack_rules.deceptive_links(message)),
        )

    def places(self) -> Mapping[str, Sequence[str]]:
        """Return the keys that stand in each channel and each thread, in their order there."""
        found: dict[str, list[str]] = defaultdict(list)
        for channel in self.channels.values():
            for message in channel.messages:
                if key := key_of(message):
                    found[f"{channel.name} {message.get('thread_ts', '')}".strip()].append(key)
        return found

    def _excused(self) -> set[str]:
        """Return the keys that were put on the wire more than once, and those that go before others."""
        calls = Counter(call.key for call in self.calls("chat.postMessage"))
        loud = {
            key_of(message)
            for channel in self.channels.values()
            for message in channel.messages
            if message["text"].startswith("CRITICAL")
        }
        return {key for key, count in calls.items() if key and count > 1} | {key for key in loud if key}

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method, arguments = request.match_info["method"], await _arguments(request)
        now = self.options.now()
        impolite = now < self._closed.get(method, now)
        fault = None if impolite else self._fault(method)
        scopes: frozenset[str] = frozenset()
        try:
            token = self._token(request, arguments)
            scopes = token.scopes
            body = self._answer(method, arguments, token, "429" if impolite else fault)
        except Refused as refused:
            body = refused.body
        except Limited as limited:
            if not impolite:
                self._closed[method] = now + (limited.after or timedelta(seconds=self.options.retry_after))
            body = {"ok": False, "error": "ratelimited"}
        answer = str(body.get("error", "ok"))
        call = Call(
            at=now,
            method=method,
            channel=arguments.get("channel"),
            key=key_of(arguments),
            answer=answer,
            fault=fault,
            impolite=impolite,
        )
        self.journal.append(call)
        left = self._closed.get(method, now) - now
        return await self._respond(request, body, scopes, fault, math.ceil(left.total_seconds()))

    def _answer(self, method: str, arguments: dict[str, Any], token: Token, fault: str | None) -> dict[str, Any]:
        if fault == "429":
            raise Limited
        if fault and fault.startswith("error:"):
            raise Refused(fault.removeprefix("error:"))
        if fault and fault.endswith("_before"):
            return {"ok": True}
        body = self.workspace.answer(method, arguments, token)
        return body | ({"upload_url": f"{self._origin}/upload/{body['file_id']}"} if "file_id" in body else {})

    async def _take_file(self, request: web.Request) -> web.Response:
        taken = self.workspace.files.take(request.match_info["file"], await request.read())
        return web.Response(status=200 if taken and not request.headers.get("Authorization") else 400)

    async def _respond(
        self, request: web.Request, body: dict[str, Any], scopes: frozenset[str], fault: str | None, after: int
    ) -> web.StreamResponse:
        dated = format_datetime(self.options.now().astimezone(UTC), usegmt=True)
        headers = {"x-oauth-scopes": ",".join(sorted(scopes)), "Date": dated}
        if body.get("error") == "ratelimited":
            headers["Retry-After"] = str(max(after, 1))
            return web.json_response(body, status=429, headers=headers)
        shape = fault.rpartition("_")[0] if fault else None
        if shape == "reset" and request.transport:
            request.transport.abort()
        if shape == "timeout":
            await self._done.wait()
        whole = json.dumps(body)
        answers = {
            "500": (500, whole, "application/json"),
            "malformed": (200, whole[: len(whole) // 2], "application/json"),
            "empty": (200, "", "application/json"),
            "bare": (200, '{"ok": true}', "application/json"),
            "html": (503, "<html><body>Bad gateway</body></html>", "text/html"),
            "plain": (200, "upstream connect error", "text/plain"),
            "internal_error": (200, '{"ok": false, "error": "internal_error"}', "application/json"),
        }
        status, text, kind = answers.get(shape or "", (200, whole, "application/json"))
        return web.Response(status=status, text=text, content_type=kind, headers=headers)

    def _fault(self, method: str) -> str | None:
        if self._script[method]:
            return self._script[method].popleft()
        if method not in self.options.faulty or not self.options.faults:
            return None
        names = list(self.options.faults)
        shares = list(self.options.faults.values())
        return self._random.choices([*names, None], [*shares, 1 - sum(shares)])[0]

    def _token(self, request: web.Request, arguments: Mapping[str, Any]) -> Token:
        header = request.headers.get("Authorization", "")
        given = header.removeprefix("Bearer ") if header.startswith("Bearer ") else arguments.get("token")
        if not given:
            raise Refused("not_authed")
        if not given.startswith(("xoxb-", "xoxp-")):
            raise Refused("not_allowed_token_type" if given.startswith("xapp-") else "invalid_auth")
        token = self.tokens.get(given)
        if token is None:
            raise Refused("invalid_auth")
        if token.error:
            raise Refused(token.error)
        return token

    async def _serve_report(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(asdict(self.report()) | {"doubled": self.report().doubled})

    async def _serve_journal(self, request: web.Request) -> web.Response:
        del request
        return web.json_response([asdict(call) | {"at": call.at.isoformat()} for call in self.journal])


async def _arguments(request: web.Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    else:
        given |= dict(await request.post())
    for name in ("blocks", "metadata"):
        if isinstance(given.get(name), str):
            with suppress(ValueError):
                given[name] = json.loads(given[name])
    return given


def key_of(message: Mapping[str, Any]) -> str | None:
    """Return the key that a message's metadata carries."""
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    key = payload.get("key") if isinstance(payload, dict) else None
    return key if isinstance(key, str) else None


def inversions(keys: Sequence[str], *, excused: Collection[str] = ()) -> list[str]:
    """Return the keys that stand behind a younger one in one place; their letters tell when they were made.

    ``excused`` are those that went before others, or were tried more than once. So is a storm's message, which has
    the key of the first that it lists.
    """
    found, youngest = [], ""
    for key in keys:
        if key in excused or key.startswith("storm-"):
            continue
        if key < youngest:
            found.append(key)
        youngest = max(youngest, key)
    return found


def is_dangling(message: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a message is a reply to one that does not stand among the others, or came after it."""
    thread = message.get("thread_ts")
    return thread is not None and not any(one["ts"] == thread and thread < message["ts"] for one in others)


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE", help="such as reset_after=0.05")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=None, help="messages a second and channel")
    parser.add_argument("--token", default="xoxb-test")
    arguments = parser.parse_args()
    rate = Rate(messages=arguments.rate) if arguments.rate else None
    faults = {name: float(share) for name, _, share in (text.partition("=") for text in arguments.fault)}
    options = Options(tokens={arguments.token: Token()}, faults=faults, seed=arguments.seed, rate=rate)
    async with SlackStandin(options, port=arguments.port) as slack:
        print(slack.api_url, flush=True)  # noqa: T201  whoever started it waits for the address
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
