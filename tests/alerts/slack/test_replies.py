from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.slack.actions import unmute_button
from alerts.slack.elements import BLOCKS_LIMIT, TEXT_LIMIT, size
from alerts.slack.replies import PART_LIMIT, USES, replies
from tests import slack_rules
from tests.slack_views import block_errors


def said(body: dict[str, Any]) -> str:
    text: str = body["blocks"][0]["elements"][0]["elements"][0]["text"]
    return text


def test_an_answer_is_seen_by_the_asker_only_and_leaves_the_message_alone() -> None:
    (body,) = replies("all is well")
    assert (body["response_type"], body["replace_original"], said(body)) == ("ephemeral", False, "all is well")


def test_lines_stay_lines_and_parts_end_where_lines_end() -> None:
    text = "\n".join(f"{n} " + "x" * 90 for n in range(80))
    parts = replies(text)
    assert "\n".join(said(part) for part in parts) == text
    assert all(said(part).endswith("x") for part in parts)


def test_what_does_not_fit_is_counted() -> None:
    parts = replies("y" * (PART_LIMIT * 7))
    assert len(parts) == USES
    assert said(parts[-1]) == f"… {PART_LIMIT * 3} more characters do not fit here."


def test_text_to_copy_is_set_as_code_and_a_button_follows_the_last_part() -> None:
    parts = replies("z\n" * 2500, verbatim=True, button=unmute_button("K", "raa"))
    assert [part["blocks"][0]["elements"][0]["type"] for part in parts] == ["rich_text_preformatted"] * 2
    assert [len(part["blocks"]) for part in parts] == [1, 2]


def test_text_to_copy_keeps_its_blanks_and_nothing_unseen() -> None:
    (part,) = replies("@@ -1 +1 @@\n   - id: a\n-    shadow: true   # a\u202eb\u200b", verbatim=True)
    (code,) = part["blocks"][0]["elements"]
    assert code["elements"][0]["text"] == "@@ -1 +1 @@\n   - id: a\n-    shadow: true   # ab"
    (plain,) = replies("a   b\n   c")
    assert plain["blocks"][0]["elements"][0]["elements"][0]["text"] == "a b\nc"


@given(
    text=st.text(max_size=300).map(lambda text: text * 30)
    | st.sampled_from(["<!channel> <@U0ALICE001> @here", '"\\' * 9000, "&" * 9000, "", "\n\n", "\u202e\u200b"]),
    verbatim=st.booleans(),
)
def test_any_text_makes_answers_that_slack_takes_and_that_ping_nobody(text: str, verbatim: bool) -> None:
    parts = replies(text, button=unmute_button("K", "raa"), verbatim=verbatim)
    assert 1 <= len(parts) <= USES
    for part in parts:
        assert block_errors(part["blocks"]) == []
        assert slack_rules.mentions({"text": part["text"], "blocks": part["blocks"][:1]}) == []
        assert len(part["text"]) <= TEXT_LIMIT
        assert size(part["blocks"]) <= BLOCKS_LIMIT
        assert said(part)
