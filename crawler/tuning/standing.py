"""How each rule does: what it found of late, and what people think of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.tuning.precision import NO_OPINIONS

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.story import Severity
    from alerts.tuning.precision import Precision
    from crawler.config.model import Config
    from crawler.store import Store

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One rule of the configuration, as the store knows it."""

    id: str
    name: str
    severity: Severity
    channels: tuple[str, ...]
    enabled: bool
    shadow: bool  # on trial
    volume: int | None  # stories found in WEEK, copies counted once; None: there is no store yet
    precision: Precision

    @property
    def state(self) -> str:
        """Whether it tells anybody: on, on trial or off."""
        return "off" if not self.enabled else "on trial" if self.shadow else "on"

    @property
    def facts(self) -> dict[str, object]:
        """The same for programs: shares from 0 to 1, None where nothing is known."""
        low, high = self.precision.interval
        known = self.precision.judged > 0
        return {
            "id": self.id,
            "name": self.name,
            "severity": self.severity.label,
            "channels": list(self.channels),
            "state": self.state,
            "enabled": self.enabled,
            "shadow": self.shadow,
            "volume_7d": self.volume,
            "precision": self.precision.share,
            "precision_low": low if known else None,
            "precision_high": high if known else None,
            "judged": self.precision.judged,
            "relevant": self.precision.relevant,
            "disputed": self.precision.disputed,
        }


async def standings(config: Config, store: Store | None, now: datetime) -> tuple[Standing, ...]:
    """Return every rule in the order of the file; without a ``store`` nothing is known of them. Raises StoreError."""
    volumes = await store.tuning.volumes(now - WEEK) if store else {}
    precisions = await store.people.precisions() if store else {}
    judge = config.judge
    return tuple(
        Standing(
            id=rule.id,
            name=rule.name,
            severity=rule.severity,
            channels=tuple(judge.channels(rule.id)),
            enabled=rule.enabled,
            shadow=rule.shadow,
            volume=volumes.get(rule.id, 0) if store else None,
            precision=precisions.get(rule.id, NO_OPINIONS),
        )
        for rule in config.rules.rules
    )
