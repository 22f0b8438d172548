"""What ``tocsin slack check`` finds: is the token good, are the scopes there, are the channels in reach?"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from alerts.errors import ChannelRefused, RouteRefused, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alerts.errors import DeliveryError

SCOPES = {
    "chat:write": "nothing can be posted",
    "channels:read": 'channels cannot be found by name, such as "#news"',
    "channels:history": "after an unclear answer Tocsin cannot look whether a message arrived, and may repeat it",
    "channels:join": "somebody must invite the bot to each public channel",
    "groups:read": "private channels cannot be found by name",
    "groups:history": "in private channels Tocsin cannot look whether a message arrived, and may repeat it",
}
OPTIONAL_SCOPES = {
    "files:write": "digests draw their chart in text, for no picture can be uploaded",
    "files:read": "digests draw their chart in text, for nobody can see when a picture is ready",
}
_COPY_AGAIN = "copy the Bot User OAuth Token (xoxb-…) of your Slack app to slack.token; look at slack.api_url too"
_REINSTALL = "add it under OAuth & Permissions of your Slack app, then install the app again"

PROBE: Mapping[str, Any] = MappingProxyType(
    {
        "text": "TEST of `tocsin slack check`: this message is deleted at once, and nobody needs to do anything.",
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "tocsin_probe", "event_payload": {}},
    }
)
_GATEWAY = "if slack.api_url is a gateway, let it pass the x-oauth-scopes header on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; a problem comes with the way out where one is known."""

    ok: bool
    subject: str
    text: str
    way_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as Slack lists it."""

    id: str
    name: str
    private: bool
    archived: bool
    member: bool

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        """Read one element of ``conversations.list``."""
        return cls(
            id=item["id"],
            name=item.get("name") or item["id"],
            private=bool(item.get("is_private")),
            archived=bool(item.get("is_archived")),
            member=bool(item.get("is_member")),
        )


def token_finding(answer: Mapping[str, Any] | bytes | DeliveryError) -> Finding:
    """Judge the answer to ``auth.test``."""
    if isinstance(answer, dict):
        return Finding(ok=True, subject="token", text=f"{answer.get('user')} in {answer.get('team')}")
    return Finding(
        ok=False,
        subject="token",
        text=str(answer),
        way_out=_COPY_AGAIN,
    )


def scopes_in(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the scopes that Slack says the token has."""
    said = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
    return frozenset(scope.strip() for scope in said.split(",") if scope.strip())


def scope_findings(has: frozenset[str]) -> Sequence[Finding]:
    """Compare the scopes the token has with those that are needed, and those that are good to have."""
    if not has:
        return [Finding(ok=False, subject="scopes", text="Slack did not say which the token has", way_out=_GATEWAY)]
    return [
        Finding(ok=True, subject=scope, text="granted")
        if scope in has
        else Finding(ok=False, subject=scope, text=f"missing: {without}", way_out=_REINSTALL)
        for scope, without in SCOPES.items()
    ] + [
        Finding(ok=True, subject=scope, text="granted")
        if scope in has
        else Finding(
            ok=True, subject=scope, text=f"not granted, and can be done without: {without}", way_out=_REINSTALL
        )
        for scope, without in OPTIONAL_SCOPES.items()
    ]


def channel_finding(name: str, channel: Channel | None, *, listed: bool, joins: bool) -> Finding:
    """Say whether a configured channel can be posted to.

    ``listed`` is False when no list of channels may be read, ``joins`` when the bot may not join by itself.
    """
    if not listed:
        return Finding(ok=False, subject=name, text="not looked at: channels:read is missing", way_out=_REINSTALL)
    if channel is None:
        return Finding(
            ok=False,
            subject=name,
            text="not found",
            way_out=f"look at the spelling; if it is private, write /invite @your-bot in {name}",
        )
    if channel.archived:
        return Finding(ok=False, subject=name, text="archived", way_out="unarchive it, or choose another channel")
    if channel.member:
        return Finding(ok=True, subject=name, text=f"joined ({channel.id})")
    if joins and not channel.private:
        return Finding(ok=True, subject=name, text=f"found ({channel.id}); the bot joins when the first alert comes")
    return Finding(ok=False, subject=name, text="the bot is not in it", way_out=f"write /invite @your-bot in {name}")


def probe_findings(
    channel: str, posted: DeliveryError | None, deleted: DeliveryError | None = None
) -> Sequence[Finding]:
    """Say what became of a test message, and of its deletion where it was posted; None: it went well."""
    subject = f"test message in {channel}"
    if posted:
        return [Finding(ok=False, subject=subject, text=f"not posted: {posted}", way_out=_way_out(channel, posted))]
    done = Finding(ok=True, subject=subject, text="posted")
    if deleted:
        out = f"delete it in {channel} by hand; {_way_out(channel, deleted)}"
        return [done, Finding(ok=False, subject=subject, text=f"not deleted again: {deleted}", way_out=out)]
    return [done, Finding(ok=True, subject=subject, text="deleted again")]


def _way_out(channel: str, error: DeliveryError) -> str:
    if isinstance(error, RouteRefused):
        return _REINSTALL if error.code == "missing_scope" else _COPY_AGAIN
    if isinstance(error, ChannelRefused):
        return f"write /invite @your-bot in {channel}; look there whether it is archived, and who may post"
    if isinstance(error, Unclear):
        return f"look at {channel}, delete the message where it stands there, and check again"
    return "wait a minute, and check again"
