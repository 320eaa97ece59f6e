"""``campaign``: make, list, close and report campaigns."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.where import WORKSPACE_HELP, workspace_folder

if TYPE_CHECKING:
    from galcore.types import Campaign, CampaignMode, CampaignState
    from galcore.workspace import Workspace

WORKSPACE = typer.Argument(..., help=WORKSPACE_HELP)
CAMPAIGN = typer.Option(..., "--campaign", "-c", help="Name or id of the campaign.")
YES_NO = ("yes", "no")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Make, list, close and report campaigns.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_campaigns)
    group.command("close")(close)
    group.command("report")(report)
    app.add_typer(group, name="campaign")


def create(
    workspace: str = WORKSPACE,
    name: str = typer.Option(..., "--name", "-n", help="What people read."),
    question: str = typer.Option("", "--question", "-q", help="What is asked; else the name."),
    answer: list[str] = typer.Option(
        [], "--answer", "-a", help="One answer; repeat. Binary: the first is what you look for."
    ),
    mode: str = typer.Option("binary", help="binary, multiclass, multilabel, interest, grades or tree."),
    tree: str = typer.Option("", help="Decision tree: gzd5, or a TOML file."),
    overlap: int = typer.Option(1, min=1, help="How many people answer each galaxy."),
    galaxies: Path | None = typer.Option(
        None, help="Text file with one galaxy id a line: only these are asked about."
    ),
    guidance: str = typer.Option("", help="Text beside the grid."),
    learns: bool = typer.Option(True, "--learns/--no-model", help="Whether a model learns and recommends."),
    learn_for: str = typer.Option(
        "", help="Of several questions, the one grids are chosen for: its name, or `all`; else the first."
    ),
    state: str = typer.Option("open", help="draft, open or paused."),
    by: str = typer.Option("", "--by", help="Who makes it."),
    as_json: bool = AS_JSON,
) -> None:
    """Make a campaign."""
    from galcore.questions import fixed_answers
    from galcore.types import ALL_QUESTIONS, Campaign
    from galcore.workspace import Workspace

    toml = _tree(tree) if tree else ""
    chosen = cast("CampaignMode", "tree" if tree else mode)
    fixed = fixed_answers(chosen, toml)
    campaign = Campaign(
        campaign_id=uuid.uuid4().hex,
        name=name,
        question=question or name,
        answers=fixed or tuple(answer) or YES_NO,
        mode=chosen,
        guidance=guidance,
        overlap=overlap,
        learns=learns,
        tree=toml,
        scoped=galaxies is not None,
        state=cast("CampaignState", state),
        created_by=by,
        focus=ALL_QUESTIONS if learn_for == "all" else learn_for,
    )
    opened = Workspace.open(workspace_folder(workspace))
    listed = None if galaxies is None else _listed(galaxies, opened)
    with opened.labels as labels:
        stored = labels.create_campaign(campaign, listed)
    if as_json:
        typer.echo(json.dumps({"campaign_id": stored.campaign_id, "name": stored.name}, ensure_ascii=False))
        return
    typer.echo(f"{stored.name!r} is {stored.state} ({stored.campaign_id})")


def _tree(name: str) -> str:
    from galcore.questions import built_in_trees
    from galcore.types import GalcoreError

    built_in = built_in_trees()
    if name in built_in:
        return built_in[name]
    path = Path(name)
    if not path.is_file():
        raise GalcoreError(f"there is no decision tree {name!r}: give {', '.join(built_in)} or a TOML file")
    return path.read_text("utf-8")


def _listed(path: Path, workspace: Workspace) -> tuple[str, ...]:
    from galcore.types import GalcoreError

    known = set(workspace.catalog["galaxy_id"].astype(str))
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GalcoreError(f"{path} cannot be read as a list of galaxies: {error}") from error
    wanted = tuple(line.strip() for line in lines if line.strip())
    for number, line in enumerate(lines, start=1):
        if line.strip() and line.strip() not in known:
            raise GalcoreError(f"{path}, line {number}: {line.strip()!r} is no galaxy of this workspace")
    return wanted


def list_campaigns(workspace: str = WORKSPACE, as_json: bool = AS_JSON) -> None:
    """List the campaigns of a workspace with their progress; also while the dashboard runs."""
    from galcore.export.sources import opened_for_reading
    from galcore.workspace import Workspace

    with opened_for_reading(Workspace.open(workspace_folder(workspace))) as (labels, _):
        rows = [_row(campaign, len(labels.votes(campaign.campaign_id))) for campaign in labels.campaigns()]
    if as_json:
        typer.echo(json.dumps({"campaigns": rows}, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(
            f"{row['name']}  {row['state']}, {row['mode']}, {row['n_answered']:,} galaxies answered  "
            f"({row['campaign_id']})"
        )
    if not rows:
        typer.echo("no campaign yet; make one with `campaign create`")


def _row(campaign: Campaign, n_answered: int) -> dict[str, str | int]:
    return {
        "campaign_id": campaign.campaign_id,
        "name": campaign.name,
        "question": campaign.question,
        "mode": campaign.mode,
        "state": campaign.state,
        "overlap": campaign.overlap,
        "n_answered": n_answered,
    }


def close(
    workspace: str = WORKSPACE,
    campaign: str = CAMPAIGN,
    reopen: bool = typer.Option(False, "--reopen", help="Open it again instead."),
) -> None:
    """Close a campaign: it takes no more labels, and keeps those it has."""
    from dataclasses import replace

    from galcore.export.sources import find_campaign
    from galcore.workspace import Workspace

    with Workspace.open(workspace_folder(workspace)).labels as labels:
        found = find_campaign(labels, campaign)
        stored = labels.update_campaign(replace(found, state="open" if reopen else "closed"))
    typer.echo(f"{stored.name!r} is {stored.state}")


def report(
    workspace: str = WORKSPACE,
    campaign: str = CAMPAIGN,
    out: Path | None = typer.Option(None, "--out", "-o", help="HTML file to write; it needs nothing else."),
    pseudonymous: bool = typer.Option(False, "--pseudonymous", help="Names of people replaced."),
    as_json: bool = AS_JSON,
) -> None:
    """Numbers of a campaign for the method section of a paper; also while the dashboard runs."""
    from dataclasses import asdict
    from functools import partial

    from galcore.export.pseudonyms import pseudonym, workspace_key
    from galcore.export.scores import campaign_scores
    from galcore.export.sources import find_campaign, opened_for_reading
    from galcore.report import report_campaign, report_html
    from galcore.report.html import count_rows, sentences
    from galcore.whole_files import write_whole
    from galcore.workspace import Workspace

    opened = Workspace.open(workspace_folder(workspace))
    name_of = partial(pseudonym, key=workspace_key(opened.folder)) if pseudonymous else str
    with opened_for_reading(opened) as (labels, labels_from):
        found = find_campaign(labels, campaign)
        scores = campaign_scores(opened, found, labels)
        numbers = report_campaign(
            opened, found, labels, scores=scores, labels_from=labels_from, name_of=name_of
        )
    if out is not None:
        with write_whole(out) as unfinished:
            unfinished.write_text(report_html(numbers), "utf-8")
    if as_json:
        typer.echo(json.dumps(without_nan(asdict(numbers)), ensure_ascii=False))
        return
    for sentence in sentences(numbers):
        typer.echo(sentence)
    for title, value in count_rows(numbers):
        typer.echo(f"{title}: {value}")
    if out is not None:
        typer.echo(f"wrote {out}")


def without_nan(value: object) -> object:
    """The value with NaN as ``None``, which is all that JSON knows.

    >>> without_nan({"alpha": float("nan"), "people": (1, 2)})
    {'alpha': None, 'people': [1, 2]}
    """
    if isinstance(value, dict):
        return {name: without_nan(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(each) for each in value]
    return None if isinstance(value, float) and value != value else value
