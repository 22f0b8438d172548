"""The workspace behind the Slack stand-in: channels, scopes, and the methods that work on them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests import slack_rules
from tests.slack_files import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

SCOPES = frozenset(
    {
        *("chat:write", "channels:read", "channels:history", "channels:join", "groups:read", "groups:history"),
        *("files:write", "files:read"),
    }
)

KEPT = (
    *("text", "blocks", "metadata", "parse", "link_names", "mrkdwn", "unfurl_links", "unfurl_media"),
    *("thread_ts", "reply_broadcast"),
)
UPDATE_TEXT_LIMIT = 4000
BOT = "U0TOCSIN01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token may do; ``error`` is what Slack says to one that is revoked, expired or disabled."""

    scopes: frozenset[str] = SCOPES
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel and what stands in it."""

    id: str
    name: str
    private: bool = False
    archived: bool = False
    member: bool = True
    restricted: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)


def news() -> tuple[Channel, ...]:
    return (Channel(id="C0NEWS0001", name="news"), Channel(id="C0DUTY0001", name="duty"))


class Refused(Exception):
    """An ``ok: false`` answer."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.body = {"ok": False, "error": code, **more}


class Limited(Exception):
    """A 429 answer; ``after`` is how long to wait, None = as long as the stand-in is told to ask for."""

    def __init__(self, after: timedelta | None = None) -> None:
        super().__init__(after)
        self.after = after


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many messages a second a channel takes, after a burst."""

    messages: float
    burst: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How often, and how much at a time, history and replies may be read; what Slack left to apps that are sold."""

    every: timedelta = timedelta(minutes=1)
    messages: int = 15


class Workspace:
    """Answers the methods of Slack's Web API from what it holds."""

    def __init__(
        self,
        channels: Iterable[Channel],
        *,
        now: Callable[[], datetime],
        lag: timedelta,
        rate: Rate | None,
        page: int,
        reading: Reading | None = None,
        looking: timedelta = timedelta(),
    ) -> None:
        self.channels = {channel.id: channel for channel in channels}
        self.deleted: list[tuple[str, dict[str, Any]]] = []  # by channel, in the order of their going
        self._now = now
        self._lag = lag
        self._rate = rate
        self._page_limit = page
        self._reading = reading
        self._read: dict[str, datetime] = {}  # by method, when it was answered last
        self._allowance: dict[str, tuple[float, datetime]] = {}
        self._posted: dict[str, datetime] = {}  # by ts, which runs ahead of a clock that stands still
        self._last_ts = 0
        self.files = Files(now=now, looking=looking)

    def answer(self, method: str, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        known: dict[str, Callable[[dict[str, Any], Token], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "chat.delete": self._delete,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.join": self._join,
            "conversations.list": self._list,
            "conversations.replies": self._replies,
            "files.completeUploadExternal": self._complete_upload,
            "files.getUploadURLExternal": self._start_upload,
            "files.info": self._file,
        }
        if method not in known:
            raise Refused("unknown_method", req_method=method)
        return {"ok": True} | known[method](arguments, token)

    def _auth_test(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        del arguments, token
        return {"url": "https://newsroom.example/", "team": "Newsroom", "user": "tocsin", "user_id": BOT}

    def _post_message(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        _need(token, "chat:write")
        channel = self._find(arguments.get("channel"), by_name=True)
        if channel.archived:
            raise Refused("is_archived")
        if not channel.member:
            raise Refused("channel_not_found" if channel.private else "not_in_channel")
        if channel.restricted:
            raise Refused("restricted_action")
        if refusal := slack_rules.refusal(arguments):
            code, errors = refusal
            raise Refused(code, **({"errors": errors, "response_metadata": {"messages": errors}} if errors else {}))
        if errors := self.files.errors(arguments.get("blocks") or ()):
            raise Refused("invalid_blocks", errors=errors)
        self._spend(channel)
        thread = arguments.get("thread_ts")
        if thread is not None:
            _root(channel, thread)
        message = {name: arguments[name] for name in KEPT if name in arguments} | {"type": "message", "ts": self._ts()}
        self._posted[message["ts"]] = self._now()
        channel.messages.append(message)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def _update(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        """Show something else; Slack takes less text here, keeps old blocks only when there is no text either."""
        _need(token, "chat:write")
        channel = self._find(arguments.get("channel"))
        if not channel.member:
            raise Refused("channel_not_found" if channel.private else "not_in_channel")
        message = next((one for one in channel.messages if one["ts"] == arguments.get("ts")), None)
        if message is None:
            raise Refused("message_not_found")
        if len(arguments.get("text") or "") > UPDATE_TEXT_LIMIT:
            raise Refused("msg_too_long")
        if refusal := slack_rules.refusal(arguments):
            raise Refused(refusal[0])
        if errors := self.files.errors(arguments.get("blocks") or ()):
            raise Refused("invalid_blocks", errors=errors)
        message.pop("blocks", None)
        message |= {name: arguments[name] for name in KEPT if name in arguments and name != "thread_ts"}
        message["edits"] = message.get("edits", 0) + 1
        return {"channel": channel.id, "ts": message["ts"], "text": message.get("text")}

    def _delete(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        """Take a message of the bot's own away; replies to it stay, and stand below nothing."""
        _need(token, "chat:write")
        channel = self._find(arguments.get("channel"))
        if not channel.member:
            raise Refused("channel_not_found" if channel.private else "not_in_channel")
        message = next((one for one in channel.messages if one["ts"] == arguments.get("ts")), None)
        if message is None:
            raise Refused("message_not_found")
        if message.get("user", BOT) != BOT:
            raise Refused("cant_delete_message")
        channel.messages.remove(message)
        self.deleted.append((channel.id, message))
        return {"channel": channel.id, "ts": message["ts"]}

    def _history(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        channel = self._find(arguments.get("channel"))
        _need(token, "groups:history" if channel.private else "channels:history")
        if not channel.member:
            raise Refused("channel_not_found" if channel.private else "not_in_channel")
        limit = self._spend_reading("conversations.history")
        oldest, latest = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
        visible = [item for item in channel.messages if self._posted[item["ts"]] + self._lag <= self._now()]
        seen = [item for item in visible if oldest < float(item["ts"]) <= latest and _is_in_channel(item)]
        shown = [_shown(message, whole=_whole(arguments)) for message in reversed(seen)]
        return self._page("messages", shown, arguments, default=100, most=limit)

    def _replies(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        channel = self._find(arguments.get("channel"))
        _need(token, "groups:history" if channel.private else "channels:history")
        root = _root(channel, arguments.get("ts"))
        limit = self._spend_reading("conversations.replies")
        oldest = float(arguments.get("oldest") or 0)
        visible = [item for item in channel.messages if self._posted[item["ts"]] + self._lag <= self._now()]
        thread = [one for one in visible if one.get("thread_ts") == root["ts"] and oldest < float(one["ts"])]
        shown = [_shown(message, whole=_whole(arguments)) for message in (root, *thread)]
        return self._page("messages", shown, arguments, default=1000, most=limit)

    def _list(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        types = str(arguments.get("types") or "public_channel").split(",")
        for kind, scope in (("public_channel", "channels:read"), ("private_channel", "groups:read")):
            if kind in types:
                _need(token, scope)
        listed = [
            _described(channel)
            for channel in self.channels.values()
            if ("private_channel" in types and channel.member if channel.private else "public_channel" in types)
        ]
        return self._page("channels", listed, arguments, default=100)

    def _info(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        channel = self._find(arguments.get("channel"))
        _need(token, "groups:read" if channel.private else "channels:read")
        if channel.private and not channel.member:
            raise Refused("channel_not_found")
        return {"channel": _described(channel)}

    def _join(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        _need(token, "channels:join")
        channel = self._find(arguments.get("channel"))
        if channel.private:
            raise Refused("method_not_supported_for_channel_type" if channel.member else "channel_not_found")
        if channel.archived:
            raise Refused("is_archived")
        channel.member = True
        return {"channel": _described(channel)}

    def _start_upload(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        _need(token, "files:write")
        if not arguments.get("filename") or int(arguments.get("length") or 0) < 1:
            raise Refused("invalid_arguments")
        return {"file_id": self.files.announce(int(arguments["length"]))}

    def _complete_upload(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        _need(token, "files:write")
        found = self.files.complete([str(file["id"]) for file in json.loads(arguments.get("files") or "[]")])
        if found is None:
            raise Refused("file_not_found")
        return {"files": found}

    def _file(self, arguments: dict[str, Any], token: Token) -> dict[str, Any]:
        _need(token, "files:read")
        found = self.files.described(str(arguments.get("file")))
        if found is None:
            raise Refused("file_not_found")
        return {"file": found}

    def _find(self, wanted: Any, *, by_name: bool = False) -> Channel:
        name = str(wanted or "").removeprefix("#")
        for channel in self.channels.values():
            if wanted == channel.id or (by_name and name == channel.name):
                return channel
        raise Refused("channel_not_found")

    def _spend(self, channel: Channel) -> None:
        """Take one message from the channel's allowance; a token bucket."""
        if self._rate is None:
            return
        now = self._now()
        left, since = self._allowance.get(channel.id, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - since).total_seconds() * self._rate.messages)
        if left < 1:
            raise Limited
        self._allowance[channel.id] = (left - 1, now)

    def _spend_reading(self, method: str) -> int | None:
        """Take one call from what may be read, and return how many messages it may show; None: no limit."""
        if self._reading is None:
            return None
        free = self._read.get(method, self._now()) + self._reading.every if method in self._read else self._now()
        if free > self._now():
            raise Limited(free - self._now())
        self._read[method] = self._now()
        return self._reading.messages

    def _ts(self) -> str:
        """Return a ts that no other message has, even when the clock stands still."""
        self._last_ts = max(self._last_ts + 1, int(self._now().timestamp() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def _page(
        self, name: str, items: list[Any], arguments: Mapping[str, Any], *, default: int, most: int | None = None
    ) -> dict[str, Any]:
        limit = min(int(arguments.get("limit") or default), self._page_limit, most or self._page_limit)
        cursor = str(arguments.get("cursor") or "at:0")
        if not cursor.startswith("at:"):
            raise Refused("invalid_cursor")
        start = int(cursor.removeprefix("at:"))
        more = f"at:{start + limit}" if start + limit < len(items) else ""
        page = {name: items[start : start + limit], "response_metadata": {"next_cursor": more}}
        return page | ({"has_more": bool(more)} if name == "messages" else {})


def _root(channel: Channel, ts: Any) -> dict[str, Any]:
    """Return the message that a thread begins with; a ts that is no string has lost a digit somewhere."""
    if not isinstance(ts, str):
        raise Refused("invalid_thread_ts")
    found = next((one for one in channel.messages if one["ts"] == ts), None)
    if found is None or found.get("thread_ts"):
        raise Refused("thread_not_found")
    return found


def _is_in_channel(message: Mapping[str, Any]) -> bool:
    return not message.get("thread_ts") or str(message.get("reply_broadcast", "")).lower() in {"1", "true"}


def _whole(arguments: Mapping[str, Any]) -> bool:
    return str(arguments.get("include_all_metadata", "")).lower() in {"1", "true"}


def _need(token: Token, scope: str) -> None:
    if scope not in token.scopes:
        raise Refused("missing_scope", needed=scope, provided=",".join(sorted(token.scopes)))


def _shown(message: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """Return a message as the history shows it: the metadata's payload only to those who ask."""
    shown = dict(message)
    if "metadata" in shown and not whole:
        shown["metadata"] = {"event_type": shown["metadata"]["event_type"]}
    return shown


def _described(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.private,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": channel.member,
    }
