"""Dates as publishers write them, read strictly: what is not certain is None, with the reason."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from alerts.story import DateNote
from spiders.months import is_thai, month_of
from spiders.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_AHEAD = timedelta(hours=1)  # clocks of publishers run fast; beyond this a date is wrong
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # older dates are the defaults of software: 1970, 0001
_LONGEST = 120  # characters; no date is longer
_LEAP = 60  # the second that some minutes have; it is no reason to lose a date
_BUDDHIST = range(2533, 2643)  # years that are those of 1990 to 2099
_BUDDHIST_SHIFT = 543

_CLOCK = (
    r"(?:(?:\s*[,T|]|\s+-)?\s*(?P<H>\d{1,2})[:.](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?)?"
)
_ZONE = (
    r"\s*(?P<zone>(?:GMT|UTC)?\s*[+-]\d{1,2}(?::?\d{2})?(?:\s+[A-Z]{2,5})?|[A-Z]{1,5}|[A-Z][a-z]+/[A-Z]\w+(?:/\w+)?)?"
)
_WEEKDAY = r"(?:[^\s\d:]+(?:(?<=,)\s*|\s+)){0,2}"
_WORD = r"(?P<month>[^\s\d,/:()+-]{2,})"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|o|\.)?"
_OF = r"(?:de\s+|of\s+)?"
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        _WEEKDAY + _DAY + r"(?:\s*-\s*|\s+" + _OF + ")" + _WORD + r",?(?:\s*-\s*|\s+(?:del?\s+)?)"
        r"(?P<y>\d{4}|\d{2})\.?" + _CLOCK + _ZONE,
        _WEEKDAY + _WORD + r"\s+" + _DAY + r",?\s+(?P<y>\d{4})" + _CLOCK + _ZONE,
        _WEEKDAY + _WORD + r"\s+(?P<d>\d{1,2})\s+(?P<H>\d{2}):(?P<M>\d{2}):(?P<S>\d{2})" + _ZONE + r"\s+(?P<y>\d{4})",
        r"(?P<y>\d{4})\.?,?\s+" + _WORD + r"\s+(?P<d>\d{1,2})\.?" + _CLOCK + _ZONE,
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})" + _CLOCK + _ZONE,
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[T ]?(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2}))?)?" + _ZONE,
        r"(?P<y>\d{4})[/.]\s?(?P<m>\d{1,2})[/.]\s?(?P<d>\d{1,2})\.?" + _CLOCK + _ZONE,
        r"(?P<y>\d{4})\s*[\u5e74\ub144]\s*(?P<m>\d{1,2})\s*[\u6708\uc6d4]\s*(?P<d>\d{1,2})\s*[\u65e5\uc77c]\s*(?:\(\w+\))?"
        + _CLOCK
        + _ZONE,
        _WEEKDAY + r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})" + _CLOCK + _ZONE,
        _WEEKDAY + r"(?P<one>\d{1,2})(?P<part>[/.-])(?P<two>\d{1,2})(?P=part)(?P<y>\d{4}|\d{2})" + _CLOCK + _ZONE,
    )
)
_EPOCH = re.compile(r"(?:/date\()?([1-9]\d{8,9}|[1-9]\d{12})(?:\.\d+)?(?:[+-]\d{4})?(?:\)/)?", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])$")
_MILLISECONDS = 12  # an epoch of more digits counts these

# Countries that write the day first in dates such as 3/11/2026, and the one that writes the month first.
_DAY_FIRST_NAMES = (
    "ae ar at au ba bd be bg bh bo br by ch cl co cr cy cz de dk do dz ec ee eg es fi fr gb ge gr gt hk hn hr id ie il "
    "in iq is it jo ke kw kz lb lk lu lv ly ma md me mk mt mx my ng ni nl no nz om pa pe pk pl pt py qa ro rs ru sa sg "
    "si sk sv sy th tn tr tz ua ug uy ve vn ye"
)
_DAY_FIRST = frozenset(_DAY_FIRST_NAMES.split())
_MONTH_FIRST = frozenset({"us"})


def when(
    raw: str | None,
    *,
    fetched: datetime,
    zone: tzinfo | None = None,
    country: str | None = None,
    language: str | None = None,
) -> tuple[datetime | None, DateNote | None]:
    """Read a date in UTC, or say why there is none; ``zone`` is where the source's zoneless dates live.

    RFC 822, asctime, ISO 8601 in both forms, RFC 3339, numeric and East Asian forms, eras, month names of thirty
    languages, seconds or milliseconds since 1970. ``language`` and ``country`` of the source settle what is
    ambiguous. A day without an hour means its first minute.
    """
    text = " ".join((raw or "").split())
    if not text:
        return None, DateNote.MISSING
    try:
        naive, known = _read(text, country, zone, language)
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


def _read(text: str, country: str | None, zone: tzinfo | None, language: str | None) -> tuple[datetime, tzinfo | None]:
    """Return what is written and the zone written with it; raises ValueError when it is no date."""
    if len(text) > _LONGEST:
        raise ValueError("too long for a date")
    text = _plain(text)
    if epoch := _EPOCH.fullmatch(text):
        seconds = int(epoch[1]) / (1000 if len(epoch[1]) >= _MILLISECONDS else 1)
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), UTC
    found = _shaped(_COMMENT.sub("", text)) or _shaped(_COMMENT.sub("", _spelled_plainly(text, country)))
    if found is None:
        raise ValueError(text)
    naive = _naive(found.groupdict(), country, language)
    return naive, zone_of(found["zone"], naive, country, zone)


def _shaped(text: str) -> re.Match[str] | None:
    return next((found for shape in _SHAPES if (found := shape.fullmatch(text))), None)


def _naive(parts: Mapping[str, str | None], country: str | None, language: str | None) -> datetime:
    name = parts.get("month")
    if name:
        month, day = month_of(name, language, country), int(parts["d"] or 0)
    elif one := parts.get("one"):
        day, month = _ordered(int(one), int(parts["two"] or 0), country, short=len(parts["y"] or "") == len("26"))
    else:
        month, day = int(parts["m"] or 0), int(parts["d"] or 0)
    hour, minute, second = (int(parts[key] or 0) for key in "HMS")
    if half := parts.get("half"):
        hour = _of_two_halves(hour, half)
    if second > _LEAP:
        raise ValueError("no such second")
    midnight = (hour, minute, second) == (24, 0, 0)  # the end of the day, says ISO 8601
    year = _year(parts["y"] or "", buddhist=is_thai(name or "") or country == "th")
    naive = datetime(year, month, day, 0 if midnight else hour, minute, min(second, _LEAP - 1))  # noqa: DTZ001 -- the zone is settled by the caller
    return naive + timedelta(days=1) if midnight else naive


def _ordered(one: int, two: int, country: str | None, *, short: bool) -> tuple[int, int]:
    """Return day and month of two numbers; raises ValueError when nobody knows which is which.

    Before a year of two digits even a 24 may be a year.
    """
    if country in _DAY_FIRST and two <= 12:  # noqa: PLR2004 -- months
        return one, two
    if country in _MONTH_FIRST and one <= 12:  # noqa: PLR2004 -- months
        return two, one
    if short or (one <= 12 and two <= 12 and one != two):  # noqa: PLR2004 -- months
        raise ValueError("day or month")
    return (two, one) if two > one else (one, two)


def _of_two_halves(hour: int, half: str) -> int:
    """Return the hour of the day; raises ValueError for a 20:59 am, which is one thing or the other."""
    late = half[0] in "pP"
    if not 1 <= hour <= 12 and not (late and 12 < hour < 24):  # noqa: PLR2004 -- hours
        raise ValueError("no such hour")
    return hour if hour > 12 else hour % 12 + (12 if late else 0)  # noqa: PLR2004 -- hours


def _year(digits: str, *, buddhist: bool) -> int:
    """Expand two digits as RFC 2822 says: 00 to 49 is this century."""
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004 -- two digits are two digits
        return year - _BUDDHIST_SHIFT if buddhist and year in _BUDDHIST else year
    if buddhist:
        raise ValueError("two digits of which era")
    return year + (2000 if year < 50 else 1900)  # noqa: PLR2004 -- RFC 2822, 4.3


def _plain(text: str) -> str:
    """Return a date with ASCII digits, plain signs and without marks of direction."""
    plain = "".join(
        str(digit) if (digit := unicodedata.decimal(char, -1)) >= 0 else char
        for char in unicodedata.normalize("NFKC", text)
        if unicodedata.category(char) != "Cf"
    )
    return " ".join(plain.translate(_SIGNS).split())


_SIGNS = str.maketrans("\u2212\u2010\u2011\u2012\u2013\u2014\u060c\u3001", "------,,")


def _years_from(start: int) -> Callable[[re.Match[str]], str]:
    """Return how an era's year is written as one of ours; its first year is the one after ``start``."""
    return lambda match: f"{start + (1 if match[1] == chr(0x5143) else int(match[1]))}\u5e74"


def _clock(match: re.Match[str]) -> str:
    hour, minute, second = match.groups()
    return f" {hour}:{minute}:{second}" if second else f" {hour}:{minute}"


def _in_reign(match: re.Match[str]) -> str:
    starts = {"r": 2018, "h": 1988}
    return f"{starts[match[1].lower()] + int(match[2])}/{match[3]}/{match[4]}"


_AM = "\u4e0a\u5348|\u5348\u524d|\uc624\uc804|\u51cc\u6668|\u65e9\u4e0a"
_PM = "\u4e0b\u5348|\u5348\u5f8c|\u5348\u540e|\uc624\ud6c4|\u665a\u4e0a"
_H, _M, _S = "[\u6642\u65f6\uc2dc\u70b9\u9ede]", "[\u5206\ubd84]", "[\u79d2\ucd08]"
_HOUR = rf"(\d{{1,2}}\s*(?::|{_H})\s*\d{{1,2}}(?:\s*(?::|{_M})\s*\d{{1,2}})?\s*(?:{_M}|{_S})?)"
_AT = (
    r"at|um|alle(?:\s+ore)?|ore|a\s+las?|\u00e0s?|kl\.?|klo|om|o\s+godz\.?|saat|\u0432|\u043e\u0431?|"
    r"\u0e40\u0e27\u0e25\u0e32|\u0627\u0644\u0633\u0627\u0639\u0629|l\u00fac"
)
_TURKISH_DAYS = r"pazartesi|sal\u0131|\u00e7ar\u015famba|per\u015fembe|cuma|cumartesi|pazar"
_HOUR_FIRST = r"(\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?(?:\s+[A-Z]{3,4})?)\s*[,|-]?\s+(?=\D*\d{1,4}\D.*\d\Z)"
_SPELLINGS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # eras: Reiwa, Heisei, Minguo
    (r"\u4ee4\u548c\s*(\d{1,2}|\u5143)\s*\u5e74", _years_from(2018)),
    (r"\u5e73\u6210\s*(\d{1,2}|\u5143)\s*\u5e74", _years_from(1988)),
    (r"\u6c11[\u570b\u56fd]\s*(\d{1,3}|\u5143)\s*\u5e74", _years_from(1911)),
    # hours in East Asian
    (rf"(?:{_AM})\s*{_HOUR}", r" \1 am"),
    (rf"(?:{_PM})\s*{_HOUR}", r" \1 pm"),
    (rf"(\d{{1,2}})\s*{_H}\s*(\d{{1,2}})(?:\s*{_M}\s*(?:(\d{{1,2}})\s*{_S})?)?", _clock),
    # Vietnamese and Thai
    (r"(\d{1,2})\s+th\u00e1ng\s+(\d{1,2})(?:\s*,|\s+n\u0103m)?\s+(\d{4})", r"\1.\2.\3"),
    (r"\u0e1e\.?\u0e28\.?\s*(?=\d)|(?<=\d)\s*\u0e19\.?(?=\s|$)", " "),
    # Arabic months of two words; Arabic and Greek halves of the day
    (r"(\u062a\u0634\u0631\u064a\u0646|\u0643\u0627\u0646\u0648\u0646)\s+(\u0627\u0644)", r"\1_\2"),
    (r"(?<=\d)\s*(?:\u0645|\u0645\u0633\u0627\u0621\u064b?|\u03bc\.?\u03bc\.?)(?=\s|$)", " pm"),
    (r"(?<=\d)\s*(?:\u0635|\u0635\u0628\u0627\u062d\u0627\u064b?|\u03c0\.?\u03bc\.?)(?=\s|$)", " am"),
    # words around the hour and after the year
    (rf",?\s+(?:{_AT})\s+(?=\d)", " "),
    (r"(?<=\d{4})\s+(?:\u0433\.?|\u0433\u043e\u0434\u0430|\u0440\.?|\u0440\u043e\u043a\u0443|r\.)(?=,|\s|$)", ""),
    (rf"(?<=\d{{4}})\s+(?:{_TURKISH_DAYS})(?=,|\s|$)", ""),
    (r"(?<=[\s\dT])(\d{1,2})\s?h\s?(\d{2})(?!\d)", r"\1:\2"),
    (r"(?<=:\d\d)\s*(?:uhr|hs|hrs?|h|uur)\.?(?=\s|$)", ""),
    (rf"^{_HOUR_FIRST}(.+)", r"\2 \1"),
)
_REPLACED = tuple((re.compile(pattern, re.IGNORECASE), replacement) for pattern, replacement in _SPELLINGS)
_REIGN = re.compile(r"\b([RH])\s?(\d{1,2})[./](\d{1,2})[./](\d{1,2})", re.IGNORECASE)


def _spelled_plainly(text: str, country: str | None) -> str:
    """Return a date with its eras, hours and small words in the one form that the shapes know."""
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    if country == "jp":
        text = _REIGN.sub(_in_reign, text)
    return " ".join(text.split())
