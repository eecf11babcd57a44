"""What an instrument is in the units of people: decimals, percent, names. The core gets integers from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class MarginTier:
    """One step of a venue's margin table, by notional in the settlement currency."""

    notional_max: Decimal  # upper end of the tier; the last tier is "as far as it goes"
    initial_rate: Decimal  # share of notional needed to open (1 / maximum leverage)
    maintenance_rate: Decimal  # share of notional needed to keep
    deduction: Decimal  # makes the maintenance margin continuous across tiers (venue's "mmDeduction")


@dataclass(frozen=True)
class InstrumentSpec:
    """One tradable contract. Prices in quote units, quantities in base units or lots, rates as shares of 1."""

    pair: str  # what people type: BTC/USDT:USDT, EURUSD, XAUUSD
    symbol: str  # file and venue spelling: BTCUSDT, EURUSD
    asset_class: str  # perp | spot | fx | metal | index
    base: str
    quote: str  # currency of the price
    settle: str  # currency that profit is booked in before conversion to the account (perp: USDT; fx: the quote)
    tick_size: Decimal  # smallest price change
    step_size: Decimal  # smallest quantity change: base units, or lots where contract_size > 1
    contract_size: Decimal  # base units in one unit of quantity (perp 1, fx lot 100000, gold lot 100)
    price_side: str  # what the bars quote: "mid", "bid" or "last" (last is treated as mid)
    quantity_min: Decimal
    quantity_max: Decimal  # of one order
    notional_min: Decimal  # of one order, in quote currency; 0 = none
    maker_rate: Decimal  # share of notional; negative = rebate
    taker_rate: Decimal
    commission_per_lot: Decimal  # per side and unit of quantity, account currency; 0 for crypto
    spread: Decimal  # typical, in price units; used where the data carry none
    spread_floor: Decimal  # never less than this, also where the data carry one
    slippage: Decimal  # of market and stop orders, in price units
    volume_is_real: bool  # False for tick counts: then volume limits nothing
    tiers: tuple[MarginTier, ...]
    stop_out_level: Decimal = Decimal(0)  # FX: margin level (equity / used margin) at which the broker closes; 0 = perp
    rollover_long: Decimal = Decimal(0)  # per night, in ticks on one unit of quantity; negative = we pay
    rollover_short: Decimal = Decimal(0)
    rollover_triple_weekday: int = 2  # Monday is 0; the night that counts three days
    rollover_time: str = ""  # "17:00 America/New_York"; empty = no rollover
    session: str = "24/7"  # or "Sun 17:00 - Fri 17:00 America/New_York"
    pip_size: Decimal = Decimal(0)  # what traders call a pip; 0 = the tick
    price_band: Decimal = Decimal(0)  # share of the last price beyond which the venue refuses a limit order; 0 = none
    can_amend_quantity: bool = True  # False on MetaTrader: cancel, confirmed, then place
    group: str = ""  # correlation group, e.g. "majors", "l1", "jpy"
    inferred: tuple[str, ...] = field(default=())  # names of fields that were guessed conservatively; printed to the user
