"""Files that came through the browser: read under a harmless name, with errors that name the upload."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from galcore.types import GalcoreError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".fits", ".fit", ".fits.gz")
MAX_BYTES = 64 * 1024 * 1024
_LONGEST_NAME = 120
Result = TypeVar("Result")


def harmless_name(name: str) -> str:
    """The last part of a name that a browser sent, cut to a length that can be shown.

    >>> harmless_name("C:\\\\pictures\\\\m51.jpg")
    'm51.jpg'
    """
    return Path(name.replace("\\", "/")).name[:_LONGEST_NAME] or "upload"


def read_upload(
    name: str,
    content: bytes,
    read: Callable[[Path], Result],
    *,
    purpose: str,
    suffixes: tuple[str, ...] = IMAGE_SUFFIXES,
) -> Result:
    """What ``read`` makes of uploaded content, put down as a file for as long as that takes.

    Args:
        name: Harmless name of the upload, for messages.
        content: Its bytes.
        read: Reads the file.
        purpose: What the image could not do if it were none, for the message: ``be restored``.
        suffixes: Endings that are taken.

    Raises:
        GalcoreError: If the ending is none of them, the content is too large or ``read`` fails; the message
            names the upload, not the file.
    """
    suffix = next((each for each in suffixes if name.lower().endswith(each)), None)
    if suffix is None:
        raise GalcoreError(f"{name}: not an image that can {purpose}; take FITS, JPEG, PNG or TIFF")
    if len(content) > MAX_BYTES:
        raise GalcoreError(f"{name}: larger than {MAX_BYTES // 2**20} MB; cut out one galaxy")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{suffix}"
        path.write_bytes(content)
        try:
            return read(path)
        except (OSError, ValueError, TypeError) as error:
            raise GalcoreError(f"{name}: cannot be read as an image ({error})") from error
        except GalcoreError as error:
            raise GalcoreError(str(error).replace(str(path), name)) from error
