"""What a run wrote down, in the units of people, with its ledger proved against the recomputation."""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from holdfast import __version__
from holdfast.history.names import format_instant
from holdfast.model.enums import Denial, Drop, Exit, Kind, NoteKind, StopMove
from holdfast.model.instrument import Contract
from holdfast.model.units import RATE, SECOND
from holdfast.records import copy_record
from holdfast.reports.result import Ledger, RunResult
from holdfast.simulator.acceptance import Refused
from holdfast.simulator.ledger import recompute
from holdfast.simulator.simulation import Outcome
from holdfast.wiring.prepared import Prepared

ROLES = {0: "entry", 1: "stop", 2: "target", 3: "exit", 4: "liquidation"}
EXITS = {
    Exit.NONE: "open",
    Exit.STOP_LOSS: "stop_loss",
    Exit.TAKE_PROFIT: "take_profit",
    Exit.EXIT_SIGNAL: "exit_signal",
    Exit.TIME_STOP: "time_stop",
    Exit.BREAK_EVEN: "break_even",
    Exit.TRAILING_STOP: "trailing_stop_loss",
    Exit.LIQUIDATION: "liquidation",
    Exit.FLATTENED: "kill_switch",
    Exit.NETTED: "netted",
    Exit.FORCE_EXIT: "force_exit",
}
REASONS: dict[int, Any] = {
    NoteKind.DENIED: Denial,
    NoteKind.SHRUNK: Denial,
    NoteKind.DROPPED: Drop,
    NoteKind.STOP_MOVED: StopMove,
    NoteKind.EXITING: Exit,
    NoteKind.CLOSED: Exit,
    NoteKind.REJECTED: Refused,
}


class Names:
    """Pairs, strategies and units by the core's numbers."""

    def __init__(self, prepared: Prepared) -> None:
        self.pairs = ["", *(c.pair for c in prepared.chosen)]
        self.strategies = ["", *(a.strategy.name for a in prepared.assignments)]
        specs = [c.spec for c in prepared.chosen]
        self.tick = np.array([0.0, *(float(s.tick_size) for s in specs)])
        self.step = np.array([0.0, *(float(s.step_size) for s in specs)])
        own = (listing.contract.self_converting for listing in prepared.scenario.listings)
        self.self_converting = np.array([False, *own])
        self.texts = prepared.plans.texts

    def pair(self, ids: Any) -> pl.Series:
        """Instrument ids as pairs."""
        return pl.Series(self.pairs, dtype=pl.String).gather(ids)

    def strategy(self, mandates: Any) -> pl.Series:
        """Mandate ids as strategy names."""
        return pl.Series(self.strategies, dtype=pl.String).gather(mandates)


def named(numbers: Any, names: dict[int, str]) -> pl.Series:
    """Numbers as texts."""
    return pl.Series(numbers).replace_strict(names, default="", return_dtype=pl.String)


def words(kind: Any) -> dict[int, str]:
    """An enumeration's members in lower case."""
    return {int(member): member.name.lower() for member in kind}


def instants(values: Any) -> pl.Series:
    """Nanoseconds as instants; 0 is null."""
    return pl.Series(np.asarray(values)).replace(0, None).cast(pl.Datetime("ns", "UTC"))


def fills_frame(fills: Any, names: Names) -> pl.DataFrame:
    """One row for each execution."""
    ids = fills["instrument_id"]
    divisor = np.where(names.self_converting[ids], fills["price"], fills["tick_value_denominator"])
    denominator = np.maximum(1, divisor).astype(float)
    value = (
        fills["price"].astype(float) * fills["quantity"] * fills["tick_value_numerator"] / denominator / RATE
    )
    return pl.DataFrame(
        {
            "ts": instants(fills["time_ns"]),
            "fill_id": fills["fill_id"],
            "order_id": fills["order_id"],
            "trade_id": fills["trade_id"],
            "pair": names.pair(ids),
            "strategy": names.strategy(fills["mandate_id"]),
            "role": named(fills["role"], ROLES),
            "index": fills["index"],
            "side": named(fills["side"], {1: "buy", -1: "sell"}),
            "quantity": fills["quantity"] * names.step[ids],
            "price": fills["price"] * names.tick[ids],
            "value": value,
            "fee": fills["fee"] / RATE,
            "maker": fills["maker"],
            "realized": fills["realized"] / RATE,
            "slippage_cost": fills["slippage"] / RATE,
        }
    )


def average(total: Any, quantity: Any, tick: Any) -> Any:
    """Mean price of a total in ticks x steps."""
    return total / np.maximum(1, quantity) * tick


def trades_frame(closed: Any, names: Names) -> pl.DataFrame:
    """One row for each closed trade; a grid's trade is its whole cycle."""
    ids = closed["instrument_id"]
    tick, step = names.tick[ids], names.step[ids]
    pnl = closed["realized_pnl"] - closed["fees"] + closed["funding"] + closed["rollover"]
    notional = np.maximum(1, closed["margin"]).astype(float)
    risk = closed["initial_risk"].astype(float)
    exits = named(closed["exit"], {int(k): v for k, v in EXITS.items()})
    flagged = pl.Series([names.texts.text(int(number)) for number in closed["exit_tag"]], dtype=pl.String)
    chosen = (exits == "exit_signal") & (flagged != "")
    return pl.DataFrame(
        {
            "trade_id": closed["trade_id"],
            "strategy": names.strategy(closed["mandate_id"]),
            "pair": names.pair(ids),
            "kind": named(closed["kind"], words(Kind)),
            "side": named(closed["side"], {1: "long", -1: "short"}),
            "tag": pl.Series([names.texts.text(int(number)) for number in closed["tag"]], dtype=pl.String),
            "armed": instants(closed["armed_at_ns"]),
            "opened": instants(closed["opened_at_ns"]),
            "closed": instants(closed["closed_at_ns"]),
            "quantity": closed["quantity_high"] * step,
            "entries": closed["entry_count"],
            "entry_price": average(closed["entry_total"], closed["entry_quantity"], tick),
            "exit_price": average(closed["exit_total"], closed["entry_quantity"], tick),
            "stop_price": closed["stop_price"] * tick,
            "initial_risk": risk / RATE,
            "realized": closed["realized_pnl"] / RATE,
            "fees": closed["fees"] / RATE,
            "funding": closed["funding"] / RATE,
            "rollover": closed["rollover"] / RATE,
            "slippage": closed["slippage"] / RATE,
            "pnl": pnl / RATE,
            "pnl_on_margin": pnl / notional,
            "pnl_on_notional": pnl / np.maximum(1.0, closed["notional"].astype(float)),
            "r": pl.Series(np.where(risk > 0, pnl / np.maximum(1.0, risk), np.nan)).fill_nan(None),
            "mae": closed["worst_pnl"] / RATE,
            "mfe": closed["best_pnl"] / RATE,
            "exit_reason": pl.DataFrame({"e": exits, "f": flagged, "c": chosen})
            .select(pl.when("c").then("f").otherwise("e"))
            .to_series(),
            "bars_held_seconds": (closed["closed_at_ns"] - closed["opened_at_ns"]) / SECOND,
        }
    )


def notes_frame(notes: Any, names: Names) -> pl.DataFrame:
    """What the core told people."""
    ids = notes["instrument_id"]
    reasons = [
        _reason(int(kind), int(reason)) for kind, reason in zip(notes["kind"], notes["reason"], strict=True)
    ]
    return pl.DataFrame(
        {
            "ts": instants(notes["time_ns"]),
            "trade_id": notes["trade_id"],
            "pair": names.pair(ids),
            "strategy": names.strategy(notes["mandate_id"]),
            "kind": named(notes["kind"], words(NoteKind)),
            "reason": pl.Series(reasons, dtype=pl.String),
            "index": notes["index"],
            "price": notes["price"] * names.tick[ids],
            "quantity": notes["quantity"] * names.step[ids],
            "value": notes["value"] / 1.0,
            "limit": notes["limit"] / 1.0,
        }
    )


def _reason(kind: int, reason: int) -> str:
    known = REASONS.get(kind)
    return known(reason).name.lower() if known else ""


def equity_frame(samples: Any) -> pl.DataFrame:
    """The account over time."""
    money = ("balance", "equity", "equity_low", "margin", "open_risk")
    columns = {name: samples[name] / RATE for name in money}
    return pl.DataFrame({"ts": instants(samples["time_ns"]), **columns, "positions": samples["positions"]})


def contracts_of(prepared: Prepared) -> list[Contract]:
    """Contracts by instrument id, as the run began."""
    made = [Contract()]
    for listing in prepared.scenario.listings:
        contract = Contract()
        copy_record(contract, listing.contract)
        made.append(contract)
    return made


def ledger_of(prepared: Prepared, outcome: Outcome) -> Ledger:
    """The core's ledger, and what the recomputation makes of the same fills."""
    account = outcome.state["account"][0]
    found = recompute(
        prepared.scenario.balance, contracts_of(prepared), outcome.tapes["fills"], outcome.tapes["cash"],
        prepared.scenario.hedging,
    )  # fmt: skip
    parts = ("realized_pnl", "funding", "rollover", "fees", "cash_flows", "adjustments", "balance")
    realized, funding, rollover, fees, flows, adjustments, balance = (int(account[name]) for name in parts)
    start = int(account["start_balance"])
    wallet = int(outcome.market["wallet"][0])
    gaps = (
        int(found.balance) - balance,
        int(found.realized) - realized,
        int(found.fees) - fees,
        wallet - balance,
        start + realized + funding + rollover - fees + flows + adjustments - balance,
    )
    residual = max(gaps, key=abs)
    return Ledger(start, realized, funding, rollover, fees, flows, adjustments, balance, residual)


def result_of(prepared: Prepared, outcome: Outcome, memory_mb: float) -> RunResult:
    """The finished run."""
    names, tapes, state = Names(prepared), outcome.tapes, outcome.state[0]
    bars = prepared.scenario.bars
    denials = state["denials"]["count"]
    return RunResult(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        config=config_of(prepared),
        assumptions=(*prepared.assumptions, *still_open(state)),
        currency=prepared.currency,
        strategy="+".join(dict.fromkeys(a.strategy.name for a in prepared.assignments)),
        mode=outcome.mode,
        instruments=tuple(c.pair for c in prepared.chosen),
        bars=len(bars),
        events=int(state["sequence"]),
        seconds=prepared.seconds | outcome.seconds,
        peak_memory_mb=memory_mb,
        state_digest=outcome.digest,
        digests=tuple(outcome.digests),
        trade_count=len(tapes["closed"]),
        order_count=int(state["placed_count"]),
        denials={member.name.lower(): int(denials[member]) for member in Denial if denials[member]},
        ledger=ledger_of(prepared, outcome),
        start=format_instant(int(bars["time_ns"][0])),
        end=format_instant(int(bars["time_ns"][-1]) + prepared.scenario.duration_ns),
        fills=fills_frame(tapes["fills"], names),
        trades=trades_frame(tapes["closed"], names),
        notes=notes_frame(tapes["notes"], names),
        equity=equity_frame(tapes["samples"]),
        orders=pl.DataFrame(),
        market_change=market_change(prepared),
    )


def still_open(state: Any) -> list[str]:
    """A word about positions that the end of the data did not close: they are in the equity, in nothing else."""
    held = int((state["instruments"]["positions"]["quantity"] > 0).sum())
    if not held:
        return []
    gap = (int(state["account"]["equity"]) - int(state["account"]["balance"])) / RATE
    return [
        f"{held} positions could not be closed in their last bar, for want of volume: their open profit of {gap:.2f} "
        "is in the equity, not in the balance or the trades"
    ]


def market_change(prepared: Prepared) -> dict[str, float]:
    """Close over open of each instrument over the run."""
    bars = prepared.scenario.bars
    found = {}
    for i, c in enumerate(prepared.chosen, 1):
        rows = np.flatnonzero(bars["instrument_id"] == i)
        found[c.pair] = float(bars["close"][rows[-1]] / bars["open"][rows[0]] - 1)
    return found


def config_of(prepared: Prepared) -> dict[str, Any]:
    """What was asked for, and every parameter that really reached the run, with where it came from."""
    asked = prepared.settings.model_dump(mode="json")
    parameters: dict[str, Any] = {}
    for a in prepared.assignments:
        parameters.setdefault(a.strategy.name, {})[a.pair] = {
            name: {"value": value, "origin": a.parameters.origins[name]}
            for name, value in a.parameters.items()
        }
    return asked | {
        "parameters_used": parameters,
        "interval": prepared.interval,
        "position_mode": "hedging" if prepared.scenario.hedging else "netting",
        "version": __version__,
    }


def peak_memory_mb() -> float:
    """The most that this process has held, in MiB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 * 1024 if sys.platform == "darwin" else 1024)
