"""Make ``import torchvision`` (and so ``import timm``) work beside a CPU-only torch.

A torchvision wheel built for CUDA carries a compiled extension that does not load where torch has no CUDA.
Its Python side then dies at import with ``operator torchvision::nms does not exist``, because it registers
shape functions for operators that nobody defined. Defining their schemas first is enough: everything but
the compiled operators themselves (nms, roi_align) works. On a healthy pair this module does nothing.

Import it before anything that imports timm or torchvision.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_definitions: list[torch.library.Library] = []  # a Library object that is freed takes its schemas with it


def ensure_importable() -> bool:
    """Define the missing operator schemas where torchvision's extension cannot be loaded.

    Returns:
        True where the remedy was needed (also when it was applied earlier), False on a healthy pair.
    """
    if _definitions:
        return True
    specification = importlib.util.find_spec("torchvision")
    if specification is None or specification.origin is None:
        return False
    extensions = sorted(Path(specification.origin).parent.glob("_C*.so"))
    if all(_loads(path) for path in extensions) and _has_operator("nms"):
        return False
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _SCHEMAS.items():
        if not _has_operator(name):
            library.define(schema)
    _definitions.append(library)
    return True


def _loads(path: Path) -> bool:
    try:
        torch.ops.load_library(str(path))
    except OSError:
        return False
    return True


def _has_operator(name: str) -> bool:
    return hasattr(torch.ops.torchvision, name)


ensure_importable()
