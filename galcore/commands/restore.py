"""``restore``: fill masked pixels of an image, or take its blur out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.exit_codes import ExitCode
from galcore.types import GalcoreError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from galcore.restore.input_image import InputImage
    from galcore.restore.psf import Psf
    from galcore.restore.restoration import Restoration

TASKS = ("reconstruct", "deconvolve")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("restore")(restore)


def restore(
    image: Path = typer.Argument(help="FITS file in flux (any size and bands), or a picture."),
    task: str = typer.Option(..., "--task", help="reconstruct or deconvolve."),
    out: Path = typer.Option(..., "--out", "-o", help="FITS file to write."),
    mask: Path | None = typer.Option(
        None, "--mask", help="FITS or PNG of the same size; nonzero pixels are missing, as are NaN."
    ),
    propose: str = typer.Option(
        "", "--propose-masks", help="Find what to mask: cosmic-ray, star, trail (comma-separated), or all."
    ),
    psf: Path | None = typer.Option(None, "--psf", help="FITS stamp of the PSF, one plane or one a band."),
    psf_fwhm_px: float = typer.Option(0.0, "--psf-fwhm-px", help="Instead: full width at half maximum."),
    psf_fwhm_arcsec: float = typer.Option(0.0, "--psf-fwhm-arcsec", help="Instead: the same in arcsec."),
    moffat_beta: float = typer.Option(
        0.0, "--moffat-beta", help="With a width: Moffat profile of this beta; 0: Gaussian."
    ),
    to_fwhm_px: float = typer.Option(
        0.0, "--to-fwhm-px", help="Deconvolve to a Gaussian PSF of this width; 0: all of the blur."
    ),
    noise: list[float] = typer.Option(
        [], "--noise", help="Noise sigma per pixel in the image's units; again for each band. Else estimated."
    ),
    method: str = typer.Option(
        "model", "--method", help="model; biharmonic (reconstruct); wiener, richardson-lucy (deconvolve)."
    ),
    model: str = typer.Option("", "--model", help="Name or file of the network; by default the shipped one."),
    as_json: bool = AS_JSON,
) -> None:
    """Restore an image and write RESTORED, SIGMA, RESIDUAL and MASK with everything that was done.

    Without a PSF it is estimated from the stars of the image. Exit code 3: done, but part of the file was
    left out.
    """
    import json

    from galcore.restore.input_image import read_input
    from galcore.restore.restoration_fits import check_name, write_restoration

    if task not in TASKS:
        raise GalcoreError(f"--task: '{task}' is not known; choose {' or '.join(TASKS)}")
    check_name(out)
    given = read_input(image)
    pixels, words = _mask_pixels(given, mask, propose)
    restoration = (
        _reconstruct(given, pixels, words, noise, method, model, as_json)
        if task == "reconstruct"
        else _deconvolve(
            given,
            pixels,
            _choose_psf(given, psf, psf_fwhm_px, psf_fwhm_arcsec, moffat_beta),
            noise,
            method,
            model,
            as_json,
            to_fwhm_px,
        )
    )
    write_restoration(out, restoration, given.header, notes=(f"from {image.name}", words))
    if as_json:
        typer.echo(json.dumps(_summary(restoration, out, given), ensure_ascii=False, default=str))
    else:
        _say(restoration, out)
    for note in given.notes:
        typer.echo(f"note: {note}", err=True)
    if given.notes:
        raise typer.Exit(ExitCode.LEFT_OUT)


def _mask_pixels(given: InputImage, mask: Path | None, propose: str) -> tuple[NDArray[np.bool_] | None, str]:
    """Pixels to leave out, and where that came from."""
    import numpy as np

    from galcore.restore.masks import read_mask
    from galcore.restore.proposals import KINDS, propose_masks

    shape = given.pixels.shape[1:]
    pixels = np.zeros(shape, dtype=bool)
    words = []
    if mask is not None:
        pixels |= read_mask(mask, shape)
        words.append(f"mask {mask.name}")
    if propose:
        kinds = KINDS if propose == "all" else tuple(part.strip() for part in propose.split(","))
        for proposal in propose_masks(given, kinds=kinds):
            pixels |= proposal.mask
            words.append(proposal.description)
    return (pixels if words else None), "; ".join(words)


def _reconstruct(
    given: InputImage,
    pixels: NDArray[np.bool_] | None,
    words: str,
    noise: list[float],
    method: str,
    model: str,
    as_json: bool,
) -> Restoration:
    import numpy as np

    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.restore.network import load
    from galcore.restore.reconstruction import reconstruct

    progress, cancel = progress_for_terminal_and_job(as_json)
    return reconstruct(
        given.pixels,
        pixels,
        method=method,
        kind=given.kind,
        restorer=load(model) if method == "model" else None,
        noise_sigma=np.array(noise) if noise else None,
        description=words,
        progress=progress,
        cancel=cancel,
    )


def _deconvolve(
    given: InputImage,
    pixels: NDArray[np.bool_] | None,
    psf: Psf,
    noise: list[float],
    method: str,
    model: str,
    as_json: bool,
    to_fwhm_px: float,
) -> Restoration:
    import numpy as np

    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.restore.deconvolution import deconvolve
    from galcore.restore.network import load
    from galcore.restore.psf import gaussian_psf

    progress, cancel = progress_for_terminal_and_job(as_json)
    if not as_json:
        typer.echo(f"PSF: {psf.description}", err=True)
    return deconvolve(
        given.pixels,
        psf,
        noise_sigma=np.array(noise) if noise else None,
        method=method,
        kind=given.kind,
        restorer=load(model) if method == "model" else None,
        mask=pixels,
        target=gaussian_psf(to_fwhm_px) if to_fwhm_px > 0 else None,
        progress=progress,
        cancel=cancel,
    )


def _choose_psf(given: InputImage, psf: Path | None, fwhm_px: float, fwhm_arcsec: float, beta: float) -> Psf:
    """The PSF that the options ask for, else that of the stars."""
    from galcore.restore.psf import estimate_psf, gaussian_psf, moffat_psf, read_psf

    if sum((psf is not None, fwhm_px > 0, fwhm_arcsec > 0)) > 1:
        raise GalcoreError("--psf, --psf-fwhm-px and --psf-fwhm-arcsec: give one of them")
    if psf is not None:
        return read_psf(psf)
    if fwhm_arcsec > 0:
        if given.pixel_scale_arcsec is None:
            raise GalcoreError(
                f"--psf-fwhm-arcsec: {given.source} does not tell its pixel scale; give --psf-fwhm-px"
            )
        fwhm_px = fwhm_arcsec / given.pixel_scale_arcsec
    if fwhm_px > 0:
        return moffat_psf(fwhm_px, beta=beta) if beta > 0 else gaussian_psf(fwhm_px)
    return estimate_psf(given.as_sky_image())


def _summary(restoration: Restoration, out: Path, given: InputImage) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "out": str(out),
        "task": restoration.task,
        "method": restoration.method,
        "bands": given.bands,
        "shape": restoration.pixels.shape,
        "seconds": restoration.seconds,
        "missing_share": float(restoration.mask.mean()),
        "flux": asdict(restoration.total),
        "aperture_radius_px": restoration.aperture_radius_px,
        "aperture_flux": asdict(restoration.aperture),
        "sigma_available": restoration.sigma is not None,
        "provenance": asdict(restoration.provenance),
        "notes": given.notes,
    }


def _say(restoration: Restoration, out: Path) -> None:
    parameters = restoration.provenance.parameters
    typer.echo(f"{restoration.task} by {restoration.method}, {restoration.seconds:.1f} s: wrote {out}")
    for name in ("psf", "mask", "noise_sigma"):
        if name in parameters:
            typer.echo(f"  {name.replace('_', ' ')}: {parameters[name]}")
    change = restoration.total
    for n, relative in enumerate(change.relative):
        typer.echo(
            f"  band {n + 1}: flux {change.before[n]:.6g} before, {change.after[n]:.6g} after "
            f"({relative:+.2%}); within {restoration.aperture_radius_px:.0f} px "
            f"{restoration.aperture.relative[n]:+.2%}"
        )
    if restoration.sigma is None:
        typer.echo("  uncertainty: not available for this method")
