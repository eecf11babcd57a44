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
from holdfast.simulator.settlements import Timetable
from holdfast.simulator.simulation import Outcome
from holdfast.wiring.note_units import sizes_of, units_of
from holdfast.wiring.prepared import Prepared
from holdfast.wiring.risk_block import risk_of

ROLES = {0: "entry", 1: "stop", 2: "target", 3: "exit", 4: "liquidation"}
EXITS: dict[int, str] = {
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
    NoteKind.OVERFILLED: Denial,
    NoteKind.DROPPED: Drop,
    NoteKind.STOP_MOVED: StopMove,
    NoteKind.EXITING: Exit,
    NoteKind.CLOSED: Exit,
    NoteKind.REJECTED: Refused,
}

APART = 1000  # more than any enumeration has members
REASON_NAMES = {
    kind * APART + int(reason): reason.name.lower() for kind, reasons in REASONS.items() for reason in reasons
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
        return told(ids, dict(enumerate(self.pairs)))

    def strategy(self, mandates: Any) -> pl.Series:
        """Mandate ids as strategy names."""
        return told(mandates, dict(enumerate(self.strategies)))

    def text(self, numbers: Any) -> pl.Series:
        """Numbers of tags as their texts."""
        return told(numbers, {number: text for text, number in self.texts.known.items()})


def told(numbers: Any, names: dict[int, str]) -> pl.Series:
    """Numbers as texts, each text kept once; a number without a name is empty."""
    kind = pl.Enum(list(dict.fromkeys(["", *names.values()])))
    if not len(numbers):
        return pl.Series([], dtype=kind)
    low, high = int(numbers.min()), int(numbers.max())
    return pl.Series([names.get(number, "") for number in range(low, high + 1)], dtype=kind).gather(
        numbers - low
    )


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
            "role": told(fills["role"], ROLES),
            "index": fills["index"],
            "side": told(fills["side"], {1: "buy", -1: "sell"}),
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
    exits = told(closed["exit"], EXITS)
    flagged = names.text(closed["exit_tag"])
    chosen = (exits == "exit_signal") & (flagged != "")
    return pl.DataFrame(
        {
            "trade_id": closed["trade_id"],
            "strategy": names.strategy(closed["mandate_id"]),
            "pair": names.pair(ids),
            "kind": told(closed["kind"], words(Kind)),
            "side": told(closed["side"], {1: "long", -1: "short"}),
            "tag": names.text(closed["tag"]),
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
            "exit_reason": flagged.cast(pl.String).zip_with(chosen, exits.cast(pl.String)),
            "bars_held_seconds": (closed["closed_at_ns"] - closed["opened_at_ns"]) / SECOND,
        }
    )


def notes_frame(notes: Any, names: Names) -> pl.DataFrame:
    """What the core told people. Notes are many: each column is let go when it is in the frame."""
    ids, kinds, reasons, quantities = (
        notes.take(name) for name in ("instrument_id", "kind", "reason", "quantity")
    )
    values, limits = notes.take("value"), notes.take("limit")
    tick, step = names.tick[ids], names.step[ids]
    sizes = sizes_of(units_of(kinds, reasons, quantities, values, limits), tick, step)
    return pl.DataFrame(
        {
            "ts": instants(notes.take("time_ns")),
            "trade_id": notes.take("trade_id"),
            "pair": names.pair(ids),
            "strategy": names.strategy(notes.take("mandate_id")),
            "kind": told(kinds, words(NoteKind)),
            "reason": told(kinds * APART + reasons, REASON_NAMES),
            "index": notes.take("index"),
            "price": notes.take("price") * tick,
            "quantity": quantities * step,
            "value": values * sizes,
            "limit": limits * sizes,
        }
    )


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
    world = prepared.scenario
    timetable = Timetable(world.items, world.bars, world.duration_ns)
    flowed = int(outcome.tapes["cash"]["flow"].sum())
    found = recompute(
        world.balance, contracts_of(prepared), outcome.tapes["fills"], timetable, world.hedging, flowed
    )
    parts = ("realized_pnl", "funding", "rollover", "fees", "cash_flows", "adjustments", "balance")
    realized, funding, rollover, fees, flows, adjustments, balance = (int(account[name]) for name in parts)
    start = int(account["start_balance"])
    wallet = int(outcome.market["wallet"][0])
    gaps = (
        int(found.balance) - balance,
        int(found.realized) - realized,
        int(found.fees) - fees,
        int(found.funding) - funding,
        int(found.rollover) - rollover,
        wallet - balance,
        start + realized + funding + rollover - fees + flows + adjustments - balance,
    )
    residual = max(gaps, key=abs)
    return Ledger(start, realized, funding, rollover, fees, flows, adjustments, balance, residual)


def result_of(prepared: Prepared, outcome: Outcome, memory_mb: float) -> RunResult:
    """The finished run. The outcome is used up: what has been read is let go, so that nothing is there twice."""
    names, tapes, bars = Names(prepared), outcome.tapes, prepared.scenario.bars
    facts = facts_of(prepared, outcome)
    outcome.state = outcome.market = outcome.programme = None
    return RunResult(
        **facts,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        config=config_of(prepared),
        currency=prepared.currency,
        strategy="+".join(dict.fromkeys(a.strategy.name for a in prepared.assignments)),
        mode=outcome.mode,
        instruments=tuple(c.pair for c in prepared.chosen),
        bars=len(bars),
        seconds=prepared.seconds | outcome.seconds,
        peak_memory_mb=memory_mb,
        digests=tuple(outcome.digests),
        start=format_instant(int(bars["time_ns"][0])),
        end=format_instant(int(bars["time_ns"][-1]) + prepared.scenario.duration_ns),
        notes=notes_frame(tapes.pop("notes"), names),  # the longest one first
        fills=fills_frame(tapes.pop("fills"), names),
        trades=trades_frame(tapes.pop("closed"), names),
        equity=equity_frame(tapes.pop("samples")),
        orders=pl.DataFrame(),
        market_change=market_change(prepared),
    )


def facts_of(prepared: Prepared, outcome: Outcome) -> dict[str, Any]:
    """What the state that a run left behind says about it."""
    state = outcome.state[0]
    denials = state["denials"]["count"]
    return {
        "assumptions": (*prepared.assumptions, *still_open(state)),
        "events": int(state["sequence"]),
        "state_digest": outcome.digest,
        "trade_count": len(outcome.tapes["closed"]),
        "order_count": int(state["placed_count"]),
        "denials": {member.name.lower(): int(denials[member]) for member in Denial if denials[member]},
        "ledger": ledger_of(prepared, outcome),
        "risk": risk_of(prepared, outcome),
    }


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
