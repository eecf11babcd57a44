"""A contract of a venue in integers, the money that its prices and quantities mean, and its live numbers."""

from __future__ import annotations

from holdfast.model.arithmetic import mul_div, mul_div_up, scale, scale_up
from holdfast.model.enums import Severity
from holdfast.model.recent import Recent
from holdfast.model.units import TIERS
from holdfast.records import Rows, inlined, kernel, record, rows


@record
class Tier:
    """One step of the venue's margin table; the last one has no ceiling."""

    notional_max: int  # money
    initial_rate: int
    maintenance_rate: int
    deduction: int  # money; keeps the maintenance margin continuous


@record
class Contract:
    """What does not change while a trade lives, except the tick value of a cross."""

    instrument_id: int
    tick_value_numerator: int  # money of one tick on one step = numerator / denominator
    tick_value_denominator: int
    claimed_numerator: int  # the same as the broker tells it; 0 = it does not
    claimed_denominator: int
    self_converting: bool  # USDJPY in USD: the denominator is the price itself
    quantity_min: int
    quantity_max: int  # of one order
    notional_min: int
    price_max: int
    maker_rate: int
    taker_rate: int
    commission: int  # money for each step and side
    liquidation_rate: int  # the venue's extra fee when it closes by force
    bars_are_mid: bool  # else they are bid prices
    spread: int  # typical, in ticks
    spread_floor: int
    slippage: int  # ticks, of market and stop orders
    volume_is_real: bool
    price_band: int  # rate; the venue refuses limits that cross its last price by more
    can_amend_quantity: bool
    stop_out_rate: int  # FX: share of initial margin at which the broker closes; 0 = perp
    tier_count: int
    tiers: Rows[Tier] = rows(TIERS)


@record
class Position:
    """One side of one instrument. `entry_value` stays in ticks x steps."""

    owner: int  # the mandate that built it
    quantity: int
    entry_value: int
    unrealized_pnl: int
    unrealized_low: int  # at the adverse extreme of the last price
    unrealized_high: int
    stop_pnl: int  # what its trades would bring at their stops
    notional: int
    margin: int
    maintenance: int
    exit_cost: int  # fee and slippage of leaving it now
    stressed_loss: int  # what it still loses on the way to its stops, reserve included
    resting_quantity: int  # of entries at work on this side, not yet filled
    lost: int  # by trades of one idea that have closed
    lost_at_ns: int


@record
class Weather:
    """How wildly an instrument moves: see `risk/volatility.py`. Empty where nothing watches it."""

    minute: int  # number of the minute that runs
    anchor: int  # its first bid
    samples: int
    squares: int  # sum of squared returns of one minute, each in 1e-8
    spreads: int  # sum of spreads in ticks
    calm_low: int  # bids between these are no event; 0 = not judged yet
    calm_high: int
    wide: int  # spreads up to this are none


@record
class Instrument:
    """What the core knows of a contract now."""

    contract: Contract
    group_id: int
    group_sign: int  # +1 moves with its group, -1 against it
    base_currency: int  # row of the currency table; 0 = not judged
    quote_currency: int
    lot_steps: int  # steps of one lot; 0 = sizes in lots are not limited
    reserve: int  # rate of the loss at the stop, kept for slippage
    severity: Severity
    no_open: int  # windows that forbid it now
    no_close: int
    no_rest: int
    no_fill: int
    no_hold: int
    near_news: int
    long_owner: int  # mandate that manages this side; on a netting account both are the same
    short_owner: int
    bid: int
    ask: int
    low: int  # lowest and highest bid since the last price event; the ask's are a spread above
    high: int
    price_since_ns: int  # of the price before: low and high are of the time between
    price_time_ns: int
    funding_rate: int
    positions: Rows[Position] = rows(2)  # long, short
    realized_pnl: int
    fees: int
    funding: int
    rollover: int
    is_stale: bool  # its positions have moved since their notional and margin were told
    next_stale: int
    first_order: int
    last_order: int
    order_count: int
    first_trade: int
    fill_count: int
    last_closure_id: int
    denied_count: int
    untrusted: bool  # the last quote cannot be true: nothing is opened until a good one comes
    seen_bid: int  # that quote
    seen_ask: int
    next_funding_ns: int  # 0 = not known
    funding_interval_ns: int
    stopped_side: int  # side of the last stop-out
    stopped_at_ns: int
    stop_outs: Recent
    reduced_trades: int  # still to come at a smaller size after a pause
    weather: Weather


@kernel
def usable(contract: Contract, price: int) -> int:
    """A price where the contract can have it; nonsense becomes 0, which means none."""
    return price if 0 < price <= contract.price_max else 0


@kernel
def worth_divided(contract: Contract, ticks_steps: int, price: int) -> int:
    """Where a division decides: at this price for a contract that converts itself, else by the tick value."""
    denominator = price if contract.self_converting else contract.tick_value_denominator
    return mul_div(ticks_steps, contract.tick_value_numerator, denominator)


@inlined
def worth(contract: Contract, ticks_steps: int, price: int) -> int:
    """Money of ticks x steps, converted at this price where the contract converts itself; rounded down."""
    if contract.tick_value_denominator == 1 and not contract.self_converting:
        return ticks_steps * contract.tick_value_numerator  # most contracts: nothing to divide
    return worth_divided(contract, ticks_steps, price)


@inlined
def worth_up(contract: Contract, ticks_steps: int, price: int) -> int:
    """As `worth`, rounded up: for costs."""
    return -worth(contract, -ticks_steps, price)


@kernel
def ticks_of(contract: Contract, money: int, quantity: int, price: int) -> int:
    """How many ticks on this quantity make this money, rounded up."""
    denominator = price if contract.self_converting else contract.tick_value_denominator
    return mul_div_up(money, denominator, contract.tick_value_numerator * quantity)


@inlined
def notional_of(contract: Contract, price: int, quantity: int) -> int:
    """Unsigned money of a quantity at a price, rounded up."""
    assert 0 <= price <= contract.price_max
    return worth_up(contract, price * quantity, price)


@inlined
def fee_of(contract: Contract, price: int, quantity: int, maker: bool) -> int:
    """The venue's fee for one fill: rate of notional plus commission, rounded up."""
    rate = contract.maker_rate if maker else contract.taker_rate
    return scale_up(notional_of(contract, price, quantity), rate) + contract.commission * quantity


@inlined
def tier_of(contract: Contract, notional: int) -> int:
    """The row of the margin table that a notional falls into."""
    row = 0
    for _ in range(TIERS):
        if row + 1 >= contract.tier_count or notional <= contract.tiers[row].notional_max:
            break
        row += 1
    return row


@inlined
def initial_margin(contract: Contract, notional: int) -> int:
    """Money needed to open a notional, at the rate of the tier it reaches."""
    return scale_up(notional, contract.tiers[tier_of(contract, notional)].initial_rate)


@inlined
def maintenance_margin(contract: Contract, notional: int) -> int:
    """Money needed to keep a notional: the tier's rate less its deduction; FX: the stop-out share of the margin."""
    if contract.stop_out_rate > 0:
        return scale(initial_margin(contract, notional), contract.stop_out_rate)
    tier = contract.tiers[tier_of(contract, notional)]
    return max(0, scale_up(notional, tier.maintenance_rate) - tier.deduction)


@inlined
def pnl_of(contract: Contract, side: int, quantity: int, entry_value: int, price: int) -> int:
    """Unrealized profit of an open quantity at a price, rounded down."""
    return worth(contract, side * (price * quantity - entry_value), price)


@kernel
def take_part(position: Position, quantity: int) -> int:
    """Remove a quantity; returns the entry value that leaves with it. What division leaves over stays."""
    assert quantity > 0
    assert quantity <= position.quantity
    released = mul_div(position.entry_value, quantity, position.quantity)
    position.entry_value -= released
    position.quantity -= quantity
    return released


@inlined
def best_exit(instrument: Instrument, side: int) -> int:
    """The best price at which this side could have closed since the last price event."""
    return instrument.high if side > 0 else instrument.low + instrument.ask - instrument.bid


@inlined
def worst_exit(instrument: Instrument, side: int) -> int:
    """The worst price at which this side could have closed since the last price event."""
    return instrument.low if side > 0 else instrument.high + instrument.ask - instrument.bid


@inlined
def entry_quote(instrument: Instrument, side: int) -> int:
    """What an entry of this side pays now: the ask for a buy, the bid for a sell."""
    return instrument.ask if side > 0 else instrument.bid


@inlined
def exit_quote(instrument: Instrument, side: int) -> int:
    """What a position of this side gets now: the bid for a long, the ask for a short."""
    return instrument.bid if side > 0 else instrument.ask
