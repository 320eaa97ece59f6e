"""Run as a script: try to open a label file that another process holds, and print what a person is told."""

from __future__ import annotations

import sys
from pathlib import Path

from galcore.labels import LabelStore
from galcore.types import GalcoreError

if __name__ == "__main__":
    try:
        LabelStore.open(Path(sys.argv[1]))
    except GalcoreError as error:
        print(error)
