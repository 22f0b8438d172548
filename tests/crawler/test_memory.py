import platform

from crawler.memory import give_back


def test_what_is_freed_between_pieces_in_use_is_given_back_where_the_c_library_can() -> None:
    pieces = [bytearray(20_000) for _ in range(1_000)]
    del pieces[::2]
    assert give_back() is (platform.libc_ver()[0] == "glibc")
    assert {len(piece) for piece in pieces} == {20_000}
