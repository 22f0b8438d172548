from __future__ import annotations

import pytest

from bench import kills
from bench.kills import Counts, Item


def test_trials_add_up_and_one_loss_spoils_them_all() -> None:
    good, bad = Counts(rounds=20, alone=3), Counts(rounds=5, lost=["A story (never seen)"])
    assert good.is_good
    assert not (good + bad).is_good
    assert str(good + bad).startswith("25 rounds, 0 kills, 0 stories: 3 alone")
    assert "lost 1, doubled 0" in str(good + bad)


def test_a_feed_lists_the_newest_first_each_with_its_own_date() -> None:
    listed = kills.feed([Item(title="A b c: old", date="Mon"), Item(title="A b d: new", date="Tue", text="more")])
    assert listed.index("new</title>") < listed.index("old</title>")
    assert "<description>more</description><pubDate>Tue</pubDate>" in listed


def test_a_fifth_of_all_answers_goes_wrong_half_of_them_before_the_call_was_taken() -> None:
    faults, whens = kills.FAULTS.items(), ("before", "after")
    shares = {when: sum(share for name, share in faults if name.endswith(when)) for when in whens}
    assert shares == pytest.approx({"before": 0.1, "after": 0.1})


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SystemExit):
        kills.main(["--rounds", "many"])
