from __future__ import annotations

from crawler.owners import foreign_owners


def test_tocsin_alone_is_fine_whether_editable_or_not() -> None:
    assert foreign_owners({}) == {}
    assert foreign_owners({"spiders": ["tocsin"], "crawler": ["tocsin"], "alerts": ["tocsin"]}) == {}


def test_a_stranger_beside_us_is_named() -> None:
    assert foreign_owners({"spiders": ["tocsin", "spiders"], "yaml": ["PyYAML"]}) == {"spiders": ["spiders"]}


def test_a_stranger_beside_an_editable_install_is_named() -> None:
    assert foreign_owners({"crawler": ["crawler"], "alerts": []}) == {"crawler": ["crawler"]}
