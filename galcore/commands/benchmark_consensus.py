"""``benchmark consensus``: majority, Dawid-Skene and CROWDLAB on simulated people whose errors are known."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from galcore.commands.as_json import AS_JSON

if TYPE_CHECKING:
    from galcore.consensus.comparison import Trial
    from galcore.evaluate.result import Measure

FIRST_SEED = 100  # 0 to 99 were for choosing priors and grids
NOT_WORSE = 0.005  # accuracy; a loss that is smaller is none
LARGE, MOST_SECONDS = 100_000, 20.0


def register(benchmarks: typer.Typer) -> None:
    """Add the command to the benchmarks."""
    benchmarks.command("consensus")(benchmark_consensus)


def benchmark_consensus(
    seeds: int = typer.Option(20, "--seeds", min=2, help="Simulated campaigns of each kind."),
    galaxies: int = typer.Option(600, "--galaxies", min=20, help="Galaxies of a campaign."),
    speed: bool = typer.Option(True, "--speed/--no-speed", help="Also time 100,000 galaxies."),
    out: Path | None = typer.Option(None, "--out", help="File to keep the result in."),
    as_json: bool = AS_JSON,
) -> None:
    """Accuracy of each method: 12 people, 1-3 votes a galaxy, 4 answers; models know much or nothing.

    The model learns from the same votes and judges galaxies it was not fitted on.
    """
    from galcore.consensus.comparison import run_trials
    from galcore.consensus.expert_types import read_expert_types
    from galcore.evaluate.result import BenchmarkResult
    from galcore.settings import Settings

    table = Settings.from_environment().real_data_dir / "efigi_88px" / "labels.csv"
    real = read_expert_types(table) if table.exists() else None
    if real is None:
        typer.echo(f"{table} is not there: simulated galaxies only", err=True)
    trials = run_trials(range(FIRST_SEED, FIRST_SEED + seeds), n_galaxies=galaxies, real=real)
    measures = _measures(trials) + _coverage(seeds, galaxies) + (_speed() if speed else ())
    command = f"python -m galcore benchmark consensus --seeds {seeds} --galaxies {galaxies}"
    result = BenchmarkResult("consensus", command, measures, _rows(trials))
    if out is not None:
        result.write(out)
    typer.echo(result.to_json() if as_json else result.table())


def _coverage(seeds: int, galaxies: int) -> tuple[Measure, ...]:
    """How many people's true skill lies in the interval told for them."""
    from galcore.consensus.comparison import skill_coverage
    from galcore.evaluate.result import Measure

    measures = []
    for words, number in (("1-3 votes", (1, 3)), ("3 votes", (3, 3))):
        found = skill_coverage(
            range(FIRST_SEED, FIRST_SEED + seeds), n_galaxies=galaxies, votes_per_galaxy=number
        )
        measures.append(Measure(f"true skill inside its 95 % interval, {words} a galaxy", round(found, 3)))
    return tuple(measures)


def _speed() -> tuple[Measure, ...]:
    """Seconds of one core for 100,000 galaxies with three votes of 30 people."""
    import numpy as np

    from galcore.consensus.crowdlab import crowdlab
    from galcore.consensus.dawid_skene import dawid_skene
    from galcore.consensus.held_out import HeldOut
    from galcore.consensus.people import person_skills
    from galcore.consensus.simulation import simulate_campaign
    from galcore.evaluate.result import Measure

    crowd = (("careful", 12), ("sloppy", 12), ("biased", 4), ("random", 2))
    campaign = simulate_campaign(LARGE, votes_per_galaxy=(3, 3), mixture=crowd, seed=FIRST_SEED)
    ids, n_answers = campaign.votes.galaxy_ids, campaign.votes.n_answers
    told = 0.1 + 0.6 * np.eye(n_answers)[campaign.truth]
    model = HeldOut.from_other_galaxies(ids, told, trained_on=())
    people = dawid_skene(campaign.votes)
    crowdlab(campaign.votes.select(campaign.votes.galaxies < 100), model)  # loads what is loaded once
    measures = []
    for name, work in (
        ("Dawid-Skene", lambda: dawid_skene(campaign.votes)),
        ("CROWDLAB", lambda: crowdlab(campaign.votes, model)),
        ("skills with intervals", lambda: person_skills(campaign.votes, people)),
    ):
        started = time.process_time()
        work()
        seconds = round(time.process_time() - started, 2)
        what = f"{name}, {LARGE:,} galaxies, 3 votes each, 30 people, processor time"
        measures.append(Measure.at_most(what, seconds, "s", MOST_SECONDS))
    return tuple(measures)


def _settings(trials: tuple[Trial, ...]) -> dict[tuple[str, str], list[Trial]]:
    found: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        found.setdefault((trial.crowd, trial.model), []).append(trial)
    return found


def _measures(trials: tuple[Trial, ...]) -> tuple[Measure, ...]:
    """What has to hold, each on paired differences over seeds: the lower end of the 95 % interval decides."""
    from galcore.consensus.comparison import gains, mean_interval
    from galcore.evaluate.result import Measure

    measures = []
    for (crowd, model), own in _settings(trials).items():
        if model == "absent":
            over = mean_interval(gains(own, "dawid-skene", "majority"))
            name = f"{crowd}: Dawid-Skene over majority, accuracy"
            measures.append(Measure(name, round(over.value, 4), "", "> 0, with its interval", over.low > 0))
            continue
        gain = mean_interval(gains(own, "crowdlab", "dawid-skene"))
        name = f"{crowd}, model {model}: CROWDLAB over Dawid-Skene, accuracy"
        if model == "uninformative":
            target, met = f"interval above -{NOT_WORSE:g}", gain.low > -NOT_WORSE
        else:
            target, met = "> 0, with its interval", gain.low > 0
        measures.append(Measure(name, round(gain.value, 4), "", target, met))
    return tuple(measures)


def _rows(trials: tuple[Trial, ...]) -> tuple[dict[str, Any], ...]:
    """Mean accuracies and gains of each setting with 95 % intervals."""
    import numpy as np

    from galcore.consensus.comparison import METHODS, gains, mean_interval

    rows = []
    for (crowd, model), own in _settings(trials).items():
        row: dict[str, Any] = {"crowd": crowd, "model": model, "seeds": len(own)}
        for method in METHODS:
            interval = mean_interval([trial.accuracy[method] for trial in own])
            row[method] = round(interval.value, 4)
            row[f"{method}_low"], row[f"{method}_high"] = round(interval.low, 4), round(interval.high, 4)
        for name, better, worse in (
            ("ds_gain", METHODS[1], METHODS[0]),
            ("crowdlab_gain", METHODS[2], METHODS[1]),
        ):
            gain = mean_interval(gains(own, better, worse))
            row[name] = round(gain.value, 4)
            row[f"{name}_low"], row[f"{name}_high"] = round(gain.low, 4), round(gain.high, 4)
        alone = float(np.mean([trial.model_accuracy for trial in own]))
        row["model_alone"] = None if np.isnan(alone) else round(alone, 4)
        row["heard"] = sum(trial.model_share > 0 for trial in own)
        rows.append(row)
    return tuple(rows)
