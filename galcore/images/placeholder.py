"""A picture in place of one that cannot be shown: it says which file is missing."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

BACKGROUND, FRAME, INK = (16, 20, 30), (70, 78, 96), (200, 204, 214)


def placeholder(text: str, size_px: int) -> bytes:
    """JPEG of ``size_px`` squared with a few lines of text, broken to fit.

    >>> placeholder("ngc1300.fits is missing", 128)[:2] == bytes([255, 216])
    True
    """
    picture = Image.new("RGB", (size_px, size_px), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, size_px - 1, size_px - 1), outline=FRAME)
    font = ImageFont.load_default(size=max(9, size_px // 16))
    letter = max(1.0, draw.textlength("n", font=font))
    per_line = max(4, int((size_px - 12) / letter))
    printable = "".join(c if c.isprintable() else " " for c in text)
    lines = [printable[n : n + per_line] for n in range(0, min(len(printable), per_line * 8), per_line)]
    draw.multiline_text(
        (size_px / 2, size_px / 2), "\n".join(lines), INK, font=font, anchor="mm", align="center"
    )
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()
