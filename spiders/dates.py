"""Dates as feeds write them, read strictly: what is not certain is None, with the reason."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import chain
from typing import TYPE_CHECKING

from alerts.story import DateNote

if TYPE_CHECKING:
    from collections.abc import Mapping

_AHEAD = timedelta(hours=1)  # clocks of publishers run fast; beyond this a date is wrong
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # older dates are the defaults of software: 1970, 0001

_MONTHS_BY_LANGUAGE = """
january february march april may june july august september october november december
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
januar februar märz april mai juni juli august september oktober november dezember
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
januari februari maret april mei juni juli agustus september oktober november desember
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
"""
_OTHER_ABBREVIATIONS = {"mrz": 3, "mrt": 3, "juil": 7, "sept": 9, "déc": 12, "fév": 2}

# Names that mean one offset, in hours, wherever they are written; RFC 822 fixes the American ones but CST.
_ZONES_BY_OFFSET = """
-10 hst
-9 akst
-8 pst akdt
-7 mst pdt
-6 mdt
-5 est cdt
-4 edt clt
-3 brt art
0 z ut utc gmt wet
1 west cet met wat
2 cest mest eet sast cat
3 eest msk trt eat
5 pkt
5.75 npt
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
_ZONES_BY_COUNTRY: Mapping[str, Mapping[str, float]] = {
    "cst": {"us": -6, "ca": -6, "mx": -6, "cn": 8, "tw": 8},
    "ist": {"in": 5.5, "il": 2, "ie": 1},
    "bst": {"gb": 1, "bd": 6},
    "ast": {"ca": -4, "sa": 3, "ae": 4},
    "gst": {"ae": 4, "om": 4},
    "sst": {"sg": 8, "as": -11},
}
_ELSEWHERE = {"est": {"au"}, "edt": {"au"}, "pst": {"ph"}, "mst": {"my", "mm"}}  # where RFC 822's meaning is doubtful

_CLOCK = (
    r"(?:(?:,|\s+at|\s+-|T)?\s*(?P<H>\d{1,2})[:.](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?)?"
)
_ZONE = r"\s*(?P<zone>(?:GMT|UTC)?\s*[+\u2212-]\d{1,2}(?::?\d{2})?|[A-Za-z]{1,5})?"
_WEEKDAY = r"(?:[^\W\d]+\.?,?\s+)?"
_WORD = r"(?P<month>[^\W\d]{3,})\.?"
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        _WEEKDAY + r"(?P<d>\d{1,2})\.?(?:\s*-\s*|\s+(?:de\s+)?)" + _WORD + r",?(?:\s*-\s*|\s+(?:de\s+)?)"
        r"(?P<y>\d{4}|\d{2})" + _CLOCK + _ZONE,
        _WEEKDAY + _WORD + r"\s+(?P<d>\d{1,2}),?\s+(?P<y>\d{4})" + _CLOCK + _ZONE,
        _WEEKDAY + _WORD + r"\s+(?P<d>\d{1,2})\s+(?P<H>\d{2}):(?P<M>\d{2}):(?P<S>\d{2})" + _ZONE + r"\s+(?P<y>\d{4})",
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})" + _CLOCK + _ZONE,
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[T ]?(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2}))?)?" + _ZONE,
        r"(?P<y>\d{4})[/.](?P<m>\d{1,2})[/.](?P<d>\d{1,2})\.?" + _CLOCK + _ZONE,
        r"(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]\s*(?:[(\uff08]\w[)\uff09])?"
        + _CLOCK
        + _ZONE,
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})" + _CLOCK + _ZONE,
        r"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{1,2})/(?P<y>\d{4})" + _CLOCK + _ZONE,
        r"(?P<m>\d{1,2})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{4})" + _CLOCK + _ZONE,
    )
)
_EPOCH = re.compile(r"[1-9]\d{8,9}|[1-9]\d{12}")
_COMMENT = re.compile(r"\s*\([^()]*\)\s*$")
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+\u2212-])(\d{1,2}):?(\d{2})?", re.IGNORECASE)
_MILLISECONDS = 12  # an epoch of more digits counts these


def _months() -> dict[str, int]:
    """Map every name and every unambiguous beginning of three letters or more to its month."""
    meanings: dict[str, set[int]] = {}
    for line in _MONTHS_BY_LANGUAGE.split("\n"):
        for number, name in enumerate(line.split(), start=1):
            for length in range(3, len(name) + 1):
                meanings.setdefault(name[:length], set()).add(number)
    certain = ((name, min(numbers)) for name, numbers in meanings.items() if len(numbers) == 1)
    return dict(chain(certain, _OTHER_ABBREVIATIONS.items()))


_MONTHS = _months()
_ZONES = {name: float(line.split()[0]) for line in _ZONES_BY_OFFSET.split("\n") for name in line.split()[1:]}


def when(
    raw: str | None, *, fetched: datetime, zone: tzinfo | None = None, country: str | None = None
) -> tuple[datetime | None, DateNote | None]:
    """Read a date in UTC, or say why there is none; ``zone`` is where the source's zoneless dates live.

    RFC 822, asctime, ISO 8601 in both forms, RFC 3339, numeric and East Asian forms, month names of a dozen
    languages, seconds or milliseconds since 1970. A day without an hour means its first minute.
    """
    text = _COMMENT.sub("", " ".join((raw or "").split()))
    if not text:
        return None, DateNote.MISSING
    try:
        naive, known = _read(text, country, zone)
        note = None
        if known is None:
            if zone is None:
                return None, DateNote.ZONELESS
            known, note = zone, DateNote.ASSUMED_ZONE
        moment = naive.replace(tzinfo=known).astimezone(UTC)
    except (ValueError, OverflowError):
        return None, DateNote.UNREADABLE
    if moment < _EARLIEST:
        return None, DateNote.UNREADABLE
    return (None, DateNote.FUTURE) if moment > fetched + _AHEAD else (moment, note)


def _read(text: str, country: str | None, zone: tzinfo | None) -> tuple[datetime, tzinfo | None]:
    """Return what is written and the zone written with it; raises ValueError when it is no date."""
    if _EPOCH.fullmatch(text):
        seconds = int(text) / (1000 if len(text) >= _MILLISECONDS else 1)
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), UTC
    for shape in _SHAPES:
        if found := shape.fullmatch(text):
            naive = _naive(found.groupdict())
            return naive, _zone(found["zone"], naive, country, zone)
    raise ValueError(text)


def _naive(parts: dict[str, str | None]) -> datetime:
    name = (parts.get("month") or "").lower()
    month = _MONTHS.get(name, 0) if name else int(parts["m"] or 0)
    hour = int(parts["H"] or 0)
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    second = min(int(parts["S"] or 0), 59)  # a leap second is no reason to lose a date
    return datetime(_year(parts["y"] or ""), month, int(parts["d"] or 0), hour, int(parts["M"] or 0), second)  # noqa: DTZ001 -- the zone is settled by the caller


def _year(digits: str) -> int:
    """Expand two digits as RFC 2822 says: 00 to 49 is this century."""
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004 -- two digits are two digits
        return year
    return year + (2000 if year < 50 else 1900)  # noqa: PLR2004 -- RFC 2822, 4.3


def _zone(name: str | None, naive: datetime, country: str | None, zone: tzinfo | None) -> tzinfo | None:
    """Return the zone that a name means here; None when that is unknown."""
    if name is None:
        return None
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        shift = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(shift if sign == "+" else -shift)
    if zone is not None and (naive.replace(tzinfo=zone).tzname() or "").lower() == name.lower():
        return zone
    name, country = name.lower(), country or ""
    hours = _ZONES_BY_COUNTRY.get(name, {}).get(country)
    if hours is None and country not in _ELSEWHERE.get(name, ()):
        hours = _ZONES.get(name)
    return None if hours is None else timezone(timedelta(hours=hours))
