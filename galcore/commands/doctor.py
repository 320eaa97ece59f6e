"""``doctor``: what is installed, what it runs on, what is broken and how to mend it."""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import typer

from galcore import __version__
from galcore.commands.as_json import AS_JSON
from galcore.commands.exit_codes import ExitCode
from galcore.settings import DEFAULT_MODEL, MODELS_DIR, ROOT, Settings

LEAST_FREE_GIB = 2.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = f"{sys.executable} -m pip install -r requirements.txt"
MARKS = {
    "ok": ("✓", typer.colors.GREEN),
    "note": ("·", typer.colors.YELLOW),
    "broken": ("✗", typer.colors.RED),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: Thing.
        state: ``ok``, ``note`` (works without) or ``broken`` (something needed does not work).
        detail: Version, path or number.
        mend: What to do about it; empty when nothing has to be done.
    """

    what: str
    state: str
    detail: str
    mend: str = ""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("doctor")(look_around)


def look_around(
    as_json: bool = AS_JSON,
) -> None:
    """Say what is installed, what it runs on, what is broken and how to mend it.

    Exit code 1: something that is needed is broken.
    """
    import json

    findings = examine()
    healthy = all(finding.state != "broken" for finding in findings)
    if as_json:
        report = {"galcore": __version__, "healthy": healthy, "findings": [asdict(each) for each in findings]}
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        _print(findings, healthy=healthy)
    if not healthy:
        raise typer.Exit(ExitCode.ERROR)


def examine() -> tuple[Finding, ...]:
    """Everything the doctor looks at, in order; a check that fails itself is a finding too."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python, _packages, _torch, _torchvision, _timm, _weights, _folders, _labels, _browser, _real_data,
    )  # fmt: skip
    findings: list[Finding] = []
    for check in checks:
        try:
            findings.extend(check())
        except Exception as error:  # a broken installation can fail in any way, and that is what to report
            findings.append(
                Finding(check.__name__.strip("_"), "broken", f"{type(error).__name__}: {error}", INSTALL)
            )
    return tuple(findings)


def _print(findings: tuple[Finding, ...], *, healthy: bool) -> None:
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        mark, colour = MARKS[finding.state]
        typer.secho(f"{mark} {finding.what.ljust(width)}  {finding.detail}", fg=colour)
        if finding.mend:
            typer.echo(f"  {' ' * width}  → {finding.mend}")
    typer.echo("All that is needed works." if healthy else "Mend what is marked ✗, then run doctor again.")


def _python() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} ({sys.executable})")


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        wanted = Requirement(text)
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            yield Finding(wanted.name, "broken", "is not installed", INSTALL)
            continue
        if wanted.specifier.contains(version, prereleases=True):
            yield Finding(wanted.name, "ok", version)
        else:
            yield Finding(wanted.name, "broken", f"{version}, needed is {wanted.specifier}", INSTALL)


def _torch() -> Iterator[Finding]:
    import torch

    if torch.cuda.is_available():
        capability = ".".join(map(str, torch.cuda.get_device_capability()))
        device = f"{torch.cuda.get_device_name()} (CUDA {torch.version.cuda}, capability {capability})"
        bf16 = torch.cuda.is_bf16_supported()
    else:
        device = f"CPU, {torch.get_num_threads()} threads"
        bf16 = _cpu_has_bf16()
    yield Finding("device", "ok", device)
    yield Finding(
        "bfloat16", "ok" if bf16 else "note", "fast here" if bf16 else "not fast here; float32 is used"
    )


def _cpu_has_bf16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _torchvision() -> Iterator[Finding]:
    from galcore.model.torchvision_guard import ensure_importable

    mended = ensure_importable()
    importlib.import_module("torchvision")
    detail = "its compiled part does not load beside this torch; worked round" if mended else "loads whole"
    yield Finding("torchvision guard", "ok", detail)


def _timm() -> Iterator[Finding]:
    importlib.import_module("galcore.model.torchvision_guard")
    timm = importlib.import_module("timm")
    yield Finding("timm import", "ok", f"{len(timm.list_models()):,} backbones known")


def _weights() -> Iterator[Finding]:
    path = MODELS_DIR / f"{DEFAULT_MODEL}.safetensors"
    if not path.is_file():
        yield Finding("weights", "broken", f"{path} is not there", "git checkout -- data/models")
        return
    from galcore.model.checkpoints import load_encoder

    encoder = load_encoder(DEFAULT_MODEL, device="cpu")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    card = path.with_suffix(".md")
    promised = re.findall(r"\b[0-9a-f]{64}\b", card.read_text(encoding="utf-8")) if card.exists() else []
    detail = f"{DEFAULT_MODEL}, {encoder.embedding_dim} dimensions, sha256 {digest[:12]}…"
    if promised and digest not in promised:
        yield Finding(
            "weights", "broken", f"{detail} is not what its card says", "git checkout -- data/models"
        )
    elif not promised:
        yield Finding("weights", "note", f"{detail}; its card names no sha256 to compare with")
    else:
        yield Finding("weights", "ok", detail)


def _folders() -> Iterator[Finding]:
    folder = Settings.from_environment().workspaces_dir
    existing = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    if existing.is_dir() and os.access(existing, os.W_OK):
        n_workspaces = len(list(folder.glob("*/workspace.json")))
        yield Finding("workspaces", "ok", f"{folder} ({n_workspaces} there)")
    else:
        yield Finding(
            "workspaces",
            "broken",
            f"{folder} cannot be written",
            "set GALCORE_WORKSPACES to a folder of yours",
        )
    free_gib = shutil.disk_usage(existing).free / 2**30
    if free_gib < LEAST_FREE_GIB:
        yield Finding("disk", "broken", f"{free_gib:.1f} GiB free", f"free at least {LEAST_FREE_GIB:.0f} GiB")
    else:
        yield Finding("disk", "ok", f"{free_gib:.0f} GiB free")


def _labels() -> Iterator[Finding]:
    """Every label file of the workspaces folder, looked over and left as it is."""
    from galcore.labels.quarantine import check_workspace_labels
    from galcore.types import GalcoreError
    from galcore.workspace_files import WorkspaceFiles

    n_healthy = 0
    for card in sorted(Settings.from_environment().workspaces_dir.glob("*/workspace.json")):
        folder, what = card.parent, f"labels of {card.parent.name}"
        files = WorkspaceFiles(folder)
        try:
            found = check_workspace_labels(files.labels, snapshot=files.label_snapshot)
        except GalcoreError as error:
            yield Finding(what, "note", str(error))
            continue
        if found is None or found.healthy:
            n_healthy += found is not None
            continue
        told = "; ".join(f"{each.n_events or ''} {each.kind}".strip() for each in found.problems)
        remedy = f"python -m galcore labels check {folder.name} --quarantine (sets aside, deletes nothing)"
        if not found.readable:
            remedy += f", then labels restore BACKUP {folder.name}"
        yield Finding(what, "broken", told, remedy)
    if n_healthy:
        yield Finding("labels", "ok", f"{n_healthy} label files, nothing wrong in them")


def _browser() -> Iterator[Finding]:
    chosen = os.environ.get("GALCORE_BROWSER", "")
    found = chosen or next((path for name in BROWSERS if (path := shutil.which(name))), "")
    if found:
        yield Finding("browser for tests", "ok", found)
    else:
        yield Finding(
            "browser for tests",
            "note",
            "none found; only the browser tests need one",
            "apt-get install chromium",
        )


def _real_data() -> Iterator[Finding]:
    folder = Settings.from_environment().real_data_dir
    if folder.is_dir():
        sets = sorted(path.name for path in folder.iterdir() if path.is_dir())
        yield Finding("real galaxy sets", "ok", f"{len(sets)} in {folder}")
    else:
        yield Finding("real galaxy sets", "note", f"{folder} is not there; only development needs it")
