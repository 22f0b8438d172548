"""Where everything is kept, and what runs the work: ``store:`` and ``engine:``."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from crawler.config import values
from crawler.extras import way_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from crawler.config.nodes import Section

DEFAULT_STORE = "sqlite:///var/tocsin.db"
EMBEDDED, PROCRASTINATE = "embedded", "procrastinate"

_SQLITE = "sqlite:///"
_POSTGRES = "postgresql+psycopg"
_SCHEMES = frozenset({_POSTGRES, "postgresql", "postgres"})
_WRITE = f"write {DEFAULT_STORE}, or {_POSTGRES}://user@host/database"
# What of libpq's parameters may stand behind the `?`; all others are ours to set, or would change what we rely on.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_PARAMETERS = frozenset(
    {
        *("host", "port", "passfile", "target_session_attrs", "require_auth", "channel_binding", "krbsrvname"),
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_min_protocol_version", "gssencmode"),
    }
)


def store_in(folder: Path) -> Callable[[str], str]:
    """Read ``store:``; a relative path is one below ``folder``."""

    def read(value: str) -> str:
        url = value.strip()
        if url.partition(":")[0] in _SCHEMES:
            return _server(url)
        path = url.removeprefix(_SQLITE)
        if path == url:
            raise values.Unusable("is not a store", _WRITE, secret="@" in url)
        if not path or path.endswith("/") or re.search(r"[?#\0]|^:memory:$", path):
            raise values.Unusable("names no file", f"write {DEFAULT_STORE}")
        return _SQLITE + str((folder / Path(path)).resolve())

    return read


def read_engine(section: Section, store: str | None) -> str:
    """Read ``engine:``, which is ``embedded`` or ``procrastinate``; ``auto`` chooses by the store, None: unusable."""
    is_file = store is None or store.startswith(_SQLITE)
    asked = section.read("engine", values.choice("auto", EMBEDDED, PROCRASTINATE), "auto")
    if asked == PROCRASTINATE and store is not None and is_file and (written := section.get("engine")):
        written.error(
            "`engine: procrastinate` shares the work among machines, and a file of SQLite is on one",
            f"write `engine: auto`, or `store: {_POSTGRES}://user@host/database`",
        )
    if asked != "auto":
        return asked
    return EMBEDDED if is_file else PROCRASTINATE


def _server(url: str) -> str:
    """Return the address of a database with each part spelled in one way."""
    if find_spec("psycopg") is None:
        raise values.Unusable("needs psycopg, which is not installed", way_to("scale"), secret=True)
    parts = _parted(url)
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database:
        hint = f"write {_POSTGRES}://user@host/database"
        raise values.Unusable("names no database", hint, secret=parts.password is not None)
    query = parse_qsl(parts.query, keep_blank_values=True)
    for name, _ in query:
        if name not in _PARAMETERS:
            close = values.did_you_mean(name, _PARAMETERS)
            hint = f"did you mean `{close}`?" if close else f"known are {', '.join(sorted(_PARAMETERS))}"
            raise values.Unusable(f"has the parameter `{name}`, which cannot be set here", hint, secret=True)
    who = ":".join(quote(unquote(one), safe="") for one in (parts.username, parts.password) if one is not None)
    where = parts.netloc.rpartition("@")[2]
    more = f"?{urlencode(query)}" if query else ""
    return f"{_POSTGRES}://{who}{'@' if who else ''}{where}/{quote(database, safe='')}{more}"


def _parted(url: str) -> SplitResult:
    """Return the parts of an address; raises Unusable where they cannot be told apart."""
    hint = "in a user and a password write @ as %40, / as %2F, : as %3A, # as %23, ? as %3F and % as %25"
    try:
        parts = urlsplit(url)
        is_sound = url.count("@") <= 1 and not parts.fragment and parts.port != 0
        is_sound = is_sound and url.startswith(f"{parts.scheme}://") and not re.search(r"[\s\0]", url)
        if is_sound and not re.search(r"%(?![0-9A-Fa-f]{2})", parts.netloc):
            return parts
    except ValueError:
        pass
    raise values.Unusable("is no address of a database", hint, secret=True)
