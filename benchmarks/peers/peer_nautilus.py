"""Workload (a) in NautilusTrader, through its low-level `BacktestEngine` with external bars.

Nautilus fills a market order at the last known price the moment it is sent, which for a strategy on bars is the
close that it has just seen. To enter at the next open, as the workload says, the order takes one nanosecond to
arrive (`LatencyModel`) and the opening print of the next bar is fed as a trade tick before it; only the bars after
a cross have such a print, so the engine has a thousand ticks more to process, not twice the data. Stop and target
are the children of a bracket and both work from the fill on. Logging, the analysis after the run and the pre-trade
checks are off, and one engine is reset between runs, as the documentation advises for repeated runs.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import nautilus_trader
import numpy as np
import pandas as pd
from harness import Engine, Outcome, Way, main
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.model.currencies import ETH, USDT
from nautilus_trader.model.data import BarType, TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy
from workload import FEE_RATE, QUANTITY, START_CASH, TICKS_PER_UNIT, Bars, Signals, units

PRICE_DECIMALS = 2
LATENCY_NS = 1


class MovingAverageCross(Strategy):
    """Buys on the cross when flat, with a bracket; keeps the fills."""

    def __init__(self, instrument: CryptoPerpetual, bar_type: BarType, signals: Signals) -> None:
        super().__init__()
        self.instrument, self.bar_type = instrument, bar_type
        self.cross = signals.cross.tolist()
        self.stop_price, self.target_price = units(signals.stop).tolist(), units(signals.target).tolist()
        self.quantity = instrument.make_qty(QUANTITY)
        self.on_reset()

    def on_reset(self) -> None:
        self.i = -1
        self.fills: list[tuple[int, float, float]] = []  # time in ns, price, fee

    def on_start(self) -> None:
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar: Any) -> None:
        self.i = i = self.i + 1
        if self.cross[i] and self.portfolio.is_flat(self.instrument.id):
            bracket = self.order_factory.bracket(
                instrument_id=self.instrument.id,
                order_side=OrderSide.BUY,
                quantity=self.quantity,
                sl_trigger_price=Price(self.stop_price[i], PRICE_DECIMALS),
                tp_price=Price(self.target_price[i], PRICE_DECIMALS),
            )
            self.submit_order_list(bracket)

    def on_order_filled(self, event: Any) -> None:
        self.fills.append((event.ts_event, event.last_px.as_double(), event.commission.as_double()))


@dataclass(frozen=True)
class Native:
    engine: BacktestEngine
    strategy: MovingAverageCross


def convert(bars: Bars, signals: Signals) -> Native:
    instrument = _instrument()
    interval = _interval_ns(bars)
    bar_type = BarType.from_str(f"{instrument.id}-{interval // 60_000_000_000}-MINUTE-LAST-EXTERNAL")
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
            run_analysis=False,
        )
    )
    engine.add_venue(
        venue=instrument.id.venue,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USDT,
        starting_balances=[Money(START_CASH, USDT)],
        latency_model=LatencyModel(base_latency_nanos=LATENCY_NS),
        bar_execution=True,
    )
    engine.add_instrument(instrument)
    columns = {name: units(getattr(bars, name)) for name in ("open", "high", "low", "close")}
    frame = pd.DataFrame(
        columns | {"volume": bars.volume}, index=pd.to_datetime(bars.time + interval, utc=True)
    )
    engine.add_data(BarDataWrangler(bar_type, instrument).process(frame), sort=False)
    engine.add_data(_opening_prints(bars, signals, instrument), sort=True)
    strategy = MovingAverageCross(instrument, bar_type, signals)
    engine.add_strategy(strategy)
    return Native(engine, strategy)


def _instrument() -> CryptoPerpetual:
    return CryptoPerpetual(
        instrument_id=InstrumentId.from_str("ETHUSDT-PERP.BENCH"),
        raw_symbol=Symbol("ETHUSDT"),
        base_currency=ETH,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=PRICE_DECIMALS,
        size_precision=3,
        price_increment=Price.from_str("0.01"),
        size_increment=Quantity.from_str("0.001"),
        margin_init=Decimal("0.05"),
        margin_maint=Decimal("0.025"),
        maker_fee=Decimal(str(FEE_RATE)),
        taker_fee=Decimal(str(FEE_RATE)),
        ts_event=0,
        ts_init=0,
    )


def _interval_ns(bars: Bars) -> int:
    return int(np.median(np.diff(bars.time)))


def _opening_prints(bars: Bars, signals: Signals, instrument: CryptoPerpetual) -> list[TradeTick]:
    """The first trade of each bar that follows a cross, as it would come from a trade feed."""
    after = np.flatnonzero(signals.cross[:-1]) + 1
    opens = units(bars.open)
    times = bars.time + LATENCY_NS
    return [
        TradeTick(
            instrument_id=instrument.id,
            price=Price(opens[i], PRICE_DECIMALS),
            size=Quantity(max(bars.volume[i] / 4, QUANTITY), 3),
            aggressor_side=AggressorSide.NO_AGGRESSOR,
            trade_id=TradeId(f"open-{i}"),
            ts_event=int(times[i]),
            ts_init=int(times[i]),
        )
        for i in after
    ]


def prepare(native: Native) -> Native:
    native.engine.reset()
    return native


def run(native: Native) -> Native:
    native.engine.run()
    return native


def collect(native: Native, bars: Bars) -> Outcome:
    fills = native.strategy.fills[: len(native.strategy.fills) // 2 * 2]
    closing = bars.time + _interval_ns(bars)
    rows = []
    for (bought, price, _), (sold, exit_price, _) in zip(fills[::2], fills[1::2], strict=True):
        entry_bar = np.searchsorted(bars.time, bought, side="right") - 1
        exit_bar = np.searchsorted(closing, sold)  # fills inside a bar carry the time of its close
        entry = (int(bars.time[entry_bar]), round(price * TICKS_PER_UNIT))
        rows.append((*entry, int(bars.time[exit_bar]), round(exit_price * TICKS_PER_UNIT)))
    return Outcome(rows, sum(fee for _, _, fee in fills))


if __name__ == "__main__":
    way = Way("BacktestEngine.run", prepare, run, collect)
    main(Engine("NautilusTrader", nautilus_trader.__version__, convert, [way]))
