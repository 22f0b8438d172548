"""The folder of a capture: the file that is written, when the next one begins, and which are old enough to go."""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

import crawler
from crawler.capture import commits, warc
from crawler.capture.commits import COMMITS, Commit
from crawler.capture.index import INDEX, WARC, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crawler.capture.exchange import Exchange
    from crawler.config.model import Config

log = logging.getLogger(__name__)

LARGEST = 64 * 1024 * 1024  # bytes of a file, about
LONGEST = timedelta(hours=1)  # that a file is written to
RULES = "rules"  # the folder of what rules said
MOST_RULES = 500  # revisions that are kept
_NAME = "%Y%m%dT%H%M%S"


@dataclass(slots=True)
class _Open:
    """The file that is written."""

    name: str
    began: datetime
    records: BinaryIO
    index: BinaryIO
    commits: BinaryIO

    def close(self) -> None:
        for file in (self.records, self.index, self.commits):
            file.close()

    def flush(self) -> None:
        for file in (self.records, self.index, self.commits):
            file.flush()


def folder_of(config: Config) -> Path:
    """Return where the capture is: beside the store's file, or of a server's database beside the folder of copies."""
    file = config.store.removeprefix("sqlite:///")
    if file != config.store:
        return Path(file).parent / "capture"
    database = unquote(urlsplit(config.store).path.removeprefix("/")).replace("/", "_")
    return config.care.backup.path.parent / f"capture-{database}"


class Shelf:
    """Writes exchanges; belongs to one thread at a time."""

    def __init__(self, folder: Path, kept: timedelta, *, largest: int = LARGEST, longest: timedelta = LONGEST) -> None:
        """``kept`` says for how long a file stays after it is full."""
        self._folder = folder
        self._kept = kept
        self._largest = largest
        self._longest = longest
        self._open: _Open | None = None
        self._tidied: datetime | None = None

    def write(self, notes: Sequence[Exchange | Commit], now: datetime) -> int:
        """Write exchanges and commits, let old files go, and return how many bytes were written; raises OSError.

        After an OSError the file that was written is left as it is and the next one begun: what the index does not
        name was not finished, and nobody reads it.
        """
        self._tidy(now)
        written = 0
        try:
            for note in notes:
                written += self._commit(note, now) if isinstance(note, Commit) else self._write(note, now)
            if self._open:
                self._open.flush()
        except OSError:
            self.close()
            raise
        return written

    def keep_rules(
        self, revision: str, rules: Mapping[str, object], now: datetime, names: Mapping[str, object] | None = None
    ) -> None:
        """Write down what rules say, and the ``names`` in them, once for each revision; raises OSError."""
        folder = self._folder / RULES
        path = folder / f"{revision}.json"
        if path.exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"revision": revision, "since": now.isoformat(), "rules": rules, "names": names or {}}
        draft = folder / f".{revision}.new"
        draft.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(path)
        for old in sorted(folder.glob("*.json"), key=lambda one: one.stat().st_mtime_ns)[:-MOST_RULES]:
            old.unlink(missing_ok=True)

    def close(self) -> None:
        """Finish the file that is written."""
        if self._open:
            opened, self._open = self._open, None
            opened.close()

    def _write(self, exchange: Exchange, now: datetime) -> int:
        opened = self._file(now)
        place = warc.write(opened.records, exchange)
        digest = warc.digest_of(exchange.page.body) if exchange.page else None
        opened.records.flush()  # before the index says that it is there
        opened.index.write(line_of(exchange, place, opened.name, digest).encode())
        return place.length

    def _commit(self, commit: Commit, now: datetime) -> int:
        return self._file(now).commits.write(commits.line_of(commit).encode())

    def _file(self, now: datetime) -> _Open:
        opened = self._open
        if opened:
            is_young = timedelta(0) <= now - opened.began < self._longest  # clocks are set back, too
            if not is_young or opened.records.tell() >= self._largest:
                self.close()
        return self._open or self._begin(now)

    def _begin(self, now: datetime) -> _Open:
        self._folder.mkdir(parents=True, exist_ok=True)
        records, stem = self._new(now)
        with ExitStack() as opened:
            opened.push(records)
            index, lines = (
                opened.enter_context((self._folder / f"{stem}{end}").open("xb")) for end in (INDEX, COMMITS)
            )
            opened.pop_all()
        self._open = _Open(name=f"{stem}{WARC}", began=now, records=records, index=index, commits=lines)
        warc.begin(records, self._open.name, f"tocsin/{crawler.__version__}", now)
        return self._open

    def _new(self, now: datetime) -> tuple[BinaryIO, str]:
        """Make a file that was not there: two of one second are numbered."""
        for number in range(10_000):
            stem = f"{now.astimezone(UTC):{_NAME}}-{number:04}"
            try:
                return (self._folder / f"{stem}{WARC}").open("xb"), stem
            except FileExistsError:
                continue
        raise FileExistsError(f"{self._folder} holds too many files of one second")

    def _tidy(self, now: datetime) -> None:
        """Let files go that are older than is kept, at most every few minutes."""
        often = min(self._longest, self._kept) / 6
        if self._tidied is not None and timedelta(0) <= now - self._tidied < often:
            return
        self._tidied = now
        old = [path for path in outdated(self._folder, now - self._kept - self._longest) if not self._is_open(path)]
        size = 0
        for path in old:
            size += path.stat().st_size
            path.unlink(missing_ok=True)
        if old:
            files = sum(path.name.endswith(WARC) for path in old)
            log.info("capture-dropped", extra={"files": files, "bytes": size, "older_than": str(self._kept)})

    def _is_open(self, path: Path) -> bool:
        return self._open is not None and path.name.startswith(self._open.name.removesuffix(WARC))


def outdated(folder: Path, before: datetime) -> Iterable[Path]:
    """Return the files that were begun before a moment, by their names, oldest first."""
    found = []
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        if not path.name.endswith((WARC, INDEX, COMMITS)):
            continue
        try:
            began = datetime.strptime(path.name[:15], _NAME).replace(tzinfo=UTC)
        except ValueError:
            continue  # somebody else put it there
        if began < before:
            found.append(path)
    return found
