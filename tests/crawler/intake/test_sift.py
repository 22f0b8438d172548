from __future__ import annotations

from crawler.intake.sift import identified, sift
from crawler.visits.poll import Claim, Validators
from tests.crawler.store.makers import entry, poll, source
from tests.fakes import NOON

CLAIM = Claim(source="bbc", due=NOON, token=1, first=False, validators=Validators())
FRENCH = "Le gouvernement annonce un accord sur les terres rares avec le Japon"


def test_only_words_that_are_not_known_are_looked_at() -> None:
    items = sift(poll(CLAIM, source(), entry("old", title=FRENCH), entry("edited", title=FRENCH), entry("new", FRENCH)))
    by_name = {item.entry.identity: item for item in items}
    known = {by_name["old"].key: by_name["old"].fingerprint, by_name["edited"].key: b"other words"}
    found = {item.entry.identity: (item.language, item.identified) for item in identified(items, known)}
    assert found == {"old": (None, False), "edited": ("fr", True), "new": ("fr", True)}


def test_a_language_that_nobody_looked_for_is_found_when_it_is_asked_for() -> None:
    (item,) = sift(poll(CLAIM, source(), entry(title=FRENCH, language="en")))
    assert (item.language, item.spoken) == (None, "fr")
