"""The chain of a story, an address or a message, for pages and programs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from crawler.why.chain import Chain, Clock
from crawler.why.inquiry import chain_about, facts_about

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.config.model import Config
    from crawler.why.subject import Subject


async def chain_for(config: Config, subject: Subject, now: datetime, *, rule: str | None = None) -> Chain:
    """Return what became of something, with ``rule`` as far as that goes; raises StoreError."""

    def ask() -> Chain:
        facts = facts_about(config, subject, now)
        return chain_about(facts, config, Clock(now=now, zone=config.timezone), only=rule)

    return await asyncio.to_thread(ask)
