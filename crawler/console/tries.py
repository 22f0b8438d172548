"""How many wrong tokens an address has sent, and whether it must wait before another is looked at."""

from __future__ import annotations

import logging
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = logging.getLogger(__name__)

MOST = 10  # wrong tokens in a minute
WAIT = "Too many wrong tokens came from this address: wait a minute."
_MINUTE = timedelta(minutes=1)
_MOST_ADDRESSES = 1_000  # that are remembered; those that erred longest ago are forgotten first
_HOUSE = 64  # bits of an IPv6 address that one household or server has; the others it chooses as it likes


class Tries:
    """Remembers wrong tokens for a minute, by the address that sent them, whatever way it took."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._wrong: dict[str, list[datetime]] = {}

    def wait(self, address: str) -> int:
        """Return for how many seconds nothing from an address is looked at; 0: it is."""
        recent = self._recent(place_of(address))
        if len(recent) < MOST:
            return 0
        return max(1, round((recent[-MOST] + _MINUTE - self._now()).total_seconds()))

    def wrong(self, address: str) -> None:
        """Note a wrong token; the first within a minute is logged, and the one after which the address must wait."""
        place = place_of(address)
        recent = [*self._recent(place), self._now()]
        self._wrong.pop(place, None)
        self._wrong[place] = recent
        while len(self._wrong) > _MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        if len(recent) == 1:
            log.warning("console-refused", extra={"from": address, "detail": "a wrong token"})
        if len(recent) == MOST:
            detail = f"{MOST} wrong tokens within a minute"
            log.warning("console-guesses", extra={"from": address, "detail": detail, "next": "it must wait a minute"})

    def _recent(self, place: str) -> list[datetime]:
        now = self._now()
        return [at for at in self._wrong.get(place, ()) if now - at < _MINUTE]


def place_of(address: str) -> str:
    """Return what counts as one sender: an IPv4 address, or the network of an IPv6 address."""
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(read, IPv6Address):
        return str(read)
    return str(read.ipv4_mapped or IPv6Address(int(read) >> _HOUSE << _HOUSE))
