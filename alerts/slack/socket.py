"""Socket: hears buttons and commands from Slack, without a public address, and answers those who asked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from alerts.errors import DeliveryError, Later, RouteRefused, TocsinError, Unclear
from alerts.slack.actions import HomeOpened, Unknown, identity, parse, permitted, response_url
from alerts.slack.check import Finding, scopes_in
from alerts.slack.desk import Answer, answer
from alerts.slack.errors import CALL_ERRORS, classify
from alerts.slack.home import home
from alerts.slack.line import Line
from alerts.slack.manifest import SOCKET_SCOPES
from alerts.slack.replies import BUSY, LIFE, replies

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
    from datetime import datetime

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from alerts.slack.actions import Event
    from alerts.slack.desk import Desk

T = TypeVar("T")

QUEUE = 100  # envelopes that wait for the worker
REFUSALS = 20  # answers under way to those who found the queue full
REMEMBERED = 1000  # deeds, to know one that comes again
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)  # also between looks whether a refused token was mended
HOME_PAUSE = timedelta(seconds=5)  # between two looks of one user at an unchanged home page
CONNECT = 10.0  # seconds until Slack has greeted us
PING = 5.0  # seconds; a dead connection is noticed after four

RENEWALS = frozenset({"warning", "refresh_requested"})  # Slack is about to close a connection, and wants another
SWITCHED_OFF = frozenset({"link_disabled", "socket_mode_not_enabled"})

_REFUSED = 300  # the first HTTP status that takes nothing
_NO_LINE = "under Basic Information, App-Level Tokens, make a token with connections:write; slack.app_token takes it"
_REINSTALL = "add it under OAuth & Permissions of your Slack app, then install the app again"
_SWITCH = "switch it on under Socket Mode of your Slack app"


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    async def wait_until(self, moment: datetime) -> None:
        """Return once ``now() >= moment``."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """What came in, and what became of it."""

    taken: int = 0  # envelopes
    repeated: int = 0  # of these: known already
    busy: int = 0  # of these: refused because the queue was full
    answered: int = 0  # replies that Slack took
    unanswered: int = 0  # replies that it did not take, or that came too late
    failed: int = 0  # deeds that did not work
    connections: int = 0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An envelope, and when it came."""

    envelope: Mapping[str, Any]
    came: datetime


class Socket:
    """Acknowledges what comes at once, and does it afterwards, one deed after the other.

    ``run`` ends only after ``stop``. It takes the session over and closes it. A crash between the acknowledgement
    and the deed loses the deed; the asker has no answer then, and asks again.
    """

    def __init__(
        self,
        app_token: str,
        token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        *,
        desk: Desk,
        admins: Collection[str],
        clock: Clock,
        log: logging.Logger,
        elsewhere: asyncio.AbstractEventLoop | None = None,
        queue: int = QUEUE,
        ping: float = PING,
        connect: float = CONNECT,
    ) -> None:
        """``app_token`` opens the connection, ``token`` is the bot's; ``ping`` and ``connect`` are in seconds.

        ``elsewhere`` is the loop that the desk works in, where that is not the one of ``run``.
        """
        self.counts = Counts()
        self._opener = _client(app_token, api_url, session)
        self._bot = _client(token, api_url, session)
        self._app_token = app_token
        self._session = session
        self._desk = desk
        self._admins = frozenset(admins)
        self._clock = clock
        self._log = log
        self._ping = ping
        self._connect = connect
        self._elsewhere = elsewhere
        self._told = ""  # the refusal that was logged last; "" since a connection stood
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()  # None: nothing more will come
        self._room = queue
        self._known: OrderedDict[str, None] = OrderedDict()
        self._homes: OrderedDict[str, datetime] = OrderedDict()  # when each user was last shown their home page
        self._refusals: set[asyncio.Task[None]] = set()
        self._line: Line | None = None
        self._worker: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether Slack has greeted us on the present connection, and it stands."""
        return self._line is not None and not self._line.ended.is_set()

    async def run(self) -> None:
        """Stay connected and do what is asked, until ``stop``; only a bug ends it otherwise."""
        try:
            async with asyncio.TaskGroup() as group:
                self._worker = group.create_task(self._work(), name="socket-worker")
                connecting = group.create_task(self._stay_connected(), name="socket")
                await self._stop.wait()
                connecting.cancel()
                await asyncio.wait({connecting})
                await self._hang_up()
                self._queue.put_nowait(None)
        finally:
            await self._hang_up()
            for task in self._refusals:
                task.cancel()
            await asyncio.gather(*self._refusals, return_exceptions=True)
            await self._session.close()
            self._ended.set()

    async def stop(self, patience: timedelta) -> None:
        """Take nothing more, do what was taken as far as ``patience`` reaches, and end ``run``."""
        self._stop.set()
        if self._worker is None:
            return
        try:
            await asyncio.wait_for(self._ended.wait(), patience.total_seconds())
        except TimeoutError:
            self._log.warning("left-undone", extra={"envelopes": self._queue.qsize()})
            self._worker.cancel()
            await self._ended.wait()

    async def _stay_connected(self) -> None:
        wait = FIRST_WAIT
        while True:
            began = self._clock.now()
            try:
                line = await self._open()
            except DeliveryError as error:
                wait = await self._pause(error, wait)
                continue
            await self._hang_up()  # the old one, which served until the new one stood
            self._line = line
            self._told = ""
            self.counts.connections += 1
            self._log.info("socket-connected", extra={"connection": self.counts.connections})
            await line.ended.wait()
            self._log.info("socket-ended", extra={"reason": line.reason})
            if line.reason in RENEWALS:
                continue
            await self._hang_up()
            lived = self._clock.now() - began
            wait = await self._pause(_end(line.reason), FIRST_WAIT if lived > LONGEST_WAIT else wait)

    async def _pause(self, error: DeliveryError, wait: timedelta) -> timedelta:
        """Wait before the next try, and return how long to wait after that; the same refusal is told once."""
        refused = isinstance(error, RouteRefused)
        asked = error.after if isinstance(error, Later) else None
        hold = LONGEST_WAIT if refused else max(wait, asked or wait)
        facts = {"detail": str(error), "next": f"tried again in {hold}"}
        if not refused:
            self._log.warning("socket-trouble", extra=facts)
        elif self._told != str(error):
            self._told = str(error)
            facts |= {"without": "no buttons, no /tocsin, no home page; alerts go on", "way_out": way_out(error)}
            self._log.warning("socket-refused", extra=facts)
        await self._clock.wait_until(self._clock.now() + hold)
        return min(2 * wait, LONGEST_WAIT)

    async def _open(self) -> Line:
        """Return a connection that Slack has greeted us on; raises DeliveryError."""
        line = Line(await _ticket(self._opener, self._app_token), take=self._take, log=self._log, ping=self._ping)
        kept = False
        try:
            async with asyncio.timeout(self._connect):
                await line.connect()
                await line.decided.wait()
            kept = not line.ended.is_set()
        except TimeoutError as error:
            raise Later("not-connected", f"no greeting within {self._connect:g} s") from error
        finally:
            if not kept:
                await line.hang_up()
        if not kept:
            raise _end(line.reason)
        return line

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line:
            await line.hang_up()

    def _take(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        """Put an envelope before the worker and return what its acknowledgement says: nothing, or that we are busy."""
        self.counts.taken += 1
        deed = identity(envelope)
        if deed in self._known:
            self.counts.repeated += 1
            return None
        if self._queue.qsize() >= self._room:
            return self._refuse(envelope)
        if deed:
            self._known[deed] = None
            _trim(self._known)
        self._queue.put_nowait(_Waiting(envelope, self._clock.now()))
        return None

    def _refuse(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        self.counts.busy += 1
        self._log.warning("socket-busy", extra={"refused": self.counts.busy, "type": str(envelope.get("type"))})
        if envelope.get("type") == "slash_commands":
            return {"response_type": "ephemeral", "text": BUSY}
        url = response_url(envelope)
        if url and len(self._refusals) < REFUSALS:
            task = asyncio.create_task(self._post(url, replies(BUSY)[0]))
            self._refusals.add(task)
            task.add_done_callback(self._refusals.discard)
        return None

    async def _work(self) -> None:
        while (waiting := await self._queue.get()) is not None:
            event = parse(waiting.envelope)
            try:
                if isinstance(event, HomeOpened):
                    await self._show_home(event.user, event.hash)
                    continue
                result = await self._there(answer(event, self._desk, self._admins, self._clock.now()))
            except TocsinError as error:
                self.counts.failed += 1
                self._log.warning("deed-failed", extra={"event": type(event).__name__, "detail": str(error)})
                result = Answer(bodies=replies(f"That did not work: {error}"))
            await self._settle(waiting, event, result)

    async def _settle(self, waiting: _Waiting, event: Event, result: Answer) -> None:
        if result.audit:
            one = result.audit
            self._log.info("slack-deed", extra={"deed": str(one.deed), "subject": one.on, "user": one.user})
        if isinstance(event, Unknown):
            self._log.info("not-understood", extra={"why": event.why, "detail": event.detail})
        url = response_url(waiting.envelope)
        for body in result.bodies if url else ():
            if self._clock.now() - waiting.came >= LIFE:
                self.counts.unanswered += 1
                self._log.warning("answer-too-late", extra={"minutes": LIFE.total_seconds() / 60})
                break
            await self._post(str(url), body)
        if result.home and result.audit and result.audit.user in self._homes:
            del self._homes[result.audit.user]  # it has changed: show it again at once
            await self._refresh_home(result.audit.user)

    async def _refresh_home(self, user: str) -> None:
        try:
            await self._show_home(user, None)
        except TocsinError as error:
            self._log.warning("home-not-shown", extra={"detail": str(error)})

    async def _show_home(self, user: str, seen: str | None) -> None:
        """Publish a user's home page, unless they were shown it a moment ago; raises TocsinError."""
        now = self._clock.now()
        if user in self._homes and now - self._homes[user] < HOME_PAUSE:
            return
        view = home(await self._there(self._desk.home()), undo=permitted(user, self._admins))
        arguments = {"user_id": user, "view": view} | ({"hash": seen} if seen else {})
        try:
            await _call(lambda: self._bot.api_call("views.publish", json=arguments))
        except DeliveryError as error:
            if error.code != "hash_conflict":  # that is: they see a newer one already
                raise
        self._homes[user] = now
        _trim(self._homes)

    async def _there(self, asked: Coroutine[Any, Any, T]) -> T:
        """Let the desk do something in the loop that it works in; our own queue bounds how much waits for it."""
        if self._elsewhere is None:
            return await asked
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, self._elsewhere))

    async def _post(self, url: str, body: Mapping[str, Any]) -> None:
        """Send one answer; one that Slack does not take is counted and not repeated, for its uses are few."""
        try:
            async with self._session.post(url, json=body) as response:
                status = str(response.status) if response.status >= _REFUSED else ""
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a url that is none
            status = f"{type(error).__name__}: {error}"
        if status:
            self.counts.unanswered += 1
            self._log.warning("not-answered", extra={"detail": status})
        else:
            self.counts.answered += 1


async def check_socket(app_token: str, token: str, api_url: str, session: aiohttp.ClientSession) -> Sequence[Finding]:
    """Say whether the app token opens a connection and the bot token may do what buttons and commands need."""
    try:
        await _ticket(_client(app_token, api_url, session), app_token)
    except DeliveryError as error:
        findings = [Finding(ok=False, subject="socket", text=str(error), way_out=way_out(error))]
    else:
        findings = [Finding(ok=True, subject="socket", text="can be opened")]
    bot = _client(token, api_url, session)
    try:
        has = scopes_in((await _call(bot.auth_test)).headers)
    except DeliveryError as error:
        return [*findings, Finding(ok=False, subject="scopes of buttons", text=f"not looked at: {error}")]
    return [*findings, *(_scope(scope, without, granted=scope in has) for scope, without in SOCKET_SCOPES.items())]


def way_out(error: DeliveryError) -> str:
    """Return what mends a connection that is refused."""
    return _SWITCH if error.code in SWITCHED_OFF else _NO_LINE


def _scope(scope: str, without: str, *, granted: bool) -> Finding:
    if granted:
        return Finding(ok=True, subject=scope, text="granted")
    return Finding(ok=False, subject=scope, text=f"missing: {without}", way_out=_REINSTALL)


def _client(token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    client = AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])
    client.proxy = None  # the session heeds the proxies of the environment, and their exceptions
    return client


async def _ticket(client: AsyncWebClient, app_token: str) -> str:
    """Return an address to connect to; the SDK itself would ask for ever with a token that is refused."""
    answered = await _call(lambda: client.apps_connections_open(app_token=app_token))
    url = answered.get("url")
    if not isinstance(url, str) or not url.startswith(("wss://", "ws://")):
        raise Unclear("unreadable-answer", "apps.connections.open gave no address")
    return url


async def _call(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
    try:
        return await call()
    except CALL_ERRORS as error:
        problem = classify(error)
        raise RouteRefused(problem.code, _SWITCH) if problem.code in SWITCHED_OFF else problem from error


def _end(reason: str) -> DeliveryError:
    return RouteRefused(reason, _SWITCH) if reason in SWITCHED_OFF else Later(reason)


def _trim(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
