"""What ``tocsin slack check`` finds: is the token good, are the scopes there, are the channels in reach?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

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
_REINSTALL = "add it under OAuth & Permissions of your Slack app, then install the app again"

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
        way_out="copy the Bot User OAuth Token (xoxb-…) of your Slack app to slack.token; look at slack.api_url too",
    )


def scopes_in(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the scopes that Slack says the token has."""
    said = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
    return frozenset(scope.strip() for scope in said.split(",") if scope.strip())


def scope_findings(has: frozenset[str]) -> Sequence[Finding]:
    """Compare the scopes the token has with those that are needed."""
    if not has:
        return [Finding(ok=False, subject="scopes", text="Slack did not say which the token has", way_out=_GATEWAY)]
    return [
        Finding(ok=True, subject=scope, text="granted")
        if scope in has
        else Finding(ok=False, subject=scope, text=f"missing: {without}", way_out=_REINSTALL)
        for scope, without in SCOPES.items()
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
