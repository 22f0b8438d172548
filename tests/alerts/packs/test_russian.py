from __future__ import annotations

import pytest

from alerts.packs.russian import case_forms, spelled_out


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Япония", "Япония Японии Японию Японией"),
        ("Корея", "Корея Кореи Корее Корею Кореей"),
        ("Куба", "Куба Кубы Кубе Кубу Кубой"),
        ("Польша", "Польша Польши Польше Польшу Польшей"),
        ("Мексика", "Мексика Мексики Мексике Мексику Мексикой"),
        ("Иран", "Иран Ирана Ирану Ираном Иране"),
        ("Китай", "Китай Китая Китаю Китаем Китае"),
        ("Израиль", "Израиль Израиля Израилю Израилем Израиле"),
        ("Бангладеш", "Бангладеш Бангладеша Бангладешу Бангладешем Бангладеше"),
        ("Филиппины", "Филиппины Филиппин Филиппинам Филиппинами Филиппинах"),
        ("Египет", "Египет Египта Египту Египтом Египте"),
        ("Беларусь", "Беларусь Беларуси Беларусью"),
        ("Шри-Ланка", "Шри-Ланка Шри-Ланки Шри-Ланке Шри-Ланку Шри-Ланкой"),
        ("Чили", "Чили"),
        ("США", "США"),
        ("Никарагуа", "Никарагуа"),
    ],
)
def test_a_word_has_its_case_forms(name: str, forms: str) -> None:
    assert case_forms(name) == forms.split()


def test_an_adjective_agrees_with_its_noun() -> None:
    assert case_forms("Новая Зеландия") == [
        "Новая Зеландия",
        "Новой Зеландии",
        "Новой Зеландии",
        "Новую Зеландию",
        "Новой Зеландией",
    ]


@pytest.mark.parametrize("name", ["Буркина-Фасо и Мали", "Chad", "仏"])
def test_what_cannot_be_declined_stays_as_it_is(name: str) -> None:
    assert case_forms(name) == [name]


def test_abbreviations_of_maps_are_spelled_out() -> None:
    assert spelled_out("Фолклендские о-ва") == "Фолклендские острова"
    assert spelled_out("о-в Мэн") == "остров Мэн"
