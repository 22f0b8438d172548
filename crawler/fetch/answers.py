"""What an answer's head means to us: validators, freshness, refusals; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import TYPE_CHECKING

from alerts.errors import FetchError
from crawler.visits.poll import Validators
from crawler.visits.schedule import retry_after
from spiders.walls import wall

if TYPE_CHECKING:
    from spiders.base import Page

READABLE = frozenset({HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION})
_VALIDATOR_LIMIT = 1_024  # characters; a longer one is not worth its keep
_MAX_AGE = re.compile(r'(?:^|[,\s])max-age\s*=\s*"?(\d{1,9})', re.IGNORECASE)
_NEVER = re.compile(r"(?:^|[,\s])no-(?:cache|store)(?:$|[,;\s])", re.IGNORECASE)  # not `no-cache="Set-Cookie"`


def digest(*parts: bytes) -> bytes:
    """Return 16 bytes that stand for these, one after the other."""
    made = blake2b(digest_size=16)
    for part in parts:
        made.update(part)
    return made.digest()


def conditions(known: Validators) -> dict[str, str]:
    """Return the headers that make a request conditional."""
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in headers.items() if value}


def validators(page: Page, body_hash: bytes | None, *, kept: Validators | None = None) -> Validators:
    """Take the answer's validators, or keep the known ones where a 304 names none."""
    return Validators(
        etag=_echoable(page.headers.get(b"etag")) or (kept.etag if kept else None),
        last_modified=_echoable(page.headers.get(b"last-modified")) or (kept.last_modified if kept else None),
        body_hash=body_hash,
    )


def freshness(page: Page, now: datetime) -> timedelta | None:
    """Return for how long the server says that nothing will change, zero when it says never to rely on that.

    ``Cache-Control: max-age`` less ``Age``, else ``Expires`` less ``Date``; None when it does not say.
    """
    control = page.header("cache-control")
    if _NEVER.search(control):
        return timedelta(0)
    if found := _MAX_AGE.search(control):
        age = page.header("age").strip()
        return max(timedelta(seconds=int(found[1])) - timedelta(seconds=int(age[:9]) if _is_number(age) else 0), _ZERO)
    if not page.header("expires"):
        return None
    expires = _moment(page.header("expires"))
    return _ZERO if expires is None else max(expires - (_moment(page.header("date")) or now), _ZERO)


def refused(page: Page, asked: str, now: datetime) -> FetchError:
    """Say why an answer is of no use: what stands in the way, else its status."""
    try:
        phrase = HTTPStatus(page.status).phrase
    except ValueError:
        phrase = "a status that is no standard's"
    reason = wall(page, asked) or ("gone" if page.status == HTTPStatus.GONE else f"http-{page.status}")
    wait = retry_after(page.header("retry-after"), now)
    return FetchError(reason, f"{page.status} {phrase}", status=page.status, retry_after=wait)


_ZERO = timedelta(0)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _echoable(value: bytes | None) -> str | None:
    """Return a header's value when it can be sent back byte for byte, else None."""
    try:
        text = (value or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and len(text) <= _VALIDATOR_LIMIT else None
