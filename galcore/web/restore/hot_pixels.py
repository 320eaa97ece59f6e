"""What the model looks at in one galaxy, as contours to lay over its picture.

Contours and not colours: they stay readable on bright cores and on sky, and the galaxy stays visible.
"""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.types import GalcoreError
from galcore.web.uploads import shared_encoder

if TYPE_CHECKING:
    from galcore.workspace import Workspace

AMBER = "#ffb347"
_LEVELS = (0.25, 0.5, 0.75)
_CONTOUR_SIDE_PX = 192  # enough for smooth lines; the map itself is coarser
_MOST_ROWS = 2000  # galaxies that are enough to recover a linear score
_KEPT = 256

_held: OrderedDict[tuple[str, ...], str] = OrderedDict()
_lock = threading.Lock()


def hot_pixel_address(workspace: Workspace, galaxy_id: str, *, campaign_id: str | None = None) -> str:
    """An SVG of contours with a transparent ground, as a ``data:`` address, in the shape of the stamp.

    Args:
        workspace: Must hold embeddings; their model is the one that is looked into.
        galaxy_id: A galaxy of it.
        campaign_id: What speaks for the campaign's first answer; ``None``: what sets it apart from sky.

    Raises:
        GalcoreError: If there are no embeddings, the model cannot be opened or the image cannot be read, or
            the campaign has no scores yet.
    """
    embeddings = workspace.embeddings()
    version = workspace.loop(campaign_id).model_version if campaign_id else ""
    key = (str(workspace.folder), galaxy_id, embeddings.model_hash, campaign_id or "", version)
    with _lock:
        if key in _held:
            return _held[key]
    direction = score_direction(workspace, campaign_id) if campaign_id else None
    address = _draw(workspace, galaxy_id, embeddings.manifest.model, direction)
    with _lock:
        _held[key] = address
        while len(_held) > _KEPT:
            _held.popitem(last=False)
    return address


def score_direction(workspace: Workspace, campaign_id: str) -> NDArray[np.float32]:
    """(D,) direction of the embedding along which the score of the campaign's first answer grows.

    The learner is linear in a rotated space of unit vectors; least squares of its logits on the unit vectors
    gives its weights back in the space of the embedding.

    Raises:
        GalcoreError: If nobody has answered both ways yet.
    """
    scored = workspace.loop(campaign_id).probabilities()
    if scored is None:
        raise GalcoreError("the campaign has no scores yet: both answers must have been given at least once")
    ids, probabilities = scored
    campaign = workspace.loop(campaign_id).campaign
    embeddings = workspace.campaign_embeddings(campaign.model)
    if embeddings is None or embeddings.model_hash != workspace.embeddings().model_hash:
        raise GalcoreError("the campaign learns on another model than the one whose maps are shown")
    rows = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), _MOST_ROWS)).astype(np.intp))
    vectors = embeddings.vectors()[rows]
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    first = np.clip(probabilities[rows, 0], 1e-6, 1 - 1e-6)
    centred = vectors - vectors.mean(axis=0)
    logits = np.log(first / (1 - first))
    return np.linalg.lstsq(centred, logits - logits.mean(), rcond=1e-4)[0].astype(np.float32)


def _draw(workspace: Workspace, galaxy_id: str, model: str, direction: NDArray[np.float32] | None) -> str:
    from galcore.model.hot_pixels import explain_stamp

    encoder = shared_encoder(model)
    heat = explain_stamp(encoder, workspace.images.load(galaxy_id), direction=direction)
    svg = contour_svg(heat)
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def contour_svg(heat: NDArray[np.floating]) -> str:
    """Filled contours of a map, the viewport in its pixels.

    Args:
        heat: (H, W) in [0, 1].

    Example:
        >>> contour_svg(np.zeros((4, 6)))
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 6 4"></svg>'
    """
    from skimage.measure import find_contours
    from skimage.transform import resize

    height, width = heat.shape
    scale = max(height, width) / _CONTOUR_SIDE_PX
    small = (
        heat
        if scale <= 1
        else resize(heat, (round(height / scale), round(width / scale)), anti_aliasing=True)
    )
    step_y, step_x = height / small.shape[0], width / small.shape[1]
    padded = np.pad(np.asarray(small, dtype=float), 1)  # lines close at the edge
    paths = []
    for level in _LEVELS:
        lines = (
            "M" + "L".join(f"{(x - 0.5) * step_x:.1f} {(y - 0.5) * step_y:.1f}" for y, x in line) + "Z"
            for line in find_contours(padded, level)
        )
        if d := "".join(lines):
            paths.append(
                f'<path d="{d}" fill="{AMBER}" fill-opacity="0.08" fill-rule="evenodd" stroke="{AMBER}" '
                f'stroke-opacity="{level + 0.2:.2f}" stroke-width="1.5" vector-effect="non-scaling-stroke"/>'
            )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{"".join(paths)}</svg>'
