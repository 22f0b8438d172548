"""Values as plain facts that JSON can hold."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum

from alerts.rules.spec import Text
from alerts.story import Severity


def plain(value: object) -> object:
    """Return a value as JSON can hold it: times in ISO 8601, durations in seconds, severities by their names."""
    if is_dataclass(value) and not isinstance(value, type | Text):
        return {one.name.rstrip("_"): plain(getattr(value, one.name)) for one in fields(value) if one.repr}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(str(plain(one)) for one in value)
    return _word(value)


def _word(value: object) -> object:
    """Return a single value as the configuration would write it."""
    if isinstance(value, Text):
        return value.value.strip()
    if isinstance(value, Enum):
        return value.label if isinstance(value, Severity) else value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
