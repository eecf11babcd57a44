"""Engines with one mistake each. Kernels call each other by name, so a mistake is put where its user looks it up.

Every function takes a MonkeyPatch and plants its mistake; `test_broken.py` shows which property catches it.
"""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine import (
    entries,
    exits,
    fills,
    grids,
    ladder,
    money,
    orders,
    prices,
    reports,
    setups,
    stops,
    trades,
)
from holdfast.model import instrument
from holdfast.model.arithmetic import scale
from holdfast.model.enums import Denial, Phase, StopMove
from holdfast.model.instrument import notional_of
from holdfast.model.order import OrderStatus
from holdfast.model.units import RATE
from holdfast.risk import exposure, gate, rules
from holdfast.simulator import acceptance, happenings

Patch = pytest.MonkeyPatch


def forgets_to_release(patch: Patch) -> None:
    """What an order reserved stays reserved after its end."""
    patch.setattr(orders, "release", lambda state, order: None)


def reserves_once(patch: Patch) -> None:
    """A new tick value does not reach what resting entries tie up."""
    patch.setattr(money, "reserve_again", lambda state, instrument: None)


def counts_a_duplicate_fill(patch: Patch) -> None:
    """The venue's execution id is not remembered."""
    take_fill = reports.take_fill

    def forgetful(state: Any, outbox: Any, report: Any, order: Any) -> None:
        order.last_fill_id = 0
        take_fill(state, outbox, report, order)

    patch.setattr(reports, "take_fill", forgetful)


def loses_a_fill_while_an_amend_is_out(patch: Patch) -> None:
    """Only the size that is asked for now can fill."""
    patch.setattr(reports, "quantity_held", lambda order: order.quantity)


def skips_the_gate_for_grid_levels(patch: Patch) -> None:
    """Every level but the first goes out unasked."""
    enter, ask = grids.enter, entries.ask_gate

    def unasked(state: Any, outbox: Any, row: int, index: int, *rest: Any) -> int:
        if index > 0:
            patch.setattr(entries, "ask_gate", lambda *_: Denial.NONE)
        made: int = enter(state, outbox, row, index, *rest)
        patch.setattr(entries, "ask_gate", ask)
        return made

    patch.setattr(grids, "enter", unasked)


def sends_more_than_was_asked(patch: Patch) -> None:
    """The gate judges one size, the venue gets another."""
    place = entries.place
    patch.setattr(entries, "place", lambda *a: place(*a[:-1], a[-1] + 1))


def rounds_a_size_up(quantity: Any) -> Any:
    """A size function that takes one step more, for properties that are given the function."""
    return lambda *arguments: quantity(*arguments) + 1


def loosens_a_stop(patch: Patch) -> None:
    """A stop follows every move of price, in both directions."""

    def move(state: Any, outbox: Any, row: int, price: int, how: StopMove) -> None:
        state.trades[row].stop_price = max(1, price)

    def follow(state: Any, outbox: Any, row: int, quoted: Any) -> None:
        trade = state.trades[row]
        move(state, outbox, row, quoted.bid - trade.side * trade.trail_distance, StopMove.TRAIL)

    patch.setattr(stops, "tighten", move)
    patch.setattr(ladder, "tighten", move)
    patch.setattr(prices, "follow", follow)


def forgets_the_stop(patch: Patch) -> None:
    """A first fill is booked, and nothing protects it."""
    patch.setattr(fills, "hold_stop", lambda state, outbox, row: None)


def leaves_the_stop_small(patch: Patch) -> None:
    """A stop is placed, and never grows with its position."""
    patch.setattr(stops, "amend", lambda *_: False)


def unlinks_from_one_side(patch: Patch) -> None:
    """The list of an instrument's orders is kept forwards only."""
    link = orders.link_order

    def half(state: Any, row: int) -> None:
        link(state, row)
        state.orders[row].previous = 0

    patch.setattr(orders, "link_order", half)


def believes_any_status(patch: Patch) -> None:
    """A report moves an order wherever it says, table or not."""

    def obey(state: Any, order: Any, step: Any) -> bool:
        order.status = OrderStatus.LIVE if step < 10 else OrderStatus.IN_DOUBT
        return True

    patch.setattr(reports, "advance", obey)


def counts_trades_by_orders(patch: Patch) -> None:
    """A trade stops counting when its entry is filled."""
    patch.setattr(
        trades, "is_busy", lambda state, row: any(level.order_row for level in state.trades[row].levels)
    )


def lets_small_limits_pass(patch: Patch) -> None:
    """A limit on lots or risk that is small is taken for none."""
    check = gate.check
    small = {"lots_order_max": RATE, "lots_instrument_max": RATE, "lots_total_max": RATE, "group_risk": RATE}

    def lenient(state: Any, ask: Any) -> Denial:
        guard = state.guard
        kept = {name: getattr(guard, name) for name in small}
        for name, least in small.items():
            setattr(guard, name, kept[name] if kept[name] >= least else 0)
        denial: Denial = check(state, ask)
        for name, value in kept.items():
            setattr(guard, name, value)
        return denial

    patch.setattr(gate, "check", lenient)


def places_what_was_asked(patch: Patch) -> None:
    """An entry is made smaller in the books of the gate alone."""
    tell = entries.note_smaller

    def placed(state: Any, outbox: Any, row: int, index: int) -> None:
        tell(state, outbox, row, index)
        state.ask.allowed = state.ask.quantity

    patch.setattr(entries, "note_smaller", placed)


def judges_margin_by_what_fits(patch: Patch) -> None:
    """A limit that no entry is made smaller for is asked about the smaller entry: a tight limit opens another."""
    check_margin, fit = gate.check_margin, gate.fit

    def fitted(state: Any, ask: Any, limits: Any, mandate: Any) -> Denial:
        denial: Denial = fit(state, ask, limits, mandate)
        return denial if denial != Denial.NONE else check_margin(state, ask, limits)

    patch.setattr(gate, "check_margin", lambda state, ask, limits: Denial.NONE)
    patch.setattr(gate, "fit", fitted)


def forgets_a_direction(patch: Patch) -> None:
    """What a short risks is counted with the longs of its group."""
    move = exposure.move_direction
    patch.setattr(
        exposure, "move_direction", lambda state, instrument, side, *moved: move(state, instrument, 1, *moved)
    )


def asks_before_it_closes(patch: Patch) -> None:
    """A halt holds exits back as well."""
    place_exit = exits.place_exit

    def asked(state: Any, outbox: Any, row: int) -> None:
        if not state.account.unknown:
            place_exit(state, outbox, row)

    patch.setattr(exits, "place_exit", asked)


def keeps_the_fee(patch: Patch) -> None:
    """A maker's fee is charged to the account and forgotten by the trade."""
    book_fee = fills.book_fee

    def forgetful(state: Any, instrument: Any, trade: Any, fee: int) -> None:
        kept = trade.fees
        book_fee(state, instrument, trade, fee)
        trade.fees = kept

    patch.setattr(fills, "book_fee", forgetful)


def rounds_profit_up(patch: Patch) -> None:
    """A closed part is worth up to one unit more than it is."""
    patch.setattr(fills, "worth", instrument.worth_up)


def marks_at_the_wrong_side(patch: Patch) -> None:
    """Positions are valued at the price at which they could be opened."""
    pnl_of = exposure.pnl_of
    patch.setattr(
        exposure,
        "pnl_of",
        lambda c, side, quantity, value, price: pnl_of(c, side, quantity, value, price + 1),
    )


def reads_another_rule(patch: Patch) -> None:
    """The interpreted core rounds a share up where the compiled one rounds down."""
    patch.setattr(rules, "scale", lambda amount, share: -(-amount * share // RATE))
    patch.setattr(setups, "scale", lambda amount, share: -(-amount * share // RATE) + 1)


def closes_twice(patch: Patch) -> None:
    """A trade that is leaving leaves again with every price."""

    def again(state: Any, outbox: Any, row: int) -> None:
        if state.trades[row].phase == Phase.EXITING and state.trades[row].quantity > 0:
            exits.place_exit(state, outbox, row)

    for user in (exits, prices, reports, fills, money):
        patch.setattr(user, "continue_exit", again)


def amends_what_it_likes(patch: Patch) -> None:
    """The venue takes an amend for one more than was asked."""
    change = acceptance.change

    def more(market: Any, command: Any) -> None:
        change(market, command)
        market.orders[command.order_row].quantity += 1

    patch.setattr(acceptance, "change", more)


def takes_no_for_an_answer(patch: Patch) -> None:
    """A cancel that the venue refused is never asked for again."""
    patch.setattr(prices, "cancel_again", lambda state, outbox, row: None)


def settles_otherwise(patch: Patch, kind: str, payment: Any) -> None:
    """Core and venue agree on a wrong payment: the wallet cannot show it, only the recomputation."""
    for user in (money, happenings):
        patch.setattr(user, f"{kind}_payment", payment)


def pays_a_unit_less_funding(patch: Patch) -> None:
    """Funding is off by one of the smallest units."""
    right = money.funding_payment
    settles_otherwise(patch, "funding", lambda *terms: right(*terms) + 1)


def pays_funding_to_the_wrong_side(patch: Patch) -> None:
    """Longs receive what they owe."""
    right = money.funding_payment
    settles_otherwise(patch, "funding", lambda contract, side, *terms: right(contract, -side, *terms))


def rounds_funding_towards_us(patch: Patch) -> None:
    """What is paid is rounded down."""
    settles_otherwise(
        patch,
        "funding",
        lambda c, side, quantity, share, price: -scale(notional_of(c, price, quantity), side * share),
    )


def misses_the_triple_day(patch: Patch) -> None:
    """A night that counts for three is charged once."""
    right = money.rollover_payment
    settles_otherwise(
        patch, "rollover", lambda c, quantity, points, days, price: right(c, quantity, points, 1, price)
    )


def skips_a_settlement(patch: Patch) -> None:
    """Every third settlement does not happen, at the venue neither."""
    settle_cash, met = happenings.settle_cash, [0]

    def sometimes(world: Any, item: Any) -> None:
        met[0] += 1
        if met[0] % 3:
            settle_cash(world, item)

    patch.setattr(happenings, "settle_cash", sometimes)


def settles_at_another_price(patch: Patch) -> None:
    """Funding is on the ask where no mark is known."""

    def asked(world: Any, item: Any) -> None:
        instrument = world.state.instruments[item.instrument_id]
        bid, instrument.bid = instrument.bid, instrument.ask + 1
        settle_cash(world, item)
        instrument.bid = bid

    settle_cash = happenings.settle_cash
    patch.setattr(happenings, "settle_cash", asked)


def splits_by_single_shares(trade: Any, minimum: int) -> None:
    """Each target takes its own rounded share, and nobody the rest."""
    for leg in trade.legs[: trade.leg_count]:
        if not leg.done:
            leg.quantity = max(leg.filled_quantity, trade.entry_quantity * leg.share // RATE)
