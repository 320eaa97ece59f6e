"""Restoring any image: masked pixels filled in, the blur of the sky taken out, fluxes kept.

    input_image: read_input, input_from_sky_image -> InputImage (pixels C H W, kind, header)
    reconstruction: reconstruct(flux, mask) -> Restoration         methods: RECONSTRUCTION_METHODS
    deconvolution: deconvolve(flux, psf) -> Restoration            methods: DECONVOLUTION_METHODS
    masks: propose_masks(image), read_mask(path, shape), disc_mask, line_mask
    psf: gaussian_psf, moffat_psf, read_psf, estimate_psf -> Psf; narrowing_kernel(psf, target)
    scaling: measure_scaling(pixels) -> Scaling (sky, noise and scale per band)
    restoration_fits: write_restoration(path, restoration), restoration_bytes(restoration)

Arrays are ``(C, H, W)`` with any number of bands; NaN means missing. Nothing heavy is imported before a
method that needs it runs.
"""
