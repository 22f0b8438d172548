"""How Tocsin's log lines look: one event a line, its facts as key=value, ids first."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PACKAGES = ("crawler", "spiders", "alerts")
_STANDARD_ERROR = 2  # its descriptor


def facts(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    """Yield what was passed as ``extra=`` in the order in which it was passed."""
    return ((key, value) for key, value in vars(record).items() if key not in _STANDARD)


class KeyValue(logging.Formatter):
    """``at=… level=info event="source failing" source=nhk reason=timeout``: one line, safe to grep."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; a traceback follows on lines of its own."""
        pairs = [
            ("at", _moment(record).isoformat(timespec="milliseconds")),
            ("level", record.levelname.lower()),
            ("event", record.getMessage()),
            *facts(record),
        ]
        return _with_traceback(self, record, " ".join(f"{key}={_quoted(value)}" for key, value in pairs))


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON object; a traceback becomes its ``traceback``."""
        fields: dict[str, Any] = {
            "at": _moment(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        } | dict(facts(record))
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


class Pretty(logging.Formatter):
    """For a terminal: local time, the event, its facts, colour for what needs attention."""

    COLOURS = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[1;31m"}  # noqa: RUF012 — never changed

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line for people."""
        clock = _moment(record).astimezone().strftime("%H:%M:%S")
        details = "  ".join(f"\x1b[2m{key}=\x1b[0m{_quoted(value)}" for key, value in facts(record))
        colour = self.COLOURS.get(record.levelname, "")
        line = f"\x1b[2m{clock}\x1b[0m {colour}{record.getMessage()}\x1b[0m  {details}".rstrip()
        return _with_traceback(self, record, line)


class ForJournal(logging.Formatter):
    """Puts the priority before each line, as systemd's journal takes it: see sd-daemon(3) and syslog(3)."""

    _PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of the inner formatter, each with its priority."""
        priority = next((one for level, one in self._PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in self._inner.format(record).splitlines())


def leads_to_journal(environ: Mapping[str, str], descriptor: int) -> bool:
    """Tell whether what is written to a descriptor goes to the journal, as systemd says in ``JOURNAL_STREAM``."""
    said = environ.get("JOURNAL_STREAM", "")
    if not said:
        return False
    found = os.fstat(descriptor)
    return said == f"{found.st_dev}:{found.st_ino}"


def configure(style: str, level: str) -> None:
    """Send the log to standard error in the given style (``auto`` decides by whether it is a terminal)."""
    if style == "auto":
        style = "pretty" if sys.stderr.isatty() else "keyvalue"
    handler = logging.StreamHandler(sys.stderr)
    formatter: logging.Formatter = {"pretty": Pretty, "keyvalue": KeyValue, "json": Json}[style]()
    if leads_to_journal(os.environ, _STANDARD_ERROR):
        formatter = ForJournal(formatter)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a beat skipped while a long reload is at work is no news
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(level.upper())


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _quoted(value: object) -> str:
    text = str(value)
    return text if text and not any(sign in text for sign in ' "=\n\r\t') else json.dumps(text, ensure_ascii=False)


def _with_traceback(formatter: logging.Formatter, record: logging.LogRecord, line: str) -> str:
    return f"{line}\n{formatter.formatException(record.exc_info)}" if record.exc_info else line
