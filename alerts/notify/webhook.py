"""WebhookNotifier: posts each message as signed JSON to an address of the user's."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp

from alerts.card import clean
from alerts.errors import CardRefused, DeliveryError, Later, MessageGone, RouteRefused, Unclear
from alerts.notify.payload import payload
from alerts.outbox import Receipt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery

TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)  # seconds; others wait meanwhile
_ANSWER_READ = 2_000  # bytes
_ANSWER_TOLD = 200  # characters
_LONGEST_WAIT = 24 * 60 * 60  # seconds; a longer Retry-After is a mistake
_CARD = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY})
_LATER = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,  # the first try with the same key is still being worked on
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""


class WebhookNotifier:
    """Posts to one address, follows no redirect, and never repeats a call by itself.

    Every request carries ``Idempotency-Key``: of a message its key, of an edit key and revision. The session says
    which addresses may be connected to: a PermissionError of its sockets refuses the route. It is taken over and
    closed. The address counts as a secret and stands in no error.
    """

    rungs = 2  # the second has no text, no matched words and no other stories

    def __init__(self, url: str, secret: str, session: aiohttp.ClientSession, *, clock: Clock) -> None:
        self._url = url
        self._secret = secret
        self._session = session
        self._clock = clock

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Post the message; raises Later, Unclear, CardRefused or RouteRefused."""
        await self._post(delivery.key, payload(face, delivery, plain=delivery.rung > 0), delivery.attempts)
        return Receipt(channel=delivery.channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Post what the message should say by now; raises what ``send`` does, and MessageGone for HTTP 410."""
        said = payload(face, delivery, edited=True, plain=delivery.rung > 0)
        try:
            await self._post(f"{delivery.key}.{delivery.revision}", said, 1)
        except RouteRefused as error:
            if error.code != f"http-{HTTPStatus.GONE}":
                raise
            raise MessageGone(error.code, error.detail) from error

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return None: nobody here can look into the receiver, and nothing is claimed to have been looked for.

        The courier then sends it again at once. That is safe where the receiver heeds ``Idempotency-Key``: key and
        body are the same at every attempt. Where it does not, ``Tocsin-Attempt`` says that it may be a repeat.
        """
        del channel, keys, since, thread
        return None

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return None: nobody here can look into the receiver."""
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        """Do nothing: nothing can be taken back."""

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def _post(self, key: str, said: dict[str, Any], attempt: int) -> None:
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Tocsin-Attempt": str(attempt),
            "Tocsin-Signature": signature(self._secret, self._clock.now(), body),
        }
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False, timeout=TIMEOUT
            ) as response:
                words = await _words(response)
                problem = judge_answer(response.status, response.headers.get("Retry-After"), words)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise judge_failure(error) from error
        if problem:
            raise problem


def signature(secret: str, now: datetime, body: bytes) -> str:
    """Return ``t=SECONDS,v1=HEX``: HMAC-SHA256 by the secret over the seconds since 1970, a dot, and the body."""
    seconds = int(now.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def judge_answer(status: int, retry_after: str | None, words: str) -> DeliveryError | None:
    """Return what an answer means; None when the message was taken.

    Any 5xx but 503 is Unclear: what stands before the receiver may have given up on it after it took the message.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    code = f"http-{status}"
    if status in _LATER:
        return Later(code, words, after=_wait(retry_after))
    if status in _CARD:
        return CardRefused(code, words)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unclear(code, words)
    return RouteRefused(code, words)


def judge_failure(error: Exception) -> DeliveryError:
    """Return what the lack of an answer means; the words name no address, for it may hold a secret."""
    if isinstance(error, aiohttp.InvalidURL):
        return RouteRefused("bad-address", "the address cannot be called")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return RouteRefused("certificate", "the receiver's certificate does not hold")
    cause = getattr(error, "os_error", error)
    if isinstance(cause, PermissionError):
        return RouteRefused("address-refused", cause.strerror or "the address may not be connected to")
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return Later("not-connected", getattr(cause, "strerror", None) or type(error).__name__)
    if isinstance(error, TimeoutError):
        return Unclear("timeout", "no answer in time")
    return Unclear("connection-lost", type(error).__name__)


async def _words(response: aiohttp.ClientResponse) -> str:
    """Return how the receiver put it; its answer is read no further than it is told."""
    if response.ok:
        return ""
    return clean((await response.content.read(_ANSWER_READ)).decode(errors="replace"), _ANSWER_TOLD)


def _wait(retry_after: str | None) -> timedelta | None:
    try:
        return timedelta(seconds=min(max(float(retry_after or ""), 1), _LONGEST_WAIT))
    except ValueError:  # a date, or nothing; also "nan": timedelta refuses it
        return None
