"""The keys by which equal texts are found: copies across outlets, and unchanged entries."""

from __future__ import annotations

import unicodedata
from hashlib import blake2b
from itertools import accumulate

from alerts.rules.fold import MARK, fold, is_one_by_one, is_unspaced

ENOUGH_WORDS = 12  # a headline of six words with a short sentence; fewer may be equal by coincidence


def copy_key(title: str, text: str) -> bytes | None:
    """Return 16 bytes that are equal for copies of a story, whatever their case, accents and punctuation.

    None when title and text together have fewer than ENOUGH_WORDS words: two ministries that announce a
    "Press conference" tell two stories. Two Han or Hiragana characters count as one word, and so do five
    characters of a script without blanks between words, such as Thai.
    """
    fields = [" ".join(token for token in fold(field).split() if token != MARK) for field in (title, text)]
    counts = accumulate(_words(token) for field in fields for token in field.split())
    return _digest(fields) if any(words >= ENOUGH_WORDS for words in counts) else None


def fingerprint(title: str, text: str) -> bytes:
    """Return 16 bytes that change with any change of a title or text but one of spacing or Unicode form."""
    return _digest([" ".join(unicodedata.normalize("NFC", field).split()) for field in (title, text)])


def _words(token: str) -> float:
    if is_one_by_one(token):
        return 1 / 2
    return len(token) / 5 if is_unspaced(token[0]) else 1


def _digest(fields: list[str]) -> bytes:
    return blake2b("\n".join(fields).encode("utf-8", "surrogatepass"), digest_size=16).digest()
