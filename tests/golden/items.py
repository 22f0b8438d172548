"""The golden set as values: each item a story of ours and what the shipped rules must make of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from alerts.story import Severity

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One story, and what must come of it."""

    id: str
    topic: str  # the rule it was written for: the name of its file
    lang: str
    title: str
    body: str
    rules: frozenset[str] = frozenset()  # all rules that must fire
    severity: Severity | None = None  # of the strongest; None where nothing fires
    highlights: tuple[str, ...] = ()  # words that must be marked
    blind: bool = False  # written without sight of the rules


def load_golden() -> tuple[Item, ...]:
    """Read the items of every file; an unknown or missing key raises TypeError."""
    files = sorted(HERE.glob("*.yaml"))
    return tuple(_item(path.stem, values) for path in files for values in yaml.safe_load(path.read_text("utf-8")))


def _item(topic: str, values: dict[str, Any]) -> Item:
    severity = values.pop("severity", None)
    return Item(
        topic=topic,
        rules=frozenset(values.pop("rules")),
        severity=Severity.from_label(severity) if severity else None,
        highlights=tuple(values.pop("highlights", ())),
        **values,
    )
