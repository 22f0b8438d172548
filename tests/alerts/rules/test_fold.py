from __future__ import annotations

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.rules.codepage import _PAGES, _SCRIPTS, _page, fold_by_page
from alerts.rules.fold import (
    _MOST,
    _ONE_BY_ONE_RUN,
    _WORDS,
    MARK,
    _composed,
    _fold_by_words,
    _joined,
    _spaced,
    fold,
    origin,
)
from alerts.rules.pieces import GAP, TABLE
from alerts.rules.points import DOTS, eased

SCRIPTS = (
    "Rare-Earth élysée œuvre ß İ F-35 Ｒａｒｅ ﬁ ½ ™ co\u00adop x\u0304 U.S. 1,000 Dr. Россия й Ελλάς العربية हिन्दी "
    "日本 レアアース ｶﾞ が か\u3099 ー 희토류 \u1112\u1174\u1110 รัสเซีย ำ "
    "·・_&+→〈❨〉 \n שָׁ أَ ـ "
    "。、「」（）—‐\u2011’“”;|?!\n\n\t\u200b\ufeff😀\ud800"
)
MIXED = st.text(alphabet=st.one_of(st.sampled_from(SCRIPTS), st.characters()), max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("Rare-Earth\nexports", "rare earth exports"),
        ("rare\u2011earth Ｒare\u00ad‐earth", "rare earth rare earth"),
        ("Élysée Nouvelle‑Calédonie Łódź œuvre Straße", "elysee nouvelle caledonie lodz oeuvre strasse"),
        ("Japan’s l'accord AC/DC “quoted”", "japan s l accord ac dc quoted"),
        ("日本とFranceは", "日 本 と france は"),
        ("レアアースと中国のG20サミット", "レアアース と 中 国 の g20 サミット"),
        ("ｶﾞｽ ガス が", "ガス ガス が"),
        ("KBS뉴스 희토류를", "kbs 뉴스 희토류를"),
        ("ปรัสเซีย", "ปรัสเซีย"),
        ("ё й Су-35С Ελλάς", "е и су 35 с ελλασ"),
        ("critical; minerals", "critical | minerals"),
        ("日本。（フランス）", "日 本 | | フランス |"),
        ("rare. Earth, Wind & Fire", "rare | earth | wind | fire"),
        ("エマニュエル・マクロン「大統領」", "エマニュエル マクロン 大 統 領"),
        ("1,000.5 at 10:30", "1 000 5 at 10 30"),
        ("in 2026, France", "in 2026 | france"),
        ("½ Boeing™ ㈱ № 5", "½ boeing no 5"),
        ("first paragraph\n\nsecond", "first paragraph | second"),
        ("uranium\n \nenrichment\n\t \u3000\nban", "uranium | enrichment | ban"),
        (
            "Johnson & Johnson → up 😀 + 5% of $3 = #1 @x <y> ⟨z⟩ 〈q〉",
            "johnson | johnson | up | | 5 | of | 3 | | 1 | x | y | | z | | q |",
        ),
        ("a_b col·lecció _ x · y・z ・ w", "a b col leccio | x | y z | w"),
        ("ガリウム\n・ゲルマニウム", "ガリウム | ゲルマニウム"),
        ("„gallium“ «ban» 「輸出」 『規制』 《稀土》 AC\\DC L´été −5", "gallium ban 輸 出 規 制 稀 土 ac dc l ete 5"),
        ("العربيّة العربيـــة ايران ایران كتاب کتاب أإآا", "العربية العربية ايران ايران كتاب كتاب اااا"),
        ("مدرسة مدرسه مسؤول", "مدرسة مدرسه مسؤول"),
        ("שָׁלוֹם צה״ל", "שלום צה ל"),
        ("soft\u00adware zero\u200bwidth", "software zerowidth"),
    ],
)
def test_a_text_folds_to_tokens_between_single_blanks(text: str, folded: str) -> None:
    assert fold(text).strip() == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("the U.S. Navy", "the u s navy"),
        ("u.s. navy", "u s navy"),
        ("George W. Bush", "george w bush"),
        ("St. Petersburg and Dr. Smith", "st petersburg and dr smith"),
        ("É. Macron", "e macron"),
        ("E\u0301. Macron", "e macron"),
        ("Ｕ．Ｓ． Navy", "u s navy"),
        ("said J. Smith, selon M. Dupont", "said j smith | selon m dupont"),
    ],
)
def test_full_stops_after_initials_and_titles_end_no_clause(text: str, folded: str) -> None:
    assert fold(text).strip() == folded


@pytest.mark.parametrize(
    "text",
    [
        "It is rare. Earth",
        "about rare.5 earths",
        "on the 1st. Petersburg",
        "e\u0301leve\u0301s. Les",
        "mine\u00adr. Next",
        "中国x. Next",
        "plan B. Now",
        "Vitamin C. Deficiency",
        "World War I. Then",
        "hepatitis C. Cases",
    ],
)
def test_other_full_stops_do(text: str) -> None:
    assert MARK in fold(text)


def by_the_table(text: str) -> str:
    """The fold as it is defined, character by character."""
    return _spaced(_joined(eased(_composed(text)[0]).translate(TABLE)))


PAGES = [bytes(range(256)).decode(name, "ignore") for name in _SCRIPTS]


@given(
    st.one_of(MIXED, *(st.text(alphabet=st.sampled_from(page + ".. Dr St 1,0\n\n" + SCRIPTS[:40])) for page in PAGES))
)
@example("É. Macron, œ. «Straße» x\u200br. \u00d7. µ. №5 1,000：5 St．Paul")
@example("Су-35С и й. A320：５ F-16ом, М. Горький «Роскосмос»\n\n\n—да")
@example("ō. ț. ―. 😀r. >SŢĘ.St. ｅﾞ ™ﾞ &W. ①. ₂,5 ẞ. K. ſ. \ufeffr. x\ufeffr.")
def test_the_ways_to_fold_fast_agree_with_the_table(text: str) -> None:
    defined = by_the_table(text)
    assert fold(text) == defined
    assert _fold_by_words(eased(_composed(text)[0])) == defined
    assert fold_by_page(text) in {defined, None}


def test_every_character_of_a_page_folds_by_it_in_every_place() -> None:
    for name in _SCRIPTS:
        for char in [*map(chr, range(0x80)), *(char for char, page in _PAGES.items() if page == name)]:
            for text in (
                char,
                f"a{char}1",
                f"{char}.",
                f"x{char}r. ",
                f" {char}r. ",
                f"1{char}5",
                f"{char}St. й{char}й",
            ):
                assert fold(text) == by_the_table(text), (name, text)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("cp1252", "L’été “à la française” coûte 1 000 €…"),
        ("cp1250", "Příliš žluťoučký kůň"),
        ("cp1251", "Россия и Су-35"),
        ("cp1253", "Η Ελλάδα"),
        ("cp1254", "Türkiye’nin dağı"),
    ],
)
def test_a_text_in_one_alphabet_folds_by_its_page(page: str, text: str) -> None:
    assert _page(page).fold(text) == by_the_table(text)
    assert fold_by_page(text) == by_the_table(text)


def test_a_stranger_in_a_text_does_not_slow_it_down() -> None:
    assert fold_by_page("Shinzō met 😀 ― in București日") is None
    assert fold_by_page("Shinzō met 😀 ― in București") == by_the_table("Shinzō met 😀 ― in București")


def test_characters_that_are_put_between_blanks_unseen_fold_to_themselves() -> None:
    for char in map(chr, range(sys.maxunicode + 1)):
        if _ONE_BY_ONE_RUN.fullmatch(char):
            assert TABLE[ord(char)] == f" {char} ", hex(ord(char))


def test_every_white_space_folds_to_a_blank() -> None:
    for char in map(chr, range(sys.maxunicode + 1)):
        if char.isspace():
            assert TABLE[ord(char)] == " ", hex(ord(char))


def test_the_memory_of_words_has_a_limit() -> None:
    for number in range(_MOST + 5):
        fold(f"한국{number}")
    assert len(_WORDS) <= _MOST


@given(MIXED)
def test_fold_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.sampled_from(re.sub(r"[\ud800\n]", "", SCRIPTS)), max_size=40))
def test_composed_and_decomposed_texts_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(MIXED)
def test_composing_cluster_by_cluster_is_composing(text: str) -> None:
    if "ﾞ" not in text and "ﾟ" not in text:
        assert _composed(text)[0] == unicodedata.normalize("NFC", text)


def test_every_backward_composing_character_is_known_as_one() -> None:
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and "<" not in parts[0]:
            text = unicodedata.normalize("NFD", chr(code))
            assert _composed(text)[0] == unicodedata.normalize("NFC", text)


@given(MIXED)
def test_the_original_of_each_token_folds_to_it(text: str) -> None:
    folded = fold(text)
    way_back = origin(text, folded)
    for token in re.finditer(r"[^ |]+", folded):
        start, end = way_back.original(token.start(), token.end())
        assert 0 <= start < end <= len(text)
        assert token[0] in fold(text[start:end]).split()


def test_offsets_lead_to_exactly_the_words_written() -> None:
    text = "Ｎｅｗ: Nouvelle\u2011Cale\u0301donie, co\u00adoperation（レアアース）と희토류를"
    folded = fold(text)
    way_back = origin(text, folded)
    for term in ("nouvelle caledonie", "cooperation", "レアアース", "희토류"):
        start = folded.index(term)
        begin, end = way_back.original(start - 1, start + len(term))
        assert fold(text[begin:end]).strip() == term
    assert way_back.original(0, 5) == (0, 3)


def test_no_character_folds_to_a_sign_of_the_fold() -> None:
    assigned = (code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in {"Cn", "Co"})
    joined = {code: _joined(TABLE[code]) for code in assigned}
    for code, piece in joined.items():
        assert not re.search(r"[\0\ud800-\udfff\ue000-\uf8ff]", piece), hex(code)
        assert piece.strip() == "" or piece == MARK or re.fullmatch(r" ?[^\s|]+ ?", piece), hex(code)
        if unicodedata.is_normalized("NFC", chr(code)) and chr(code) not in f"{DOTS}_\u0387":  # these look around
            assert fold(chr(code)).strip() == piece.strip(), hex(code)


WESTERN = st.text(alphabet=st.sampled_from("ab AB.,-|\n\n’“éÉœßµ\u00ad\u2011½日"), max_size=40)


def sources(text: str) -> list[tuple[int, int]]:
    """The slice of the original that each letter of the fold comes from, character by character."""
    composed, slices = _composed(text)
    return [
        slices[place] if slices else (place, place + 1)
        for place, char in enumerate(eased(composed))
        for letter in _joined(TABLE[ord(char)])
        if letter not in f" {GAP}{MARK}"
    ]


@given(st.one_of(MIXED, WESTERN), st.integers(0, 2), st.sampled_from(["", "— — "]))
@example("œß Straße, Æ", 2, "…")
def test_the_way_back_leads_to_where_each_letter_comes_from(text: str, times: int, between: str) -> None:
    text = between.join([text] * 20**times)  # so long that it is looked through stride by stride
    folded, known = fold(text), sources(text)
    way_back, letters = origin(text, folded), 0
    for words in re.finditer(r"[^ |]+(?: [^ |]+)*", folded):
        count = len(words[0].replace(" ", ""))
        assert way_back.original(*words.span()) == (known[letters][0], known[letters + count - 1][1])
        letters += count
    assert letters == len(known)


@given(st.one_of(MIXED, WESTERN), st.data())
@example("œß Straße, Æ", None)
def test_many_slices_lead_back_in_one_walk_to_where_each_leads_by_itself(text: str, data: st.DataObject | None) -> None:
    folded = fold(text)
    way_back = origin(text, folded)
    words = [found.span() for found in re.finditer(r"[^ |]+", folded)]
    pairs = [(start, end) for start, _ in words for _, end in words if start < end]  # some within, or over, others
    some = sorted(data.draw(st.lists(st.sampled_from(pairs)))) if data and pairs else pairs
    slices = [(start - 1, end + 1) for start, end in some]  # with the blanks that patterns have
    assert list(way_back.originals(slices)) == [way_back.original(*one) for one in slices]


def test_a_long_gap_in_a_phrase_is_crossed_at_once() -> None:
    text = f"rare{' ' * 200_000}earth " * 20
    way_back, started = origin(text, fold(text)), time.process_time()
    places = [way_back.original(number * 11, number * 11 + 12) for number in range(20)]
    assert places == [(start, start + 200_009) for start in range(0, 20 * 200_010, 200_010)]
    assert time.process_time() - started < 1
