"""Gathers what the HTML report of a replay shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.errors import StoreError
from crawler.replay.difference import compare
from crawler.replay.page import Change, Report
from crawler.replay.samples import newest_messages, of_decisions, samples
from crawler.replay.volume import volume_of
from crawler.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crawler.config.model import Config
    from crawler.replay.nouns import Request, Result

_UNCHANGED = 5  # cards of what did not change


def report_of(
    config: Config,
    request: Request,
    result: Result,
    before: Result | None,
    *,
    made: datetime,
    name: str,
    against: str = "",
    number: int = 30,
    renamed: Mapping[str, str] | None = None,
) -> Report:
    """Return the report of a replay of the rules in the file ``name``, with up to ``number`` cards of each kind.

    Raises StoreError.
    """
    archive = Archive.of(config.store)
    if archive is None:
        raise StoreError("the store is gone")
    volume = volume_of(result, config.timezone)
    rules = sorted(request.rules or ())
    title = f"Replay of {', '.join(rules) if 0 < len(rules) <= 3 else name}"  # noqa: PLR2004  fit a line
    with archive:
        difference = compare(result, before, renamed) if before else None
        sides = (
            (
                ("gained", difference.gained, number),
                ("lost", difference.lost, number),
                ("unchanged", difference.unchanged, _UNCHANGED),
            )
            if difference
            else ()
        )
        return Report(
            title=f"{title}, compared with {against}" if against else title,
            made=made,
            zone=config.timezone,
            result=result,
            volume=volume,
            samples=() if difference else samples(archive, newest_messages(result, number)),
            changes=[
                Change(name=name, number=len(some), samples=samples(archive, of_decisions(some, most)))
                for name, some, most in sides
            ],
            before=volume_of(before, config.timezone) if before else None,
            rules=rules,
            against=against,
            graver=difference.graver if difference else 0,
            renamed=difference.renamed if difference else {},
        )
