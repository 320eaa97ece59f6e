"""How the server's C library hands out memory, so that what is freed does not stay with the process."""

from __future__ import annotations

import ctypes
import platform

_M_ARENA_MAX = -8  # malloc.h of the GNU C library
ARENAS = 2


def share_arenas() -> bool:
    """Let the threads of this process take their memory from two arenas; whether the C library could be told.

    The GNU C library makes an arena for each new thread, up to eight a core, and freed memory stays with the
    arena that it came from. Streamlit runs every click on a thread of its own: large messages of a moment lie
    between long-lived small ones in every arena, and after 24,000 answers a third of what the server held
    was free (docs/adr/0012). Takes the place of ``MALLOC_ARENA_MAX`` in the environment.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS))
