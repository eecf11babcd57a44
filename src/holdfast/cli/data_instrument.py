"""The command that shows what Holdfast takes an instrument to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.data_options import (
    DataDir,
    Json,
    open_store,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from holdfast.history.instruments import InstrumentSpec


def show_instrument(
    pair: Annotated[str, typer.Argument(help="Pair, e.g. BTC/USDT:USDT or EURUSD.")],
    source: Annotated[str, typer.Option("--source", help="Source, e.g. binance_perp.")],
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Show what Holdfast takes an instrument to be: tick, step, fees, spread, margin, rollover, sessions."""
    from dataclasses import asdict

    spec = _spec(pair, source, data_dir)
    if json:
        print_json(asdict(spec))
        return
    rows = [
        (name.replace("_", " "), value)
        for name, value in asdict(spec).items()
        if name not in ("tiers", "inferred")
    ]
    print_table(f"{spec.pair} at {source}", ("fact", "value"), rows)
    columns = ("notional up to#", "to open#", "to keep#", "deduction#")
    tiers = [
        (f"{t.notional_max:,}", f"{t.initial_rate:%}", f"{t.maintenance_rate:%}", t.deduction)
        for t in spec.tiers
    ]
    print_table("Margin", columns, tiers)
    if spec.inferred:
        typer.echo(f"Not in the instrument file, inferred conservatively: {', '.join(spec.inferred)}.")


def _spec(pair: str, source: str, data_dir: Any) -> InstrumentSpec:
    """From the instrument file, else inferred from the bars on disk."""
    from holdfast.errors import SettingsError
    from holdfast.history.instruments import instrument, load_instruments
    from holdfast.history.layout import folder_of
    from holdfast.history.names import asset_class_of, parse_pair

    pair = _spelled(pair, source, data_dir)
    name = parse_pair(pair).named(asset_class_of(folder_of(source), source, parse_pair(pair).symbol))
    if (source, name) in load_instruments():
        return instrument(source, name)
    try:
        store = open_store(data_dir)
        sample = store.bars(source, pair, store.finest(source, pair).name)
    except SettingsError:
        return instrument(source, name)  # known at another source, or refused with the reason
    return instrument(source, name, sample)


def _spelled(pair: str, source: str, data_dir: Any) -> str:
    """A short form as `backtest` understands it (BTC), of what the file or the data know; else as it was typed."""
    from contextlib import suppress

    from holdfast.errors import SettingsError
    from holdfast.history.instruments import load_instruments
    from holdfast.history.reading import pair_named

    known = {name for at, name in load_instruments() if at == source}
    with suppress(SettingsError):
        known |= set(open_store(data_dir).pairs(source))
    with suppress(SettingsError):
        return pair_named(pair, sorted(known), source)
    return pair  # known at another source, or refused with the reason
