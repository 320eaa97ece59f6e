"""Freed memory of many threads stays together."""

import os
import platform
import subprocess
import sys

import pytest

from galcore.settings import ROOT

# Forty threads that allocate at the same moment: each would have an arena of its own, up to eight a core.
CHURN = """
import ctypes, sys, threading
if sys.argv[1] == "shared":
    from galcore.web.allocator import share_arenas
    assert share_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
together = threading.Barrier(40)
def churn():
    together.wait()
    for _ in range(200):
        libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(50_000))))
    together.wait()
threads = [threading.Thread(target=churn) for _ in range(40)]
[each.start() for each in threads]
[each.join() for each in threads]
told = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(told))
libc.fclose(ctypes.c_void_p(told))
print(open(sys.argv[2]).read().count("<heap nr="))
"""


def count_arenas(kind: str, folder: str) -> int:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
    command = [sys.executable, "-c", CHURN, kind, f"{folder}/arenas.xml"]
    return int(subprocess.check_output(command, cwd=ROOT, env=environment, text=True))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library has arenas")
def test_threads_share_two_arenas(tmp_path: os.PathLike[str]) -> None:
    assert count_arenas("as it is", str(tmp_path)) > 3
    assert count_arenas("shared", str(tmp_path)) <= 2
