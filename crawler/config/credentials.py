"""What is named like a credential, and which values are secrets where; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = "REDACTED"
LONG = 12  # characters of a value that no text has by chance

_END = r"(?=:?(?:\s|$))"  # of a word; a colon behind it is the sentence's
_WORD = re.compile(rf"\S+?{_END}")
_ADDRESS = re.compile(rf"(https?://)(?:[^/?#\s]*@)?([^/?#\s]+?)(?:[/?#]\S*?)?{_END}")
_USER = re.compile(r"(?<=://)[^/?#\s]*@")  # to the last @: careless people do not escape those of a password
_NAMES = (
    r"(?:x[-_])?(?:(?:access|auth|api|app|client|id|refresh|session|user)?[-_]?(?:token|key|secret)"
    r"|auth|authorization|pass|passwd|password|pwd|jwt|sid|session|session[-_]?id|sig|signature)|x-amz-[a-z-]+"
)
_PARAMETER = re.compile(rf"([?&;#](?:{_NAMES})=)[^&;#\s\"'<>]*", re.IGNORECASE)
_PART = re.compile(rf"(?<![^-_.])(?:{_NAMES})(?![^-_.\d])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Values that must not be written; who takes them one by one takes all of them for credentials."""

    everywhere: frozenset[str]  # credentials, and what is too long to occur by chance
    in_addresses: frozenset[str] = frozenset()  # elsewhere they may be words like others

    def __iter__(self) -> Iterator[str]:
        yield from self.everywhere | self.in_addresses


def is_credential(name: str) -> bool:
    """Whether a variable or parameter is named like one that holds a secret, be it in one part of its name."""
    return _PART.search(name) is not None


def without_credentials(url: str) -> str:
    """Return an address without user, password, and values of parameters that are named like credentials."""
    return _PARAMETER.sub(rf"\g<1>{HIDDEN}", _USER.sub("", url))


def tellable(text: str, *, concealed: bool = False) -> str:
    """Return a text as it may be kept and shown: without credentials; of ``concealed`` addresses only hosts."""
    if concealed:
        return _ADDRESS.sub(r"\1\2/…", text)
    return _WORD.sub(lambda word: without_credentials(word[0]), text)
