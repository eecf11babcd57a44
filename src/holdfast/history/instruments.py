"""What an instrument is in the units of people: decimals, percent, names. The core gets integers from it.

`load_instruments` reads the shipped file (instruments.yaml, versioned), `instrument` answers for any
instrument of any source, with a conservative inference for one that the file does not know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.errors import SettingsError
from holdfast.history.instrument_file import read_entries
from holdfast.history.instrument_inference import REFERENCES, inferred_fields, tick_seen
from holdfast.history.names import Pair, parse_pair

if TYPE_CHECKING:
    import polars as pl

SHIPPED = Path(__file__).with_name("instruments.yaml")
STABLE = {"USDT": "USD", "USDC": "USD"}  # booked one to one where the account is kept in dollars


@dataclass(frozen=True)
class MarginTier:
    """One step of a venue's margin table, by notional in the settlement currency."""

    notional_max: Decimal  # upper end of the tier; the last tier is "as far as it goes"
    initial_rate: Decimal  # share of notional needed to open (1 / maximum leverage)
    maintenance_rate: Decimal  # share of notional needed to keep
    deduction: Decimal  # makes the maintenance margin continuous across tiers (venue's "mmDeduction")


@dataclass(frozen=True)
class InstrumentSpec:
    """One tradable contract. Prices in quote units, quantities in base units or lots, rates of 1."""

    pair: str  # what people type: BTC/USDT:USDT, EURUSD, XAUUSD
    symbol: str  # file and venue spelling: BTCUSDT, EURUSD
    asset_class: str  # perp | spot | fx | metal | index
    base: str
    quote: str  # currency of the price
    settle: str  # currency of profit before conversion to the account (perp: USDT; fx: the quote)
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
    stop_out_level: Decimal = Decimal(0)  # FX: equity / used margin at which the broker closes; 0 = perp
    rollover_long: Decimal = Decimal(0)  # per night, in ticks on one unit of quantity; negative = we pay
    rollover_short: Decimal = Decimal(0)
    rollover_triple_weekday: int = 2  # Monday is 0; the night that counts three days
    rollover_time: str = ""  # "17:00 America/New_York"; empty = no rollover
    session: str = "24/7"  # or "Sun 17:00 - Fri 17:00 America/New_York"
    pip_size: Decimal = Decimal(0)  # what traders call a pip; 0 = the tick
    price_band: Decimal = Decimal(0)  # a limit crossing the last price by more of it is refused; 0 = none
    can_amend_quantity: bool = True  # False on MetaTrader: cancel, confirmed, then place
    group: str = ""  # correlation group, e.g. "majors", "l1", "jpy"
    inferred: tuple[str, ...] = field(default=())  # fields that were guessed conservatively; printed


@cache
def load_instruments(path: Path = SHIPPED) -> Mapping[tuple[str, str], InstrumentSpec]:
    """All instruments of a file by (source, pair). Raises SettingsError that names file, entry and mend."""
    specs = {}
    for source, fields in read_entries(path):
        tiers = tuple(MarginTier(*tier) for tier in fields.pop("tiers"))
        specs[source, fields["pair"]] = InstrumentSpec(**fields, tiers=tiers)
    return specs


def instrument(source: str, pair: str, sample: pl.DataFrame | None = None) -> InstrumentSpec:
    """The facts of an instrument: from the shipped file, else inferred from bars of it (`sample`).

    An instrument that another source of its class is known to trade borrows those facts; a wholly unknown one
    gets the conservative numbers of `instrument_inference.py`. Either way the names of the guessed fields are
    in `inferred`. Raises SettingsError where it is unknown and there are no bars to infer from.
    """
    asked = parse_pair(pair)
    asset_class = class_of(asked, pair)
    known = load_instruments()
    name = asked.named(asset_class)
    if (source, name) in known:
        return known[source, name]
    for other in REFERENCES[asset_class]:
        if (other, name) in known:
            return _borrowed(known[other, name], other, sample)
    if sample is None or sample.is_empty():
        raise SettingsError(
            f"Nothing is known of {pair} at {source}.", "Give bars of it, so that it can be inferred."
        )
    fields, guessed = inferred_fields(asked, asset_class, sample)
    tiers = tuple(MarginTier(*tier) for tier in fields.pop("tiers"))
    return InstrumentSpec(**fields, pair=name, tiers=tiers, inferred=guessed)


def class_of(pair: Pair, text: str) -> str:
    """Class by the spelling: with a settlement currency a perpetual, with a slash spot, else fx, metal or
    index."""
    if pair.settle:
        return "perp"
    return "spot" if "/" in text and not pair.is_fiat else pair.currency_class


def _borrowed(spec: InstrumentSpec, lender: str, sample: pl.DataFrame | None) -> InstrumentSpec:
    """Facts of the same instrument elsewhere, on the finer of its grid and the one that the bars show."""
    tick = spec.tick_size if sample is None else min(spec.tick_size, tick_seen(sample))
    scale = spec.tick_size / tick  # rollover is told in ticks
    return replace(
        spec,
        tick_size=tick,
        rollover_long=spec.rollover_long * scale,
        rollover_short=spec.rollover_short * scale,
        inferred=(f"all fields, as at {lender}",),
    )


def account_conversion(
    spec: InstrumentSpec, account_currency: str, available_pairs: Collection[str]
) -> tuple[str, bool] | None:
    """Whose price turns the instrument's profit into the account's currency, and whether it divides.

    (pair, False): profit x price (GBPUSD for EURGBP in USD); (pair, True): profit / price (USDJPY for any JPY
    profit in USD); None: no conversion (stablecoins count as dollars). `available_pairs` are the pairs whose
    prices can be had, in the spelling of the store. Raises SettingsError where none of them does it.
    """
    money, account = (STABLE.get(currency, currency) for currency in (spec.settle, account_currency))
    if money == account:
        return None
    by_symbol = {parse_pair(pair).symbol: pair for pair in available_pairs}
    for symbol, inverted in ((money + account, False), (account + money, True)):
        if symbol in by_symbol:
            return by_symbol[symbol], inverted
    raise SettingsError(
        f"Profit of {spec.pair} is in {spec.settle}, and nothing at hand converts it to {account_currency}.",
        f"Add the data of {money}{account} or {account}{money}, or choose another account currency.",
    )
