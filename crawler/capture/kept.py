"""Answers as they lie in the files of a capture, and whether they are what was received."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import CaptureError
from crawler.capture import warc
from crawler.capture.redaction import IN_BODY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from crawler.capture.index import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that can be read."""

    entry: Entry
    records: bytes  # as they lie in the file
    withheld: tuple[str, ...]  # names of what was left out

    @property
    def is_altered(self) -> bool:
        """Whether its body is not the one that was received."""
        return IN_BODY in self.withheld


def kept(folder: Path, entry: Entry) -> Kept:
    """Read an answer that an index names; raises CaptureError, which says what is wrong with its file."""
    try:
        with (folder / entry.file).open("rb") as file:
            file.seek(entry.offset)
            records = file.read(entry.length)
    except OSError as error:
        raise CaptureError(f"{entry.file} cannot be read: {error.strerror or error}") from error
    if len(records) < entry.length:
        raise CaptureError(f"{entry.file} was cut off")
    place = warc.Place(offset=0, length=entry.length)
    try:
        found = warc.read(io.BytesIO(records), place)
    except CaptureError as error:
        raise CaptureError(f"{entry.file} is damaged") from error
    if found.page and warc.digest_of(found.page.body) != entry.digest:
        raise CaptureError(f"{entry.file} is damaged: the body has another hash than the index says")
    return Kept(entry=entry, records=records, withheld=found.withheld)


def altered(folder: Path, entries: Iterable[Entry], sources: Collection[str]) -> int:
    """Count the answers of some sources, and of pages whose source is not known, whose bodies were altered."""
    number = 0
    for entry in entries:
        if entry.occasion and entry.occasion.source in {*sources, ""}:
            try:
                number += kept(folder, entry).is_altered
            except CaptureError:
                continue  # then it was not played, either
    return number
