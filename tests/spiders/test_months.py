import pytest

from spiders.months import is_thai, month_of


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("November", 11),
        ("NOV.", 11),
        ("févr", 2),
        ("fevrier", 2),
        ("Mrz", 3),
        ("KASIM", 11),
        ("ديسمبر", 12),
        ("พ.ย.", 11),
    ],
)
def test_a_name_or_abbreviation_means_its_month(name: str, month: int) -> None:
    assert month_of(name) == month


@pytest.mark.parametrize("name", ["", "no", "ma", "Foo", "jui", "GMT", "noon", "Tue"])
def test_what_is_no_certain_name_means_none(name: str) -> None:
    assert month_of(name) == 0


def test_a_name_that_means_two_months_needs_a_language_or_country() -> None:
    assert month_of("listopad") == 0
    assert month_of("listopad", "pl-PL") == month_of("listopad", None, "pl") == month_of("listopad", "cs", "hr") == 11
    assert month_of("listopad", "hr") == month_of("listopad", None, "hr") == 10


def test_a_foreign_name_is_understood_in_any_language() -> None:
    assert month_of("November", "ja", "jp") == 11


def test_abbreviations_of_rarer_languages_need_the_language() -> None:
    assert month_of("marras") == 0
    assert month_of("marras", "fi") == 11
    assert month_of("mar") == 3


@pytest.mark.parametrize(("name", "thai"), [("พฤศจิกายน", True), ("พ.ย", True), ("November", False), ("", False)])
def test_thai_is_known_by_its_script(name: str, thai: bool) -> None:
    assert is_thai(name) is thai
