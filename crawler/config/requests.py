"""What a source's requests carry besides the usual: ``headers:`` and ``auth:``."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from crawler.config import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.config.nodes import Section
    from crawler.config.secret import Secret

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = "remove it; Tocsin says this itself"
# Headers that carry the conversation itself, or that another key is for: name in lower case → the way out.
_RESERVED = {
    "user-agent": "write `fetch.user_agent`",
    "from": "write `fetch.contact`",
    "proxy-authorization": "write the password in `fetch.proxy`",
    **dict.fromkeys(
        (
            "accept-encoding",
            "connection",
            "content-length",
            "expect",
            "host",
            "if-match",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "keep-alive",
            "range",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ),
        _OURS,
    ),
}


def read_headers(section: Section) -> tuple[tuple[str, str], ...]:
    """Read ``headers:`` and ``auth:`` of a source as the headers that they become."""
    written: dict[str, tuple[str, str]] = {}
    for key, item in section.named("headers"):
        name = key.read(_name)
        value = item.read(_hidden(values.header))
        if name is None or value is None:
            continue
        if name.lower() in written:
            key.error(f"`{name}` stands twice here", "header names are the same in capitals and small letters")
        written[name.lower()] = (name, value)
    credentials = _read_auth(section)
    given = section.get("auth")
    if given and credentials and "authorization" in written:
        given.error("`auth` and a header `Authorization` are both given", "keep one of them")
    return (*written.values(), *([("Authorization", credentials)] if credentials else ()))


def user_and_password(value: str) -> str:
    """Read ``user:password``."""
    name, colon, password = value.strip().partition(":")
    if not colon or not name or not password or re.search(r"[\x00-\x1f\x7f]", value.strip()):
        raise values.Unusable("is not a user name and a password", "write user:password", secret=True)
    return value.strip()


def _read_auth(section: Section) -> str | None:
    below = section.section("auth")
    basic: Secret | None = below.secret("basic", user_and_password, "user:password")
    bearer = below.secret("bearer")
    if (basic or bearer) and all(below.tried(key) or below.tried(f"{key}_file") for key in ("basic", "bearer")):
        below.item.error("`basic` and `bearer` are both given", "keep one of them")
    if basic:
        return "Basic " + base64.b64encode(basic.reveal().encode()).decode()
    if bearer:
        return "Bearer " + bearer.reveal()
    if (given := section.get("auth")) and below.is_mapping and not given.node.value:
        given.error("`auth` is empty", "write `{basic: user:password}` or `{bearer: token}`")
    return None


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise values.Unusable("is not the name of a header", "write one such as Accept-Language")
    if (instead := _RESERVED.get(value.lower())) is not None:
        raise values.Unusable("cannot be set for one source", instead)
    return value


def _hidden(read: Callable[[str], str]) -> Callable[[str], str]:
    """Keep a value out of messages: headers carry keys and cookies."""

    def hidden(value: str) -> str:
        try:
            return read(value)
        except values.Unusable as error:
            raise values.Unusable(error.message, error.hint, secret=True) from error

    return hidden
