from __future__ import annotations

import pytest

from alerts.packs import load
from alerts.packs.german import case_forms


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Frankreich", ["Frankreich", "Frankreichs"]),
        ("Bangladesh", ["Bangladesh", "Bangladeshs"]),
        ("Polen", ["Polen"]),
        ("Luxemburg", ["Luxemburg"]),
        ("Philippinen", ["Philippinen"]),
        (
            "Vereinigtes Königreich",
            ["Vereinigtes Königreich", "Vereinigtes Königreichs", "Vereinigten Königreich", "Vereinigten Königreichs"],
        ),
        ("Vereinigte Arabische Emirate", ["Vereinigte Arabische Emirate", "Vereinigten Arabischen Emirate"]),
        ("Heiliger Stuhl", ["Heiliger Stuhl", "Heiligen Stuhl"]),
        ("deutsche Regierung", ["deutsche Regierung"]),
        ("Bundestag", ["Bundestag"]),
    ],
)
def test_a_name_has_the_forms_that_are_no_english_plural(name: str, forms: list[str]) -> None:
    assert case_forms(name) == forms


def test_the_country_that_ends_in_ch_is_known_in_the_genitive() -> None:
    assert "Frankreichs" in load("countries").entities["france"]["aliases"]["de"]
