"""The memory of this process, as the C library deals it out.

glibc lets threads take memory from heaps of their own, eight for each processor, and a heap keeps the most that was
ever in it. A call of the service runs in any of many threads, and what SQLite holds of the file is megabytes: sooner or
later each heap has held them once, and the process has grown for days without anything being kept.
"""

import ctypes
import os

_ARENAS = -8  # M_ARENA_MAX of <malloc.h>


def share_one_heap() -> bool:
    """Let all threads share one heap; whether the C library took it. To be said before there are other threads.

    Whoever has set MALLOC_ARENA_MAX has decided himself; other C libraries than glibc have one heap as it is.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_ARENAS, 1))
    except (AttributeError, OSError):
        return False
