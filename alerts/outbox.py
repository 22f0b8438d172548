"""What the courier asks of a store: deliveries, their states, and the Outbox protocol."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from string import ascii_lowercase
from typing import TYPE_CHECKING, Protocol

from alerts.bulletin import Bulletin
from alerts.routing.spec import Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.story import Alert


class State(StrEnum):
    """Where a delivery stands.

    pending → sending → sent; sending → unclear → sent | pending; any → dead; pending → withdrawn | folded. ``sending``
    is committed before the first byte goes out, so a row found in that state at start-up is unclear.
    """

    PENDING = "pending"
    SENDING = "sending"
    UNCLEAR = "unclear"
    SENT = "sent"
    DEAD = "dead"
    WITHDRAWN = "withdrawn"  # before it was sent: the story's page undid every reason for it
    FOLDED = "folded"  # before it was sent: the message of a storm lists it


FINAL = (State.SENT, State.DEAD, State.WITHDRAWN, State.FOLDED)
AUDITED, AUDIT_FAILED, AUDIT_GIVEN_UP = "audit", "audit-failed", "audit-given-up"  # what is logged of audits
EDITED = "edited"  # what is logged of an edit that was accepted
NAME_STARTS = frozenset(ascii_lowercase)  # a notifier's name begins so, and no channel of the main one does


def way_of(channel: str) -> str | None:
    """Return the name of the notifier that a channel is; None for a channel of the main notifier.

    What one way out refuses, or asks to wait for, says nothing about the others.
    """
    return channel if channel[:1] in NAME_STARTS else None


class Kind(StrEnum):
    """What a delivery is beside others about the same story."""

    POST = "post"  # a message of its own
    REPLY = "reply"  # in the thread of an earlier one


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where a sent message stands: enough to edit it or to reply to it later."""

    channel: str  # the id the other side uses, "C0ALERTS01"
    message: str  # Slack's ts, a string: as a float it loses a digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way."""

    key: str  # ULID; travels in the message's metadata and is what reconciliation looks for
    content: Alert | Bulletin
    state: State
    queued: datetime
    attempts: int = 0  # how often it was put on the wire
    looks: int = 0  # how often it was looked for in vain since it became unclear
    tried: datetime | None = None  # when it was first put on the wire
    resent: bool = False  # put on the wire again after an unclear answer
    rung: int = 0  # how far it was made plainer after refusals; 0 = the full card
    kind: Kind = Kind.POST
    parent: Receipt | None = None  # of a reply: the message it answers; None when that was never shown
    broadcast: bool = False  # of a reply: the channel sees it as well
    note: str = ""  # of a reply: all it says, when it tells of no match
    receipt: Receipt | None = None  # with State.SENT, where known
    revision: int = 0  # counts the changes of what it should say
    remark: str = ""  # what it says about its own way: that a fallback was used
    style: Style = Style.FULL
    template: str | None = None  # the user's own wording, by the name of its file; None: ours

    @property
    def channel(self) -> str:
        """Where it goes, as written in config.yaml."""
        return self.content.channel

    @property
    def alert(self) -> Alert:
        """The alert that it carries; raises TypeError when it carries a bulletin."""
        if isinstance(self.content, Bulletin):
            raise TypeError(f"the delivery {self.key} carries a bulletin, which is about no single story")
        return self.content

    @property
    def place(self) -> tuple[str, str]:
        """Where it would be found: its channel, and the message that its thread begins with."""
        return self.channel, self.thread.message if self.thread else ""

    @property
    def thread(self) -> Receipt | None:
        """The message in whose thread this one belongs; None for one that stands by itself."""
        return self.parent if self.kind is Kind.REPLY else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A message that was shown, and should say something else by now."""

    delivery: Delivery  # as it should read now
    revision: int  # what changes in the meantime has a higher one
    why: str
    face: bytes | None  # of what it shows; None: unknown
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What became of an edit."""

    reason: str  # stable short name: "edited", "nothing-new", "message-gone", "try-later" …
    detail: str = ""
    face: bytes | None = None  # of what it shows now; None: what it showed before
    not_before: datetime | None = None  # when to try again; None: done with


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A message that was sent again, and so may stand there twice."""

    delivery: Delivery
    settled: datetime  # when it was known last to stand there
    found: bool = False  # by a look: the last try had no answer, so it may stand there as well
    failing: datetime | None = None  # since when nobody could look for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an attempt or a look-up led to: the delivery's next state, and why."""

    state: State
    reason: str  # stable short name: "accepted", "found", "rate-limited", "not-found-twice" …
    detail: str = ""  # the other side's words
    not_before: datetime | None = None  # when to look at it again; None for final states
    receipt: Receipt | None = None  # with State.SENT, where known
    attempts: int | None = None  # of the delivery when this was decided: what came after is not undone; None: any
    looks: int = 0
    resent: bool = False
    rung: int = 0
    face: bytes | None = None  # of the card that was shown
    apart: bool = False  # a reply whose thread is gone: it is to stand by itself
    audit: datetime | None = None  # when to look whether it stands there twice; None: no need


class Outbox(Protocol):
    """Deliveries, kept where a crash cannot reach them. Every method commits before it returns."""

    async def recover(self, now: datetime) -> int:
        """Make every ``sending`` delivery ``unclear``, due at once, and say how many; called at start-up.

        What was refused is tried again: a restart often follows a repair.
        """

    async def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Return pending and unclear deliveries whose time has come, at most ``limit`` of each channel.

        None on held channels; critical ones come first, then the oldest. However much waits for one channel,
        the others are seen. A reply is not due before it is known what became of the message it answers.
        """

    async def edits(self, now: datetime, limit: int) -> Sequence[Edit]:
        """Return up to ``limit`` messages that should be edited now, the longest due first; none on held channels."""

    async def settle_edit(self, edit: Edit, edited: Edited, now: datetime) -> None:
        """Write what became of an edit; what changed since it was read stays due."""

    async def audits(self, now: datetime, limit: int) -> Sequence[Suspect]:
        """Return up to ``limit`` sent messages to be looked for once more; none on held channels."""

    async def settle_audit(
        self, key: str, now: datetime, *, reason: str = AUDITED, detail: str = "", not_before: datetime | None = None
    ) -> None:
        """Write that a message was looked for once more, or is to be at ``not_before``.

        With a ``detail`` it is logged for ``why``; of what has the ``reason`` AUDIT_FAILED, ``audits`` knows the first.
        """

    async def next_due(self) -> datetime | None:
        """Return the earliest moment at which ``due`` may return something; None when all is final."""

    async def begin(self, key: str, now: datetime, *, attempts: int | None = None) -> Delivery | None:
        """Move a pending delivery to ``sending``, count the attempt, and return how it reads; None when it is not.

        Nor is it pending when it has not so many ``attempts`` behind it: somebody else has tried since it was read.
        What changes from now on is an edit.
        """

    async def settle(self, key: str, settlement: Settlement, now: datetime) -> None:
        """Write what an attempt or a look-up led to, and log it for ``why``.

        Raises Overtaken when somebody else has settled it, or begun it anew, in the meantime.
        """

    async def hold(self, channel: str | None, until: datetime | None, reason: str, *, refused: bool = False) -> None:
        """Keep a channel's deliveries (None: the main notifier's) back until a moment; None releases them.

        ``refused`` says that somebody has to mend something, so a restart tries again at once; otherwise the
        other side asked to wait, which a restart does not change.
        """
