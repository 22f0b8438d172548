"""The chain of a message that tells of many stories, or of Tocsin itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin
from alerts.outbox import State
from crawler.why.chain import Chain, Mark, Step, sentence
from crawler.why.messages import message_step, sent_at

if TYPE_CHECKING:
    from crawler.store.trails import Bulletins
    from crawler.why.chain import Clock

_WHAT = {
    "digest": "a digest",
    "summary": "a summary of what was held back",
    "storm": "the message of a storm, which lists what came at once",
    "health": "about how Tocsin and its sources do",
}


def chain_of_message(found: Bulletins, clock: Clock) -> Chain:
    """Return the chain of a message that no single story is behind."""
    delivery, sent = found.enquiry.delivery, sent_at(found.enquiry)
    title = delivery.content.title if isinstance(delivery.content, Bulletin) else ""
    topic = delivery.content.topic.value if isinstance(delivery.content, Bulletin) else "message"
    lists = f"; it lists {found.lists} {'story' if found.lists == 1 else 'stories'}" if found.lists else ""
    when = f" at {clock.at(sent)}" if sent else ""
    what = Step(name="message", mark=Mark.PASSED, reason=topic, says=f"{_WHAT.get(topic, topic)}{lists}")
    return Chain(
        verdict=sentence(f"Told in {delivery.channel}{when}: it is {_WHAT.get(topic, topic)}{lists}"),
        told=delivery.state is State.SENT,
        ended="message",
        reason=topic,
        steps=(what, message_step(found.enquiry, (), None, clock, name="delivery")),
        title=title,
    )
