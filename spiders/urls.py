"""The canonical form of an address: two links to one page compare equal."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import idna

from spiders.suffixes import registrable
from spiders.tracking import is_tracking

_LIMIT = 4_096  # characters; longer ones are traps, not links
_RAW_LIMIT = 4 * _LIMIT  # before tracking is taken off
_HOST_LIMIT = 253  # RFC 1035
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_PATH_SAFE = "/:@!$&'()*+,;=~%-._"
_QUERY_SAFE = _PATH_SAFE + "?"
_PLAIN = re.compile(r"[A-Za-z0-9/:@!$&'()*+,;=~._?-]*")  # nothing to quote or to unquote
_ESCAPE = re.compile(r"%(?:[0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ENTITY = re.compile(r"(?:^|&)(?:amp;)+")  # a link that was escaped twice
_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*|/\((?:[A-Z]\([a-z0-9]{1,40}\))+\)(?=/)", re.IGNORECASE)
_ROUTE = re.compile(
    r"[!/].*\w.*|[\w-]+(?:/[\w.-]+)+"
)  # "#!/a", "#/a", "#s/a1": what scripts show, not a place in the page
_POST = re.compile(
    r"(?:live|ticker|lb)?[-_]?(?:blog)?[-_]?(?:post|block|entry|update|asset)[-_:](?=.*\d)[\w.:~%-]+|h_[0-9a-f]{32}",
    re.IGNORECASE,
)


def canonical(url: str, base: str | None = None) -> str | None:
    """Return the canonical http(s) address, or None when there is none. It can be fetched, and shown.

    Lower-case IDNA host (UTS 46), no default port, no user, no session, no tracking parameter; dot segments and
    percent-encoding as RFC 3986 (6.2.2) normalises them. The order of the other parameters is kept because some
    servers care. A fragment is kept where it says what is read: a script's route (``#!``, ``#/``), or one post of a
    live blog.
    ``canonical(canonical(u)) == canonical(u)``.
    """
    if len(url) > _RAW_LIMIT:
        return None
    try:
        parts = urlsplit(urljoin(base, _slashed(url.strip())) if base else _slashed(url.strip()))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or host is None:
        return None
    netloc = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    query, fragment = parts.query and _query(parts.query), parts.fragment and _fragment(parts.fragment)
    address = urlunsplit((parts.scheme, netloc, _path(parts.path), query, fragment))
    return address if len(address) <= _LIMIT else None


def site_of(url: str) -> str:
    """Return the registrable domain of an address (``news.example.co.uk`` → ``example.co.uk``), else its host."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
    is_address = ":" in host or host.replace(".", "").isdigit()
    return registrable(host) or (host if is_address else ".".join(host.split(".")[-2:]))  # unknown suffixes: one label


def _slashed(url: str) -> str:
    r"""Read ``\`` before the query as browsers do: as ``/``."""
    if "\\" not in url:
        return url
    end = min((at for sign in "?#" if (at := url.find(sign)) >= 0), default=len(url))
    return url[:end].replace("\\", "/") + url[end:]


@lru_cache(maxsize=4_096)
def _host(name: str) -> str | None:
    """Return a host's one spelling, None for what cannot be one; raises ValueError, too."""
    if ":" in name:
        return f"[{IPv6Address(name).compressed}]" if "%" not in name else None
    if not name.isascii():
        name = _ascii(name)
    name = name.lower().removesuffix(".")
    return name if len(name) <= _HOST_LIMIT and _HOST.fullmatch(name) else None


def _ascii(name: str) -> str:
    """Return the A-labels that browsers ask for; the codec knows only IDNA 2003, in which ``ß`` is ``ss``."""
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        return name.encode("idna").decode("ascii")  # emoji, which the newer standard leaves out


def _path(path: str) -> str:
    path = _quoted(path, _PATH_SAFE)
    if ";" in path or "/(" in path:
        path = _SESSION.sub("", path)
    return (_undotted(path) if "/." in path else path) or "/"


def _undotted(path: str) -> str:
    """Resolve ``.`` and ``..`` (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    if "amp;" in query:
        query = _ENTITY.sub("&", query)
    parts = (part.partition("=") for part in _quoted(query, _QUERY_SAFE).split("&") if part)
    return "&".join(name + sign + value for name, sign, value in parts if not is_tracking(name, value))


def _fragment(fragment: str) -> str:
    fragment = _quoted(fragment, _QUERY_SAFE)
    return fragment if _ROUTE.fullmatch(fragment) or _POST.fullmatch(fragment) else ""


def _quoted(text: str, safe: str) -> str:
    """Return the one percent-encoding of a text: nothing encoded that need not be, capitals, no stray ``%``."""
    if _PLAIN.fullmatch(text):
        return text
    return _ESCAPE.sub(_escape, quote(text, safe=safe, errors="replace"))


def _escape(found: re.Match[str]) -> str:
    code = found[0]
    if len(code) == 1:
        return "%25"
    char = chr(int(code[1:], 16))
    return char if char in _UNRESERVED else code.upper()
