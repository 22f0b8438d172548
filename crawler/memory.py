"""Memory that was of use for a while is given back to the system."""

from __future__ import annotations

import ctypes


def give_back() -> bool:
    """Give back what lies free between pieces in use, and say whether there was any; only glibc can.

    Its allocator keeps what is freed for the thread that used it. It takes some milliseconds.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:  # another C library
        return False
    return bool(trim(0))
