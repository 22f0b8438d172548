"""The words of a text in every script, and the runs of words by which texts are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

Hashes: TypeAlias = "npt.NDArray[np.uint64]"  # ascending, each once

WIDTH = 5  # tokens in a shingle

_HAN_AND_KANA = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_THAI_TO_MYANMAR = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f"  # with Lao and Khmer
_ALONE = _HAN_AND_KANA + _THAI_TO_MYANMAR
_MARKS = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff"  # \w knows no marks, and would cut a Hindi word at each vowel
_HAS_ALONE = re.compile(f"[{_ALONE}]").search
_IS_PLAIN = re.compile(f"[^{_ALONE}{_MARKS}]*").fullmatch
_HAS_HAN_OR_KANA = re.compile(f"[{_HAN_AND_KANA}]").search
_PLAIN = re.compile(r"\w+").findall  # what the other pattern finds in most texts, in half the time
_MIXED = re.compile(rf"(?=\w)[{_ALONE}]|(?:[^\W{_ALONE}]+|[{_MARKS}]+)+").findall
_LONGEST = 64  # letters; what has more is no word, and must not fill the memory
_KNOWN = 1 << 16  # tokens remembered: some 10 MB; the words of the news come again and again
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio, made odd (Knuth, TAOCP 6.4)
_SHIFT = np.uint64(29)


def tokens(text: str) -> list[str]:
    r"""Return the words of a text in NFKC and small letters, without punctuation.

    A word is a run of ``\w`` with its marks. Scripts without blanks between words (Han, kana, Thai, Lao, Khmer,
    Burmese) give a token for each letter.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    found: list[str] = _PLAIN(plain) if _IS_PLAIN(plain) else _MIXED(plain)
    return found


def words(found: Sequence[str]) -> float:
    """Return how many words tokens stand for: two Han or kana characters make about one, as do five Thai letters."""
    return sum(_weight(token) for token in found)


def hashes(found: Sequence[str], width: int = WIDTH) -> Hashes:
    """Return the 64-bit hashes of all runs of ``width`` tokens; fewer tokens than that are one run.

    The same in every process, so they may be handed about; whoever stores them must store ``width`` as well.
    """
    return runs_of(token_hashes(found), width)


def token_hashes(found: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Return the 64-bit hash of each token, in their order: for those who need runs of several widths.

    Of a token only the first 64 letters count.
    """
    if found and max(map(len, found)) > _LONGEST:
        found = [token[:_LONGEST] for token in found]
    return np.fromiter(map(_hash, found), np.uint64, len(found))


def runs_of(single: npt.NDArray[np.uint64], width: int) -> Hashes:
    """Return the hashes of all runs of ``width`` tokens, given the hash of each token."""
    width = min(width, single.size)
    if not width:
        return np.empty(0, np.uint64)
    count = single.size - width + 1
    mixed = single[:count].copy()
    for place in range(1, width):
        mixed *= _MULTIPLIER
        mixed ^= mixed >> _SHIFT
        mixed += single[place : place + count]
    mixed.sort()
    return mixed[np.concatenate(([True], mixed[1:] != mixed[:-1]))]


def shared(one: Hashes, other: Hashes) -> int:
    """Return how many hashes two sets have in common."""
    both = np.concatenate((one, other))
    both.sort()
    return int(np.count_nonzero(both[1:] == both[:-1]))


def _weight(token: str) -> float:
    if not _HAS_ALONE(token):
        return 1
    return 1 / 2 if _HAS_HAN_OR_KANA(token) else 1 / 5


@lru_cache(_KNOWN)
def _hash(token: str) -> int:
    return int.from_bytes(blake2b(token.encode(), digest_size=8).digest(), "little")
