"""How a configuration wants people to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.intake.calm import Manner
from crawler.intake.held import names_of

if TYPE_CHECKING:
    from crawler.config.model import Config


def manner_of(config: Config) -> Manner:
    """Return how a configuration wants to be told."""
    cards = config.cards
    return Manner(
        same_story=cards.same_story,
        hold=cards.hold,
        thread_life=cards.thread_life,
        routing=config.routing,
        style=cards.style,
        template=cards.template,
        rules=names_of(config.rules),
    )
