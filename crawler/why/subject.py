"""What somebody asks about: a story by its id, an address, or a message by its link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from alerts.outbox import Receipt
from crawler.ids import STORY_LENGTH, decode
from spiders.urls import canonical

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_MESSAGE = re.compile(r"/archives/(?P<channel>[A-Z][A-Z0-9]{5,})/p(?P<ts>\d{10,20})/?")
_CLIENT = re.compile(r"/client/\w+/(?P<channel>[A-Z][A-Z0-9]{5,})/p(?P<ts>\d{10,20})/?")
_THREAD = re.compile(r"/client/\w+/\w+/thread/(?P<channel>[A-Z][A-Z0-9]{5,})-(?P<ts>\d{4,14}\.\d{6})/?")
_BARE = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]+(?::\d+)?(?:[/?].*)?", re.DOTALL)  # an address without its scheme
_MICRO = 6  # digits of a ts after its point


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One of these three, and never two."""

    story: int | None = None
    url: str | None = None
    message: Receipt | None = None


def subject_of(written: str) -> Subject | None:
    """Read what a user wrote, or copied from Slack's own ``<address|words>``; None when it is nothing of the kind."""
    written = written.strip()
    if written.startswith("<"):
        written = written.strip("<>").partition("|")[0]
    if _BARE.fullmatch(written):
        written = f"https://{written}"
    if written.lower().startswith(("http://", "https://")):
        try:
            parts = urlsplit(written)
        except ValueError:
            return None
        if message := _message(parts):
            return Subject(message=message)
        return Subject(url=written) if canonical(written) else None
    try:
        return Subject(story=decode(written)) if len(written.replace("-", "")) == STORY_LENGTH else None
    except ValueError:
        return None


def _message(parts: SplitResult) -> Receipt | None:
    """Return where the message of a Slack link stands."""
    host = parts.hostname or ""
    if host != "slack.com" and not host.endswith((".slack.com", ".slack-gov.com")):
        return None
    if found := _MESSAGE.fullmatch(parts.path) or _CLIENT.fullmatch(parts.path):
        ts = found["ts"]
        return Receipt(channel=found["channel"], message=f"{ts[:-_MICRO]}.{ts[-_MICRO:]}")
    if found := _THREAD.fullmatch(parts.path):
        return Receipt(channel=found["channel"], message=found["ts"])
    asked = parse_qs(parts.query)
    if parts.path == "/app_redirect" and {"channel", "message_ts"} <= asked.keys():
        return Receipt(channel=asked["channel"][0], message=asked["message_ts"][0])
    return None
