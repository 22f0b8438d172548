"""Delivery: what waits, what was refused, and the way of each message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from alerts.bulletin import Bulletin
from alerts.outbox import State
from alerts.routing.silence import Matcher, Silence
from alerts.slack.actions import Deed
from alerts.tuning.clauses import clauses_of
from crawler.config.values import Unusable, duration_between
from crawler.console.room import address, asked, back, form_of
from crawler.console.views import message_view
from crawler.store.reports import DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from crawler.console.room import Room
    from crawler.store.enquiries import Enquiry

PAGE = 50
TABS = {
    "": ("Waiting", frozenset({State.PENDING, State.SENDING, State.UNCLEAR})),
    "dead": ("Refused", frozenset({State.DEAD})),
    "sent": ("Sent", frozenset({State.SENT})),
    "other": ("Withdrawn or folded", frozenset({State.WITHDRAWN, State.FOLDED})),
    "all": ("All", frozenset()),
}
LONGEST_MUTE = timedelta(days=30)
REPLAY = "outbox-replay"  # as `tocsin outbox replay` calls it


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A state of messages to look at."""

    link: str
    name: str
    count: int | None  # None: too many to count
    current: bool


class Delivery:
    """Serves the lists, the page of one message, and what can be done about it."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [
            Route("/delivery", self.list),
            Route("/delivery/{key}", self.show),
            Route("/act/replay", self.replay, methods=["POST"]),
            Route("/act/vote", self.vote, methods=["POST"]),
            Route("/act/mute", self.mute, methods=["POST"]),
            Route("/act/unmute", self.unmute, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """Show messages in some state, the newest first."""
        room, chosen, below = self._room, asked(request, "state"), asked(request, "below") or None
        if chosen not in TABS:
            raise HTTPException(404, "There is no such list of messages.")
        states = TABS[chosen][1]
        found = await room.browse.deliveries(states=states, below=below, limit=PAGE + 1)
        gauge = await room.browse.gauge(room.now())
        older = found[PAGE - 1].delivery.key if len(found) > PAGE else None
        return room.page(
            request,
            "delivery.html",
            tabs=[_tab(key, chosen, gauge.outbox) for key in TABS],
            rows=[message_view(one) for one in found[:PAGE]],
            chosen=chosen,
            dead=gauge.outbox[State.DEAD],
            holds=gauge.holds,
            older=address("/delivery", {"state": chosen, "below": older}) if older else None,
            newest=address("/delivery", {"state": chosen}) if below else None,
        )

    async def show(self, request: Request) -> Response:
        """Show the way of one message."""
        room = self._room
        enquiry = await room.browse.message(request.path_params["key"])
        if enquiry is None:
            raise HTTPException(404, "There is no such message.")
        return room.page(
            request,
            "message.html",
            card=message_view(status_of(enquiry)),
            enquiry=enquiry,
            rules=[one.rule for one in enquiry.grounds],
            bulletin=enquiry.delivery.content if isinstance(enquiry.delivery.content, Bulletin) else None,
        )

    async def replay(self, request: Request) -> Response:
        """Let one message be tried again, or all that were refused."""
        form = await form_of(request)
        key = form.get("key", "")
        done = await self._room.people.replay([key] if key else None, self._room.audit(REPLAY, key))
        again = any(one.again for one in done)
        if again:
            self._room.wake()
        return back(form.get("to", "/delivery"), "replayed" if again else "nothing")

    async def vote(self, request: Request) -> Response:
        """Keep what somebody thinks of a message."""
        form = await form_of(request)
        relevant = form.get("relevant") == "yes"
        deed = Deed.RELEVANT if relevant else Deed.NOT_RELEVANT
        key, rule = form.get("key", ""), form.get("rule", "")
        clauses = partial(clauses_of, self._room.config().rules)
        why = self._room.audit(deed, key)
        kept = await self._room.people.vote(key, rule, relevant=relevant, why=why, clauses=clauses)
        return back(form.get("to", "/delivery"), "noted" if kept else "not-noted")

    async def mute(self, request: Request) -> Response:
        """Silence a rule for a while."""
        form = await form_of(request)
        rule = self._room.rule(form.get("rule", ""))
        try:
            span = duration_between(timedelta(minutes=1), LONGEST_MUTE)(form.get("for", "4h"))
        except Unusable as error:
            raise HTTPException(400, f"That {error.message}: {error.hint}.") from error
        why = self._room.audit(Deed.MUTE, rule.id)
        wanted = Silence(
            id="",
            matcher=Matcher(rules=(rule.id,)),
            author=why.user,
            comment="muted on the console",
            start=why.at,
            end=why.at + span,
        )
        await self._room.people.silence(wanted, why)
        return back(form.get("to", f"/rules/{rule.id}"), "muted")

    async def unmute(self, request: Request) -> Response:
        """End the silences of a rule and nothing else."""
        form = await form_of(request)
        rule = form.get("rule", "")
        ended = await self._room.people.unmute(rule, self._room.audit(Deed.UNMUTE, rule))
        return back(form.get("to", "/rules"), "unmuted" if ended else "not-muted")


def status_of(enquiry: Enquiry) -> DeliveryStatus:
    """Return how a message does, from what was written down about it."""
    last = enquiry.steps[-1] if enquiry.steps else None
    return DeliveryStatus(
        delivery=enquiry.delivery,
        reason=last.reason if last else "",
        detail=last.detail if last else "",
        changed=last.at if last else enquiry.delivery.queued,
        not_before=None,
        receipt=enquiry.delivery.receipt,
    )


def _tab(key: str, chosen: str, counts: Mapping[State, int]) -> Tab:
    name, states = TABS[key]
    known = states and states <= counts.keys()
    return Tab(
        link=address("/delivery", {"state": key}),
        name=name,
        count=sum(counts[one] for one in states) if known else None,
        current=key == chosen,
    )
