"""The files of the Slack stand-in: uploaded in three steps, and shown only once Slack has looked through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta


@dataclass(slots=True)
class File:
    """A file on its way."""

    id: str
    length: int
    content: bytes | None = None
    completed: datetime | None = None


class Files:
    """What was uploaded, in no channel; ``looking`` is how long Slack looks at a file before it knows what it is."""

    def __init__(self, *, now: Callable[[], datetime], looking: timedelta) -> None:
        self.all: dict[str, File] = {}
        self._now = now
        self._looking = looking

    def announce(self, length: int) -> str:
        """Make room for a file of so many bytes, and return its id."""
        one = File(f"F0FILE{len(self.all) + 1:04d}", length)
        self.all[one.id] = one
        return one.id

    def take(self, file: str, content: bytes) -> bool:
        """Take the bytes; False when they are not as many as announced, or nobody announced them."""
        one = self.all.get(file)
        if one is None or len(content) != one.length:
            return False
        one.content = content
        return True

    def complete(self, ids: Sequence[str]) -> list[dict[str, Any]] | None:
        """End the upload of files; None when one of them was not uploaded."""
        files = [self.all.get(one) for one in ids]
        if not files or any(one is None or one.content is None for one in files):
            return None
        for one in files:
            if one:
                one.completed = self._now()
        return [{"id": one} for one in ids]

    def described(self, file: str) -> dict[str, Any] | None:
        """Return what is known of a file: no type before it was looked at. None when there is none."""
        if file not in self.all:
            return None
        return {"id": file, "mimetype": "image/png" if self._is_ready(file) else "", "channels": []}

    def errors(self, blocks: Collection[Mapping[str, Any]]) -> list[str]:
        """Return the places of a message that show a file which cannot be shown yet."""
        shown = [
            (number, block["slack_file"].get("id")) for number, block in enumerate(blocks) if "slack_file" in block
        ]
        return [
            f"invalid slack file [json-pointer:/blocks/{number}/slack_file]"
            for number, file in shown
            if not self._is_ready(file)
        ]

    def _is_ready(self, file: str) -> bool:
        one = self.all.get(file)
        return one is not None and one.completed is not None and one.completed + self._looking <= self._now()
