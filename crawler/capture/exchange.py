"""Exchange: one request and what became of it, and the visit that made it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from spiders.base import Page


class Kind(StrEnum):
    """What is visited."""

    SOURCE = "source"
    PAGE = "page"  # of an article


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A visit: all requests that were made for it have the same."""

    id: str  # unique in one capture
    kind: Kind
    source: str  # the source's id
    url: str  # what is visited, without secrets
    began: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there was no answer, as FetchError has it."""

    reason: str
    detail: str = ""
    status: int | None = None
    retry_after: timedelta | None = None

    @classmethod
    def of(cls, error: FetchError) -> Failure:
        """Return what an error says."""
        return cls(reason=error.reason, detail=error.detail, status=error.status, retry_after=error.retry_after)

    def error(self) -> FetchError:
        """Return the error that says it."""
        return FetchError(self.reason, self.detail, status=self.status, retry_after=self.retry_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request with its answer or failure; a visit that ended without a request has one without ``asked``."""

    occasion: Occasion | None  # None: made for no visit
    url: str
    asked: Mapping[str, str] | None  # the headers that were sent
    at: datetime  # when the answer was there
    page: Page | None  # None: there was none
    failure: Failure | None = None  # why
    withheld: tuple[str, ...] = field(default=())  # names of what was left out, for it may be secret

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 1_000 + (len(self.page.body) if self.page else 0)
