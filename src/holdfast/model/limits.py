"""Limits of one class of strategies. Rates in 1e-8 of equity unless said otherwise; 0 = no limit."""

from __future__ import annotations

from holdfast.model.enums import Denial
from holdfast.records import record


@record
class Limits:
    """What the gate holds a class to. Each field is read by the rule of the same name."""

    order_notional_max: int
    position_notional_max: int
    price_collar: int  # rate of the current price
    order_count_max: int  # working orders of the account
    trade_count_max: int  # trades of the account that hold or may soon hold a position
    entries_per_day_max: int
    group_trades_max: int  # such trades within one correlation group
    trade_risk_max: int  # one trade at its stop
    open_risk_max: int  # all trades at their stops, resting entries filled
    margin_max: int  # 0 = all of the equity: no venue lends more
    leverage_max: int  # gross notional over equity
    stale_after_ns: int


@record
class Ask:
    """What is asked of the gate."""

    trade_row: int
    instrument_id: int
    side: int
    quantity: int
    price: int
    stop_price: int
    replaces: int  # order row that this would replace; 0 = none
    risk: int
    margin: int
    notional: int


@record
class Refusal:
    """The last denial: the rule, the value, the limit."""

    denial: Denial
    value: int
    limit: int
