"""SlackNotifier: posts cards to Slack, and finds again what it posted."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from alerts.errors import ChannelRefused, DeliveryError, Later, MessageGone, RouteRefused, Unclear
from alerts.outbox import Receipt
from alerts.slack.blocks import EVENT_TYPE, Rung, edit, message
from alerts.slack.check import (
    PROBE,
    Channel,
    Finding,
    channel_finding,
    probe_findings,
    scope_findings,
    scopes_in,
    token_finding,
)
from alerts.slack.errors import CALL_ERRORS, RATE_LIMITED, classify
from alerts.slack.pictures import Clock, Pictures
from alerts.slack.skew import Skew

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from alerts.face import Face
    from alerts.outbox import Delivery

TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)  # seconds
PAGE = 200  # messages; what Slack recommends at most
_UNFINISHED = 100  # searches that are remembered where they were broken off
_ROUNDED = timedelta(seconds=2)  # dates have whole seconds
CHANNELS_PAGE = 1000  # fewer calls: the list may be asked for only some twenty times a minute

_T = TypeVar("_T")
_ID = re.compile(r"[CGDU][A-Z0-9]{7,}")


def open_session() -> aiohttp.ClientSession:
    """Return a session for one SlackNotifier; the SDK's own timeout does not reach a session it is given."""
    return aiohttp.ClientSession(timeout=TIMEOUT, trust_env=True)


@dataclass(slots=True)
class _Search:
    """A look through a channel's history, or a thread, as far as it has come."""

    asked: tuple[frozenset[str], datetime, bool]  # keys, since when, and whether to the end
    oldest: datetime  # since when, as Slack dates it
    cursor: str = ""
    found: defaultdict[str, list[Receipt]] = field(default_factory=lambda: defaultdict(list))


class SlackNotifier:
    """Posts to Slack as a bot; never repeats a call by itself, for only the outbox knows what a repeat may do.

    It takes the session over and closes it. Inside a Retry-After window of a method it raises Later without calling.
    """

    rungs = len(Rung)

    def __init__(
        self,
        token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        *,
        clock: Clock,
        log: logging.Logger,
        buttons: bool = False,
    ) -> None:
        """``buttons`` are shown only where somebody hears them: while Socket Mode is configured."""
        self._client = AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])
        self._client.proxy = None  # the session heeds the proxies of the environment, and their exceptions
        self._session = session
        self._clock = clock
        self._log = log
        self._buttons = buttons
        self._channels: dict[str, Channel] = {}  # by name and by id
        self._skew = Skew()
        self._closed: dict[str, datetime] = {}  # methods inside a Retry-After window
        self._pictures = Pictures(self._client, session, self._call, clock=clock, log=log)
        self._unfinished: dict[tuple[str, str | None], _Search] = {}  # by channel and thread

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Post ``face``, as plain as ``delivery.rung`` says; raises each kind of DeliveryError but MessageGone."""
        try:
            channel = await self._address(delivery.channel)
        except Unclear as error:  # what is unclear is only the look at the channels: nothing was posted
            raise Later(error.code, error.detail) from error
        rung = Rung(delivery.rung)
        picture = await self._pictures.of(delivery, face) if rung is Rung.FULL else None
        payload = message(face, delivery=delivery, channel=channel, rung=rung, buttons=self._buttons, picture=picture)
        try:
            return await self._as_member(channel, lambda: self._post(payload))
        except ChannelRefused:
            self._channels.clear()  # it may have been renamed or made anew: ask again next time
            raise

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Let a message show ``face``; raises each kind of DeliveryError, MessageGone when there is none to edit."""
        if delivery.receipt is None:
            raise MessageGone("no-receipt", "nobody knows where the message stands")
        picture = self._pictures.known(delivery)
        payload = edit(face, delivery=delivery, receipt=delivery.receipt, buttons=self._buttons, picture=picture)
        await self._call("chat.update", lambda: self._client.api_call("chat.update", json=payload))

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return the receipts of those ``keys`` that stand in the channel's history, or a thread, since ``since``.

        None when it cannot be looked at: a scope is missing, or the channel's id is not to be had. The newest page
        comes first; pages are read until every key is found. A key that stands there twice is logged.
        """
        try:
            address = await self._address(channel)
            if not _ID.fullmatch(address):
                return None
            found = await self._as_member(address, lambda: self._search(address, frozenset(keys), since, thread))
            return {key: receipts[-1] for key, receipts in found.items()}  # the oldest copy is the one kept
        except RouteRefused as error:
            if error.code != "missing_scope":
                raise
            self._log.warning("history-closed", extra={"channel": channel, "detail": str(error)})
            return None

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return every receipt of those ``keys`` that stand in the channel's history, or a thread, since ``since``."""
        try:
            address = await self._address(channel)
            if not _ID.fullmatch(address):
                return None
            return await self._as_member(
                address, lambda: self._search(address, frozenset(keys), since, thread, all_=True)
            )
        except RouteRefused as error:
            if error.code != "missing_scope":
                raise
            return None

    async def delete(self, receipt: Receipt) -> None:
        """Delete a message of ours; raises each kind of DeliveryError, MessageGone when there is none."""
        payload = {"channel": receipt.channel, "ts": receipt.message}
        await self._call("chat.delete", lambda: self._client.api_call("chat.delete", json=payload))

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def check(self, channels: Iterable[str]) -> Sequence[Finding]:
        """Say whether the token, its scopes and each channel will do; for ``tocsin slack check``."""
        try:
            answer = await self._call("auth.test", self._client.auth_test)
        except DeliveryError as error:
            return [token_finding(error)]
        scopes = scopes_in(answer.headers)
        findings = [token_finding(answer.data), *scope_findings(scopes)]
        try:
            listed = await self._list_channels()
        except DeliveryError as error:
            return [*findings, Finding(ok=False, subject="channels", text=f"cannot be listed: {error}")]
        for name in dict.fromkeys(channels):
            channel = self._channels.get(_bare(name))
            findings.append(channel_finding(name, channel, listed=listed, joins="channels:join" in scopes))
        return findings

    async def probe(self, channel: str) -> Sequence[Finding]:
        """Post a test message, delete it at once, and say how both went; for ``tocsin slack check``."""
        try:
            address = await self._address(channel)
            receipt = await self._as_member(address, lambda: self._post({**PROBE, "channel": address}))
        except DeliveryError as error:
            return probe_findings(channel, error)
        return probe_findings(channel, None, await self._take_back(receipt))

    async def _take_back(self, receipt: Receipt) -> DeliveryError | None:
        """Delete a message, and once more where it is unclear whether it went, for twice does no harm."""
        problem: DeliveryError | None = None
        for _ in range(2):
            try:
                await self.delete(receipt)
            except Unclear as error:
                problem = error
            except MessageGone:
                return None
            except DeliveryError as error:
                return error
            else:
                return None
        return problem

    async def _post(self, payload: dict[str, Any]) -> Receipt:
        answer = await self._call("chat.postMessage", lambda: self._client.api_call("chat.postMessage", json=payload))
        channel, ts = answer.get("channel"), answer.get("ts")
        if not isinstance(channel, str) or not isinstance(ts, str):
            raise Unclear("unreadable-answer", "accepted, but without channel and ts")
        return Receipt(channel=channel, message=ts)

    async def _as_member(self, channel: str, act: Callable[[], Awaitable[_T]]) -> _T:
        """Act, and once more after joining when the bot turns out not to be in the channel."""
        try:
            return await act()
        except ChannelRefused as error:
            if error.code != "not_in_channel" or not await self._join(channel):
                raise
        return await act()

    async def _join(self, channel: str) -> bool:
        """Join a public channel that the bot is not in; False when it may not."""
        try:
            await self._call("conversations.join", lambda: self._client.conversations_join(channel=channel))
        except Later:
            raise
        except Unclear as error:  # joining twice does no harm, and nothing was posted
            raise Later(error.code, error.detail) from error
        except DeliveryError as error:
            self._log.warning("cannot-join", extra={"channel": channel, "detail": str(error)})
            return False
        self._log.info("joined", extra={"channel": channel})
        return True

    async def _search(
        self, channel: str, keys: frozenset[str], since: datetime, thread: str | None, *, all_: bool = False
    ) -> dict[str, list[Receipt]]:
        """Read pages, the newest first, until every key is found, or with ``all_`` to the end.

        Where Slack wants us to wait in between, the same search goes on from there the next time.
        """
        asked = (keys, since, all_)
        last = self._unfinished.pop((channel, thread), None)
        search = last if last and last.asked == asked else _Search(asked, self._skew.at_slack(since))
        found = search.found
        while all_ or keys - found.keys():
            try:
                page = await self._page(channel, thread, f"{search.oldest.timestamp():.6f}", search.cursor)
            except Later:
                self._unfinished[channel, thread] = search
                while len(self._unfinished) > _UNFINISHED:  # nobody may come back for the oldest
                    del self._unfinished[next(iter(self._unfinished))]
                raise
            if (oldest := self._skew.at_slack(since)) < search.oldest - _ROUNDED:  # that answer was the first to say so
                search = _Search(asked, oldest, found=found)
                continue
            for key, ts in _keys_in(_items(page, "messages")):
                receipt = Receipt(channel=channel, message=ts)
                if key not in keys or receipt in found[key]:  # new messages move others on to the next page
                    continue
                found[key].append(receipt)
                if len(found[key]) > 1:
                    self._log.warning("stands-twice", extra={"key": key, "channel": channel, "ts": ts})
            search.cursor = _cursor(page)
            if not search.cursor:
                break
        return {key: sorted(receipts, key=lambda one: one.message, reverse=True) for key, receipts in found.items()}

    async def _page(self, channel: str, thread: str | None, oldest: str, cursor: str) -> AsyncSlackResponse:
        if thread:
            return await self._call("conversations.replies", self._replies(channel, thread, oldest, cursor))
        return await self._call("conversations.history", self._history(channel, oldest, cursor))

    def _history(self, channel: str, oldest: str, cursor: str) -> Callable[[], Awaitable[AsyncSlackResponse]]:
        return lambda: self._client.conversations_history(
            channel=channel, oldest=oldest, limit=PAGE, include_all_metadata=True, cursor=cursor or None
        )

    def _replies(
        self, channel: str, thread: str, oldest: str, cursor: str
    ) -> Callable[[], Awaitable[AsyncSlackResponse]]:
        return lambda: self._client.conversations_replies(
            channel=channel, ts=thread, oldest=oldest, limit=PAGE, include_all_metadata=True, cursor=cursor or None
        )

    async def _address(self, channel: str) -> str:
        """Return the id of a channel, or its bare name when the list of channels may not be read."""
        if _ID.fullmatch(channel):
            return channel
        name = _bare(channel)
        if name not in self._channels and not await self._list_channels():
            return name
        known = self._channels.get(name)
        if known is None:
            raise ChannelRefused("channel_not_found", f"{channel} is not among the channels the bot can see")
        return known.id

    async def _list_channels(self) -> bool:
        """Read the list of channels anew, as far as the scopes allow; False when they do not allow it at all."""
        for types in ("public_channel,private_channel", "public_channel"):
            try:
                channels = await self._pages_of_channels(types)
            except RouteRefused as error:
                if error.code != "missing_scope":
                    raise
                self._log.warning("cannot-list-channels", extra={"types": types, "detail": str(error)})
                continue
            self._channels = {name: channel for channel in channels for name in (channel.name, channel.id)}
            return True
        return False

    async def _pages_of_channels(self, types: str) -> list[Channel]:
        channels: list[Channel] = []
        cursor = ""
        while True:
            page = await self._call("conversations.list", self._channels_page(types, cursor))
            channels += [Channel.read(item) for item in _items(page, "channels")]
            if not (cursor := _cursor(page)):
                return channels

    def _channels_page(self, types: str, cursor: str) -> Callable[[], Awaitable[AsyncSlackResponse]]:
        return lambda: self._client.conversations_list(types=types, limit=CHANNELS_PAGE, cursor=cursor or None)

    async def _call(self, method: str, call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
        """Make one call; every way it can fail leaves as a DeliveryError."""
        now = self._clock.now()
        if (until := self._closed.get(method, now)) > now:
            raise Later(RATE_LIMITED, f"{method} may be called again at {until:%H:%M:%S}", after=until - now)
        try:
            answer = await call()
            self._skew.note(answer.headers, now)
            return answer
        except CALL_ERRORS as error:
            problem = classify(error)
            if isinstance(problem, Later) and problem.after:
                self._closed[method] = self._clock.now() + problem.after
            raise problem from error


def _bare(channel: str) -> str:
    return channel.removeprefix("#")


def _cursor(page: AsyncSlackResponse) -> str:
    metadata = page.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    return cursor if isinstance(cursor, str) else ""


def _items(page: AsyncSlackResponse, name: str) -> list[dict[str, Any]]:
    """Return the list that an answer is about; one without it is no answer, least of all an empty one."""
    items = page.get(name)
    if not isinstance(items, list):
        raise Unclear("unreadable-answer", f"ok, but without {name}")
    return items


def _keys_in(messages: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str]]:
    """Yield key and ts of the messages that are ours; the history holds what anybody wrote."""
    for item in messages:
        metadata = item.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        key = payload.get("key")
        if metadata.get("event_type") == EVENT_TYPE and isinstance(key, str):
            yield key, item["ts"]
