from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.slack.actions import Action, Asked, Asker, Deed
from alerts.slack.commands import read_command
from alerts.slack.desk import Answer, Audit, answer
from tests.fakes import NOON
from tests.fakes_desk import KEY, MemoryDesk

if TYPE_CHECKING:
    from collections.abc import Collection

BY = Asker(user="U1", channel="C1", response_url="https://hooks.slack.example/1")


async def act(deed: Deed, desk: MemoryDesk, *, key: str = KEY, admins: Collection[str] = ()) -> Answer:
    return await answer(Action(deed=deed, key=key, argument="raa-watch", by=BY), desk, admins, NOON)


async def typed(text: str, desk: MemoryDesk) -> Answer:
    return await answer(Asked(command=read_command(text), by=BY), desk, (), NOON)


def said(of: Answer) -> str:
    return " ".join(body["text"] for body in of.bodies)


def audit(deed: Deed, on: str, detail: str) -> Audit:
    return Audit(at=NOON, user="U1", channel="C1", deed=deed, on=on, detail=detail)


TOMORROW = "until 2026-11-03 12:00 UTC"


@pytest.mark.parametrize(
    ("deed", "on", "detail", "words"),
    [
        (Deed.RELEVANT, KEY, "raa-watch", "Noted as relevant"),
        (Deed.NOT_RELEVANT, KEY, "raa-watch", "Noted as not relevant"),
        (Deed.MUTE, "raa-watch", TOMORROW, f"muted {TOMORROW}"),
        (Deed.SNOOZE, KEY, TOMORROW, f"snoozed {TOMORROW}"),
        (Deed.ACKNOWLEDGE, KEY, "raa-watch", "will not escalate"),
        (Deed.RETRY, KEY, "raa-watch", "visited now"),
        (Deed.PUT_OFF, KEY, TOMORROW, f"Snoozed {TOMORROW}"),
        (Deed.UNFOLD, KEY, "raa-watch", "one by one"),
        (Deed.PROMOTE, "raa-watch", "", "This edit ends the trial of rule raa-watch"),
        (Deed.MUTE_STORM, KEY, "until 2026-11-02 13:00 UTC", "muted until 2026-11-02 13:00 UTC"),
    ],
)
async def test_what_changes_something_is_given_to_the_desk_with_who_and_when(
    deed: Deed, on: str, detail: str, words: str
) -> None:
    desk = MemoryDesk()
    result = await act(deed, desk)
    assert result.audit == audit(deed, on, detail)
    assert desk.audits == [result.audit]
    assert words in said(result)


@pytest.mark.parametrize("deed", [Deed.WHY, Deed.SOURCES, Deed.COPY])
async def test_a_question_changes_nothing(deed: Deed) -> None:
    desk = MemoryDesk()
    result = await act(deed, desk, admins=("U2",))
    assert result.audit is None
    assert desk.called == [said(result)]


async def test_an_edit_is_shown_as_code_with_its_indent_and_only_to_who_may_ask() -> None:
    (body,) = (await act(Deed.PROMOTE, MemoryDesk())).bodies
    (code,) = body["blocks"][0]["elements"]
    assert code["type"] == "rich_text_preformatted"
    assert code["elements"][0]["text"].endswith("\n\n-    shadow: true")
    refused = await act(Deed.PROMOTE, MemoryDesk(), admins=("U2",))
    assert refused.audit is None
    assert "slack.admins" in said(refused)
    action = Action(deed=Deed.PROMOTE, key=KEY, argument="nobody", by=BY)
    unknown = await answer(action, MemoryDesk(), (), NOON)
    assert (said(unknown), unknown.audit) == ("Nothing was done: there is no rule nobody", None)


async def test_a_hindrance_is_said_and_leaves_no_audit() -> None:
    result = await act(Deed.RELEVANT, MemoryDesk(), key="01OLD")
    assert said(result) == "Nothing was done: nobody knows this message any more"
    assert result.audit is None


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("status", "status"),
        ("rules", "rules"),
        ("test raa-watch Japan", "test raa-watch: Japan"),
        ("search Japan", "search Japan"),
        ("digest morning", "digest morning"),
        ("why 01J9", "why 01J9"),
    ],
)
async def test_a_command_asks_the_desk_one_thing(text: str, called: str) -> None:
    desk = MemoryDesk()
    result = await typed(text, desk)
    assert desk.called == [called] == [said(result)]


async def test_a_mute_lasts_as_long_as_it_was_typed_and_the_home_page_changes() -> None:
    desk = MemoryDesk()
    result = await typed("mute raa-watch 2h", desk)
    assert desk.mutes["raa-watch"].until == NOON + timedelta(hours=2)
    assert result.home
    ended = await typed("unmute raa-watch", desk)
    assert ended.audit == audit(Deed.UNMUTE, "raa-watch", "")
    assert desk.mutes == {}


@pytest.mark.parametrize("text", ["mute raa-watch for ever", "search", "dance"])
async def test_a_mistake_reaches_no_desk(text: str) -> None:
    desk = MemoryDesk()
    result: Any = await typed(text, desk)
    assert desk.called == []
    assert "/tocsin" in said(result) or "no time" in said(result)
