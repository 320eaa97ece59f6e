"""The blur and the noise: how the person gives them, or has them estimated."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from galcore.types import GalcoreError
from galcore.ui.text import plain
from galcore.web.restore.attempt import RestoreSource
from galcore.web.restore.hints import Hints
from galcore.web.restore.pictures import SIGMA_COLOURS, encode_png, figure_text, paint

if TYPE_CHECKING:
    from galcore.restore.psf import Psf

GAUSSIAN, MOFFAT, STARS, FILE = "Gaussian", "Moffat", "from stars", "FITS file"
FIRST_FWHM_ARCSEC, FIRST_FWHM_PX = 1.3, 3.0
LEAST_FWHM_PX, MOST_FWHM_PX = 0.5, 60.0
_PREVIEW_PX = 132


def choose_psf(source: RestoreSource, hints: Hints | None) -> Psf | None:
    """Widgets for the point spread function; None, with the reason on the page, while there is none."""
    kind = st.segmented_control(
        "Point spread function", (GAUSSIAN, MOFFAT, STARS, FILE), default=GAUSSIAN, required=True,
        key="restore_psf_kind",
        help="What a point of light looks like in this image. From stars: a Moffat profile is fitted to the "
        "stars of this image, or of the field that it was cut from.",
    )  # fmt: skip
    try:
        psf = _make_psf(str(kind), source, hints)
    except GalcoreError as error:
        st.error(plain(str(error), limit=400), icon=":material/build:")
        return None
    if psf is not None:
        _show_psf(psf, source)
    return psf


def choose_noise(source: RestoreSource, hints: Hints | None) -> tuple[float, ...] | None:
    """The noise a pixel as given, one number or one a band, or None to have it estimated."""
    estimated = hints.noise_sigma if hints is not None else ()
    words = ", ".join(figure_text(each) for each in estimated[:3]) + (" …" if len(estimated) > 3 else "")
    given = st.segmented_control(
        "Noise a pixel", ("estimated", "given"), default="estimated", required=True, key="restore_noise_kind",
        help="1 σ of the sky. The estimate comes from differences of neighbouring pixels; resampled images "
        "look quieter than they are: give it then.",
    )  # fmt: skip
    if given == "estimated":
        st.caption(plain(f"about {words} {source.unit_words}") if words else "measured with the restoration")
        return None
    n_bands = len(source.image.bands)
    typed = st.text_input(
        f"1 σ in {plain(source.unit_words)}" + (", one number or one a band" if n_bands > 1 else ""),
        ", ".join(figure_text(each) for each in estimated) or "1", max_chars=400,
        key=f"restore_noise_{source.key}",
    )  # fmt: skip
    values = read_numbers(typed)
    if len(values) not in (1, n_bands) or min(values, default=0.0) <= 0:
        st.warning(
            "Type a number above 0" + (f", or {n_bands} of them" if n_bands > 1 else "")
            + "; until then the noise is estimated."
        )  # fmt: skip
        return None
    return values


def read_numbers(text: str) -> tuple[float, ...]:
    """Finite numbers in a text, separated by commas or spaces; empty if one of them is none.

    >>> read_numbers("1.5, 2e-3 4"), read_numbers("1, two"), read_numbers("nan")
    ((1.5, 0.002, 4.0), (), ())
    """
    try:
        values = tuple(float(each) for each in text.replace(",", " ").split())
    except ValueError:
        return ()
    return values if all(np.isfinite(values)) else ()


def _make_psf(kind: str, source: RestoreSource, hints: Hints | None) -> Psf | None:
    from galcore.restore.psf import gaussian_psf, moffat_psf

    if kind == GAUSSIAN:
        return gaussian_psf(_choose_fwhm_px(source))
    if kind == MOFFAT:
        with st.container(horizontal=True, gap="small"):
            fwhm_px = _choose_fwhm_px(source)
            beta = st.number_input(
                "β", 1.5, 8.0, 3.5, 0.5, key="restore_beta", width=120,
                help="How soon the wings fall off; seeing from the ground has 2.5 to 4.8.",
            )  # fmt: skip
        return moffat_psf(fwhm_px, beta=float(beta))
    return _psf_of_stars(hints) if kind == STARS else _psf_of_file()


def _choose_fwhm_px(source: RestoreSource) -> float:
    scale = source.image.pixel_scale_arcsec
    unit, per_px = ("arcsec", scale) if scale else ("px", 1.0)
    first = min(max(FIRST_FWHM_ARCSEC / per_px, 1.5), 12.0) * per_px if scale else FIRST_FWHM_PX
    value = st.number_input(
        f"FWHM in {unit}", round(LEAST_FWHM_PX * per_px, 4), round(MOST_FWHM_PX * per_px, 4),
        round(first, 3), round(0.1 * per_px, 4) if scale else 0.25, key=f"restore_fwhm_{source.key}",
        width=180,
        help="Full width at half maximum." + ("" if scale else " The pixel scale is unknown here."),
    )  # fmt: skip
    return float(value) / per_px


def _psf_of_stars(hints: Hints | None) -> Psf | None:
    if hints is None:
        st.caption(":material/hourglass_top: looking for stars …")
        return None
    if hints.psf is None:
        st.warning(plain(hints.no_psf, limit=300), icon=":material/star_half:")
    return hints.psf


def _psf_of_file() -> Psf | None:
    file = st.file_uploader(
        "A stamp of the PSF on the pixels of the image, one plane or one a band",
        type=["fits", "fit", "gz"],
        key="restore_psf_file",
        max_upload_size=16,
    )
    if file is None:
        return None
    content = file.getvalue()
    return _read_psf(file.name, content, hashlib.sha256(content).hexdigest())


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_psf(name: str, _content: bytes, digest: str) -> Psf:
    from galcore.restore.psf import Psf, read_psf

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("psf.fits.gz" if name.lower().endswith(".gz") else "psf.fits")
        path.write_bytes(_content)
        try:
            psf = read_psf(path)
        except GalcoreError as error:
            raise GalcoreError(str(error).replace(str(path), name)) from error
    # images stand upright here, FITS rows count from the bottom
    return Psf(np.ascontiguousarray(psf.stamps[:, ::-1]), psf.description.replace(str(path), name))


def _show_psf(psf: Psf, source: RestoreSource) -> None:
    """The PSF as a small picture with its width in words."""
    scale = source.image.pixel_scale_arcsec
    widths = [f"{each:.2f} px" + (f" = {each * scale:.2f}″" if scale else "") for each in psf.fwhm_px]
    picture = _psf_picture(psf)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<img alt="point spread function" src="data:image/png;base64,{picture}" width="{_PREVIEW_PX}" '
            f'height="{_PREVIEW_PX}" style="image-rendering:pixelated;border-radius:5px;display:block">',
            width=_PREVIEW_PX,
        )
        words = widths[0] if len(set(widths)) == 1 else "; ".join(widths[:3])
        st.caption(
            f"{plain(psf.description, limit=200)}  \nFWHM on the pixels: {plain(words)}", width="stretch"
        )


def _psf_picture(psf: Psf) -> str:
    stamp = psf.stamps.mean(axis=0)
    # its wings matter and are faint: the square root shows them
    return base64.b64encode(
        encode_png(paint(np.sqrt(np.clip(stamp / stamp.max(), 0, 1)), SIGMA_COLOURS))
    ).decode()
