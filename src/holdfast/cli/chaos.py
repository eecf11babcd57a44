"""`holdfast chaos`: the engine under simulated time with faults on everything around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.data_options import Json, print_json, print_table

if TYPE_CHECKING:
    from holdfast.operations.chaos.campaign import Report
    from holdfast.operations.chaos.engine_kinds import EngineKind
    from holdfast.operations.chaos.mix import VenueModel

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
    play: Play = None, json: Json = False,
) -> None:  # fmt: skip
    """Run the engine through days in which network, venue, disk, clock, process and operator fail, and check it."""
    from holdfast.operations.chaos.campaign import campaign, one_day
    from holdfast.operations.chaos.engine_kinds import GOOD
    from holdfast.operations.chaos.engines import engine_named

    models = models_named(venue_model)
    chosen = engine_named(engine) if engine else GOOD
    if tape is not None or play is not None:
        report: Report = one_day(seed, models[0], chosen, read_tape(play))
        if tape is not None:
            write_tape(report, models[0], chosen, tape)
    else:
        with counting(days) as tick:
            report = campaign(days, seed, models, engine=chosen, tick=tick)
    print_report(report, json)
    if report.violations:
        raise typer.Exit(1)


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


def write_tape(report: Report, model: VenueModel, engine: EngineKind, path: Path) -> None:
    """The fewest faults that still lead to the first violation of a day; of a day without one, all of its faults."""
    from holdfast.operations.chaos.campaign import asked_for, shrunk
    from holdfast.operations.chaos.setting import usual
    from holdfast.operations.chaos.tape import written

    hits, why = report.tape, "no invariant is violated"
    if report.violations:
        why = str(report.violations[0]["invariant"])
        hits = shrunk(asked_for(report.seed, model, usual(), engine), why, hits)
    head = f"% seed {report.seed}, venue model {model.value}, engine {engine.name}: {why}\n"
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
