"""Time zones as dates name them: offsets, abbreviations that mean one thing, and those that the country settles."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

# Names that mean one offset, in hours, wherever they are written; RFC 822 fixes the American ones but CST.
_BY_OFFSET = """
-10 hst
-9 akst
-8 pst akdt
-7 mst pdt
-6 mdt
-5 est cdt
-4 edt clt
-3 brt art clst
0 z ut utc gmt wet
1 west cet met wat mez
2 cest mest eet sast cat mesz
3 eest msk trt eat
3.5 irst
4.5 aft
5 pkt uzt
5.75 npt
6.5 mmt
7 ict wib
8 wita hkt sgt myt pht awst
9 jst kst wit
9.5 acst
10 aest chst
10.5 acdt
11 aedt nct
12 nzst
13 nzdt
"""
# Names that mean different offsets; the country of the source settles them.
_BY_COUNTRY: Mapping[str, Mapping[str, float]] = {
    "cst": {"us": -6, "ca": -6, "mx": -6, "cn": 8, "tw": 8},
    "ist": {"in": 5.5, "il": 2, "ie": 1},
    "bst": {"gb": 1, "bd": 6},
    "ast": {"ca": -4, "sa": 3, "ae": 4},
    "gst": {"ae": 4, "om": 4},
    "sst": {"sg": 8, "as": -11},
}
# Names of American zones that leave open whether it is summer.
_AMERICAN = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
_ELSEWHERE = {"est": {"au"}, "edt": {"au"}, "pst": {"ph"}, "mst": {"my", "mm"}}  # where RFC 822's meaning is doubtful
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE)
_NUMBER_AND_NAME = re.compile(r"((?:GMT|UTC)?\s*[+-]\d{1,2}(?::?\d{2})?)\s+([A-Z]{2,5})", re.IGNORECASE)
_LARGEST = 14  # hours east; 12 west
_ZONES = {name: float(line.split()[0]) for line in _BY_OFFSET.split("\n") for name in line.split()[1:]}


def zone_of(name: str | None, naive: datetime, country: str | None, zone: tzinfo | None) -> tzinfo | None:
    """Return the zone that a name means at that time of the clock; None when that is unknown.

    ``zone`` is where the source lives: an abbreviation that is in use there means it. Raises ValueError for
    an offset that no place on Earth has.
    """
    if not name:
        return None
    if both := _NUMBER_AND_NAME.fullmatch(name):
        number, word = (zone_of(part, naive, country, zone) for part in both.groups())
        known = word is None or number is None or naive.replace(tzinfo=word) == naive.replace(tzinfo=number)
        return number if known else None
    if offset := _OFFSET.fullmatch(name):
        return _shifted(*offset.groups())
    if "/" in name:
        return _located(name)
    if zone is not None and (naive.replace(tzinfo=zone).tzname() or "").lower() == name.lower():
        return zone
    return _abbreviated(name.lower(), country or "")


def _shifted(sign: str, hours: str, minutes: str | None) -> timezone:
    shift = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if int(minutes or 0) % 15 or shift > timedelta(hours=_LARGEST):
        raise ValueError(f"{hours}:{minutes}")
    return timezone(shift if sign == "+" else -shift)


def _located(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def _abbreviated(name: str, country: str) -> tzinfo | None:
    if name in _AMERICAN and country in {"us", "ca"}:
        return ZoneInfo(_AMERICAN[name])
    hours = _BY_COUNTRY.get(name, {}).get(country)
    if hours is None and country not in _ELSEWHERE.get(name, ()):
        hours = _ZONES.get(name)
    return None if hours is None else timezone(timedelta(hours=hours))
