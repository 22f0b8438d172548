import pytest
from hypothesis import given
from hypothesis import strategies as st
from tldextract import TLDExtract

from spiders.suffixes import registrable

ORACLE = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
RULES = sorted(ORACLE.tlds)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("www.bbc.co.uk.", "bbc.co.uk"),
        ("co.uk", None),
        ("ann.github.io", "ann.github.io"),
        ("news.ann.github.io", "ann.github.io"),
        ("a.b.ck", "a.b.ck"),  # *.ck
        ("b.ck", None),
        ("a.www.ck", "www.ck"),  # !www.ck
        ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"),  # 公司.cn
        ("xn--a.com", "xn--a.com"),
        ("a.xn--.com", "xn--.com"),
        ("localhost", None),
        ("127.0.0.1", None),
        ("a..com", None),
        (".com", None),
        ("", None),
        ("a." * 5_000 + "bbc.co.uk", "bbc.co.uk"),
    ],
)
def test_the_registrable_domain_is_one_label_more_than_the_suffix(host: str, domain: str | None) -> None:
    assert registrable(host) == domain


@given(st.lists(LABEL, max_size=3), st.sampled_from(RULES))
def test_it_is_as_the_library_that_brings_the_list_has_it(labels: list[str], rule: str) -> None:
    host = ".".join([*labels, rule.removeprefix("!").replace("*", "any")])
    assert registrable(host) == (ORACLE.extract_str(host).top_domain_under_public_suffix or None)
