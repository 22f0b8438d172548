"""Texts into values: what a duration, a size, a channel or a time zone looks like."""

from __future__ import annotations

import difflib
import ipaddress
import re
import zoneinfo
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts import language_codes
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SECOND = timedelta(seconds=1)
_DURATION_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": SECOND,
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION_PART = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)"
_SIZE_UNITS = {
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}
SOURCE_TYPES = ("wire", "government", "press", "state-media", "think-tank", "blog")
_LAST_PORT = 65_535
_ADDRESS_HINT = "write it as https://host/path"


class Unusable(ValueError):
    """A text is not of its kind; the message continues a sentence that begins with the text itself."""

    def __init__(self, message: str, hint: str | None = None, *, secret: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.secret = secret  # the text must not be repeated to the user


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the closest known word, if one is close."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def _guess(word: str, known: Iterable[str]) -> str | None:
    close = did_you_mean(word, known)
    return f"did you mean `{close}`?" if close else None


def text(value: str) -> str:
    """Read a text that holds something."""
    if not value.strip():
        raise Unusable("is empty", "write something, or remove the key")
    return value.strip()


def duration(value: str) -> timedelta:
    """Read ``30s``, ``5m``, ``1h30m``, ``7d`` or ``1500ms``."""
    compact = value.strip()
    if not re.fullmatch(f"(?:{_DURATION_PART})+", compact):
        if re.fullmatch(r"[0-9]+", compact):
            raise Unusable("has no unit", f"write {compact}s, {compact}m, {compact}h or {compact}d")
        raise Unusable("is not a duration", "write 30s, 5m, 2h, 7d or 1h30m")
    parts = re.findall(_DURATION_PART, compact)
    try:
        return sum((float(number) * _DURATION_UNITS[unit] for number, unit in parts), timedelta())
    except OverflowError as error:
        raise Unusable("is longer than history") from error


def duration_between(least: timedelta, most: timedelta = timedelta(days=3650)) -> Callable[[str], timedelta]:
    """Read a duration within bounds."""

    def read(value: str) -> timedelta:
        length = duration(value)
        if not least <= length <= most:
            limit = f"shorter than {spell(least)}" if length < least else f"longer than {spell(most)}"
            raise Unusable(f"is {limit}", f"{spell(least)} to {spell(most)} are possible")
        return length

    return read


def rate(value: str) -> tuple[int, timedelta]:
    """Read ``3/h`` or ``10/30m``: how many, at least 1, in a time of at least a minute."""
    found = re.fullmatch(rf"([0-9]{{1,6}})/((?:{_DURATION_PART})+|ms|s|m|h|d)", value.strip())
    if not found:
        raise Unusable("is no rate", "write 3/h, 20/d or 10/30m")
    if int(found[1]) < 1:
        raise Unusable("lets nothing through", "1/d is the least; a rule on trial sends nothing: `shadow: true`")
    per = found[2] if found[2][0].isdecimal() else f"1{found[2]}"
    return int(found[1]), duration_between(timedelta(minutes=1), timedelta(days=90))(per)


def spell(length: timedelta) -> str:
    """Write a duration as a user would: ``1h30m``."""
    rest = round(length / _DURATION_UNITS["ms"])
    spelled = ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, round(_DURATION_UNITS[unit] / _DURATION_UNITS["ms"]))
        spelled += f"{count}{unit}" if count else ""
    return spelled or "0s"


def factor(value: str) -> float:
    """Read how many times as much: a number above 1."""
    if not re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,3})?", value.strip()) or float(value) <= 1:
        raise Unusable("is not a number above 1", "4 is a good value")
    return float(value)


def size(value: str) -> int:
    """Read ``500kB``, ``15MB`` or ``5MiB`` as bytes."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([A-Za-z]+)", value.strip())
    if not found or found[2] not in _SIZE_UNITS:
        raise Unusable("is not a size", "write 500kB, 15MB or 5MiB")
    return round(float(found[1]) * _SIZE_UNITS[found[2]])


def positive_size(value: str) -> int:
    """Read a size of at least one byte."""
    count = size(value)
    if count < 1:
        raise Unusable("lets nothing through", "5MiB is a good value")
    return count


def whole(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number within bounds."""

    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", value.strip()) or not least <= int(value) <= most:
            raise Unusable(f"is not a whole number from {least} to {most}")
        return int(value)

    return read


def flag(value: str) -> bool:
    """Read ``true`` or ``false``."""
    word = value.strip().lower()
    if word in {"true", "yes", "on"}:
        return True
    if word in {"false", "no", "off"}:
        return False
    raise Unusable("is neither true nor false")


def choice(*words: str) -> Callable[[str], str]:
    """Read one of ``words``."""

    def read(value: str) -> str:
        word = value.strip()
        if word in words:
            return word
        raise Unusable(f"is not one of {', '.join(words)}", _guess(word, words))

    return read


def severity(value: str) -> Severity:
    """Read ``info``, ``notice``, ``high`` or ``critical``."""
    return Severity.from_label(choice(*(level.label for level in Severity))(value))


def backlog(value: str) -> timedelta:
    """Read ``backlog:``: zero for ``none``, ``timedelta.max`` for ``all``."""
    word = value.strip()
    if word in {"none", "all"}:
        return timedelta() if word == "none" else timedelta.max
    try:
        return duration(word)
    except Unusable as error:
        raise Unusable("is neither none, all nor a duration", error.hint) from error


def network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Read a CIDR such as ``10.0.0.0/8``; a single address is a network of one."""
    try:
        return ipaddress.ip_network(value.strip())
    except ValueError as error:
        raise Unusable("is not a network", _network_hint(value.strip())) from error


def _network_hint(value: str) -> str:
    try:
        return f"did you mean `{ipaddress.ip_network(value, strict=False)}`?"
    except ValueError:
        return "write it as 10.0.0.0/8 or fd00::/8"


def zone(value: str) -> zoneinfo.ZoneInfo:
    """Read a time zone's name such as ``Asia/Tokyo``."""
    name = value.strip()
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = zoneinfo.available_timezones()
        cities = {zone_name.rpartition("/")[2]: zone_name for zone_name in sorted(known)}
        city = cities.get(name.title().replace(" ", "_"))
        hint = f"did you mean `{city}`?" if city else _guess(name, known)
        raise Unusable("is not a time zone", hint or "write a name such as Europe/Paris") from error


def country(value: str) -> str:
    """Read a country's two letters (ISO 3166-1), as lower case."""
    code = value.strip()
    if not re.fullmatch(r"[A-Za-z]{2}", code):
        raise Unusable("is not a country", "write its two letters, such as jp or fr")
    return code.lower()


def language(value: str) -> str:
    """Read a language tag (BCP 47), as lower case."""
    tag = value.strip().replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        meant = language_codes.guess(tag)
        hint = f"write {meant}" if meant else "write two letters, such as en or ja; Chinese may be zh-hant or zh-hans"
        raise Unusable("is not a language", hint)
    return tag.lower()


def identifier(value: str) -> str:
    """Read the id of a source, an entity or a rule."""
    if not re.fullmatch(r"\w[\w.-]{0,99}", value):
        raise Unusable("is not an id", "use letters, digits, - _ and . only, a letter or digit first")
    return value


def channel(value: str) -> str:
    """Read where a Slack message goes: ``#name``, a channel's or a user's id, ``@user``."""
    name = value.strip()
    if re.fullmatch(r"[#@][^\s#@,;:!?()<>A-Z]{1,80}|[CGUW][A-Z0-9]{1,20}", name):
        return name
    forms = 'right are "#name", "@user", or an id that begins with C, G or U'
    bare = name.lstrip("#@").lower().replace(" ", "-")
    if re.fullmatch(r"[\w.-]{1,80}", bare):
        lead = "@" if name.startswith("@") else "#"
        raise Unusable("is not a channel", f'did you mean "{lead}{bare}"? {forms}')
    raise Unusable("is not a channel", forms)


def address(value: str) -> str:
    """Read an http or https address; raises Unusable for one that carries a password."""
    url = value.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Unusable(f"is not a web address: {error}", _ADDRESS_HINT, secret="@" in url) from error
    if "@" in parts.netloc:
        raise Unusable(
            "holds a user name or a password",
            "remove them; write `auth: {basic: user:password}` in the source",
            secret=True,
        )
    if parts.scheme not in {"http", "https"}:
        bare = re.fullmatch(r"(?:feed:(?://)?)?(?:https?://)?(\w[\w.-]*\.\w+(?:[:/]\S*)?)", url)
        raise Unusable("is not a web address", f"write https://{bare[1]}" if bare else _ADDRESS_HINT)
    if not host or re.search(r"[\s<>\"{}|\\^`]", url):
        raise Unusable("is not a web address", _ADDRESS_HINT)
    return url


def proxy(value: str) -> str:
    """Read a proxy's address: ``http://[user:password@]host:port``."""
    url, hint = value.strip(), "write http://host:port, or http://user:password@host:port"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Unusable("is not a proxy's address", hint, secret=True) from error
    if parts.scheme not in {"http", "https"} or not host or not re.fullmatch(r"[!-~]+", url):
        raise Unusable("is not a proxy's address", hint, secret="@" in url)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise Unusable("has something behind the port, and a proxy has no path", hint, secret="@" in url)
    return url


def listen(value: str) -> tuple[str, int]:
    """Read where to listen: ``HOST:PORT``, or ``[IPv6]:PORT``."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})", value.strip())
    if not found or not 0 < int(found[3]) <= _LAST_PORT:
        raise Unusable("is not a place to listen at", "write 127.0.0.1:8322, or 0.0.0.0:8322 for every network")
    return found[1] or found[2], int(found[3])


def contact(value: str) -> str:
    """Read an e-mail address, for the From header."""
    mail = value.strip()
    if not re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", mail):
        raise Unusable("is not an e-mail address", "write one such as newsdesk@example.org")
    return mail


def header(value: str) -> str:
    """Read a text that can stand in an HTTP header."""
    line = value.strip()
    if not line or not re.fullmatch(r"[ -~]+", line):
        raise Unusable("cannot stand in an HTTP header", "use plain ASCII letters, digits and punctuation")
    return line


def credential(value: str) -> str:
    """Read a token: one word without blanks."""
    word = value.strip()
    if not re.fullmatch(r"[!-~]+", word):
        raise Unusable("is empty, or holds blanks or letters that no token has", secret=True)
    return word
