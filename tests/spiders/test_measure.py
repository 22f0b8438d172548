from lxml import html

from spiders.measure import measured, text_in


def test_letters_are_counted_where_they_stand_and_in_all_that_is_around() -> None:
    root = html.document_fromstring(
        "<html><body><h1>Title</h1><div><p>Four <a href='/x'>link</a></p>tail<script>var x</script></div></body></html>"
    )
    plan = measured(root, "/own")
    box, line = root.find(".//div"), root.find(".//p")
    assert (plan.sizes[box].letters, plan.sizes[box].written, plan.sizes[box].linked) == (12, 8, 4)
    assert (plan.sizes[line].blocks, plan.sizes[box].blocks) == (0, 1)
    assert plan.sizes[root].head
    assert not plan.sizes[box].head


def test_a_link_to_its_own_page_leads_nowhere() -> None:
    root = html.document_fromstring(
        "<html><body><p><a href='/a/own?x=1#y'>one</a><a href='#z'>two</a></p></body></html>"
    )
    assert measured(root, "/a/own").sizes[root].linked == 0


def test_the_words_of_blocks_are_parted_and_those_of_scripts_left_out() -> None:
    box = html.fromstring("<div>a<p>b<b>c</b></p><script>x</script>d<br>e<svg><text>q</text></svg></div>")
    assert text_in(box) == "a bc d e"
