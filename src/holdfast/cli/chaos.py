"""`holdfast chaos`: the engine under simulated time with faults on everything around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json, print_table
from holdfast.cli.run_options import (
    Config,
    Currency,
    DataDir,
    Fee,
    MaxOpen,
    Pairs,
    Phase,
    Ruleset,
    Set,
    Source,
    Stake,
    Strategies,
    StrategyPath,
    Timeframe,
    Timerange,
    Wallet,
    changes_of,
)

if TYPE_CHECKING:
    from holdfast.operations.chaos.campaign import Report
    from holdfast.operations.chaos.mix import VenueModel
    from holdfast.operations.chaos.setting import Setting
    from holdfast.operations.chaos.world import Asked

Days = Annotated[
    int, typer.Option("--days", min=1, help="Simulated trading days, each with faults of its own.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed runs the same way.")]
Model = Annotated[
    str,
    typer.Option(
        "--venue-model", help="strict, unfilled or none: which names it takes twice. Absent: in turn."
    ),
]
Engine = Annotated[str, typer.Option("--engine", help="An engine with a known mistake, to see it caught.")]
TapeOut = Annotated[
    Path | None,
    typer.Option("--tape", help="Where to write the fewest faults that still violate; one day is played."),
]
Play = Annotated[
    Path | None, typer.Option("--play", help="A tape to play: its faults and no others, in one day.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("chaos")(chaos)


def chaos(
    days: Days = 30, seed: Seed = 1, venue_model: Model = "", engine: Engine = "", tape: TapeOut = None,
    play: Play = None, strategy: Strategies = None, config: Config = None, data_dir: DataDir = None,
    source: Source = None, pairs: Pairs = None, timeframe: Timeframe = None, timerange: Timerange = None,
    set_: Set = None, wallet: Wallet = None, currency: Currency = None, stake: Stake = None, max_open: MaxOpen = None,
    fee: Fee = None, ruleset: Ruleset = None, phase: Phase = None, strategy_path: StrategyPath = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Run the engine through days in which network, venue, disk, clock, process and operator fail, and check it.

    With --config, -s and the like it has the instruments, mandates and limits of your account; the market is made up.
    """
    from holdfast.operations.chaos.campaign import asked_for, campaign, one_day
    from holdfast.operations.chaos.engine_kinds import GOOD
    from holdfast.operations.chaos.engines import engine_named
    from holdfast.operations.chaos.setting import usual

    models = models_named(venue_model)
    chosen = engine_named(engine) if engine else GOOD
    hits = read_tape(play)
    changes = changes_of(
        strategy, pairs, set_, None, source=source, timeframe=timeframe, timerange=timerange, dry_run_wallet=wallet,
        currency=currency, stake_amount=stake, max_open_trades=max_open, fee=fee, ruleset=ruleset, phase=phase,
    )  # fmt: skip
    own = config is not None or any(value is not None for value in changes.values())
    setting = own_setting(config, changes, data_dir, strategy_path) if own else usual()
    if tape is not None or play is not None:
        asked = replace(asked_for(seed, models[0], setting, chosen), tape=hits)
        report = one_day(asked)
        if tape is not None:
            write_tape(report, asked, tape)
    else:
        with counting(days) as tick:
            report = campaign(days, seed, models, setting, chosen, tick)
    print_report(report, json)
    if report.violations:
        raise typer.Exit(1)


def own_setting(
    config: str | None, changes: dict[str, Any], data_dir: Path | None, strategy_path: Path | None
) -> Setting:
    """The account of a person's own settings."""
    from holdfast.cli.backtest import progress
    from holdfast.cli.places import data_folder
    from holdfast.history.store import Store
    from holdfast.settings.backtest import load_settings
    from holdfast.wiring.backtest import Backtest
    from holdfast.wiring.chaos import require_simulated, setting_of

    settings = load_settings(config, changes)
    require_simulated(settings)
    with progress() as (say, tick):
        return setting_of(Backtest(Store(data_folder(data_dir)), settings, say, tick, strategy_path))


def read_tape(path: Path | None) -> dict[tuple[str, int], float] | None:
    """The faults of a file; None where none is named."""
    from holdfast.errors import HoldfastError
    from holdfast.operations.chaos.tape import read

    if path is None:
        return None
    try:
        return read(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HoldfastError(f"{path} cannot be read: {error.strerror}.") from error


def write_tape(report: Report, asked: Asked, path: Path) -> None:
    """The fewest faults that still lead to the first violation of a day; of a day without one, all of its faults."""
    from holdfast.operations.chaos.campaign import shrunk
    from holdfast.operations.chaos.tape import written

    hits, why = report.tape, "no invariant is violated"
    if report.violations:
        why = str(report.violations[0]["invariant"])
        hits = shrunk(asked, why, hits)
    head = f"% seed {asked.seed}, venue model {asked.model.value}, engine {asked.engine.name}: {why}\n"
    path.write_text(head + written(hits), encoding="utf-8")


@contextmanager
def counting(days: int) -> Iterator[Callable[[int, int], None]]:
    """How many days are done, on stderr."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("Days", total=days)
        yield lambda done, _: shown.update(task, completed=done)


def print_report(report: Report, json: bool) -> None:
    """Invariants, days and rare situations: for a person or as data."""
    if json:
        print_json(report.data())
        return
    from holdfast.operations.chaos.campaign import INVARIANTS

    counts = Counter(violation["invariant"] for violation in report.violations)
    cells = ((name, text, counts[name] or "held") for name, text in INVARIANTS.items())
    print_table("", ("invariant", "what must hold", "violations#"), cells)
    rows = ((name, f"{count:,}") for name, count in sorted(report.situations.items()))
    print_table("", ("rare situation", "times#"), rows)
    by = ", ".join(f"{name} {days}" for name, days in report.models.items())
    typer.echo(
        f"{report.days} days ({by}), {report.prices:,} prices, {report.fills:,} fills, {report.starts:,} starts."
    )
    for missing in report.data()["unreached"]:
        typer.echo(f"Not reached: {missing}.")
    for told in report.violations[:20]:
        typer.echo("{invariant} violated, seed {seed}, {model}, after {at_s} s: {what}".format(**told))


def models_named(name: str) -> list[VenueModel]:
    """The kinds of venue to run against."""
    from holdfast.errors import HoldfastError
    from holdfast.operations.chaos.mix import VenueModel

    known = {model.value: model for model in VenueModel}
    if name and name not in known:
        raise HoldfastError(f"There is no venue model {name}.", f"Known are {', '.join(known)}.")
    return [known[name]] if name else list(known.values())
