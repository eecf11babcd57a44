"""The account as rows: its sums, what is held, which rules restrain it, where its floors stand."""

from __future__ import annotations

from typing import Any

from holdfast.journal.words import CONSEQUENCES, QUANTITIES, RULES, SAMPLES, SCOPES, SEVERITIES
from holdfast.model.enums import Rule
from holdfast.model.state import State
from holdfast.model.units import DAYS, SECOND

Values = tuple[Any, ...]


def account_row(seq: int, state: State) -> Values:
    """The one row of the account."""
    a = state.account
    day = state.challenge.days[a.day % DAYS]
    return (
        1, seq, state.time_ns, state.epoch, a.start_balance, a.balance, a.equity, a.unrealized_pnl, a.realized_pnl,
        a.fees, a.funding, a.rollover, a.cash_flows, a.open_risk, SEVERITIES[max(a.severity, state.severity)],
        a.unknown, a.day, day.began_at_ns, day.start_equity, day.realized, a.entries_today, a.open_trades,
        a.working_orders, a.observations,
    )  # fmt: skip


def equity_row(state: State, span_ns: int) -> Values:
    """Balance and equity at the first event of a minute or hour, under its beginning."""
    a = state.account
    return (
        span_ns // SECOND, state.time_ns // span_ns * span_ns, a.balance, a.equity, a.balance + a.unrealized_low,
        a.open_risk, a.open_trades,
    )  # fmt: skip


def mark_rows(state: State) -> list[Values]:
    """Each side that is held, with the price and the profit of now."""
    found = []
    for i in range(1, state.instrument_watermark + 1):
        instrument = state.instruments[i]
        for number, side in ((0, 1), (1, -1)):
            p = instrument.positions[number]
            if p.quantity:
                found.append(
                    (
                        i, side, instrument.price_time_ns, p.quantity, p.entry_value, instrument.bid, instrument.ask,
                        p.unrealized_pnl, p.unrealized_low,
                    )
                )  # fmt: skip
    return found


def restraint_rows(state: State) -> list[Values]:
    """Each rule that holds some scope back."""
    found = []
    for row in range(1, state.trip_watermark + 1):
        t = state.trips[row]
        if t.rule != Rule.NONE:
            scope = (SCOPES[t.scope], t.scope_id, SEVERITIES[t.severity])
            found.append(
                (row, RULES[t.rule], t.index, *scope, t.latched, t.since_ns, t.until_ns, t.value, t.limit)
            )
    return found


def floor_rows(state: State) -> list[Values]:
    """Each loss limit: where it hangs, where it is, how near it came."""
    return [
        (
            row, f.rule_id, SCOPES[f.scope], f.scope_id, f.anchor, f.level, f.last_value, f.rung, f.nearest,
            f.nearest_at_ns, f.breached_at_ns, f.previous_level, QUANTITIES[f.quantity], SAMPLES[f.sample],
            QUANTITIES[f.observed], CONSEQUENCES[f.consequence], f.ladder.warn, f.ladder.reduce, f.ladder.block,
            f.ladder.flatten, f.triggered, f.reconstructed,
        )
        for row in range(1, state.floor_watermark + 1)
        for f in (state.floors[row],)
    ]  # fmt: skip
