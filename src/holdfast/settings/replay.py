"""What `holdfast replay --set risk.NAME=VALUE` can change: limits of a class, and how strategies size and leave."""

from __future__ import annotations

from pydantic import Field, ValidationError

from holdfast.errors import SettingsError, did_you_mean
from holdfast.settings.backtest import ClassLimits


class RiskChanges(ClassLimits):
    """The limits of `ClassLimits`, and settings of mandates under the names that a strategy or a run has for them."""

    max_open_trades: int = Field(default=1, ge=1, description="the same as trade_count_max")
    risk_per_trade_pct: float = Field(
        default=1,
        gt=0,
        le=100,
        description="setups: percent of the smaller of balance and equity, at the stop",
    )
    leverage: float = Field(default=1, ge=1, le=500, description="notional over margin")
    allocation: float = Field(
        default=1, gt=0, le=1, description="grids: share of the capital base, split among the instruments"
    )
    sl_percent: float = Field(default=20, gt=0, lt=100, description="grids: stop from the average entry")
    stake_amount: float = Field(default=1, gt=0, le=1e9, description="grids: fixed capital")


def check_risk(name: str, text: str) -> float:
    """The value of one name, as typed. Raises SettingsError for an unknown name or a value out of range."""
    if name not in RiskChanges.model_fields:
        raise SettingsError(
            f"--set: nothing reads risk.{name}.", did_you_mean(name, RiskChanges.model_fields)
        )
    try:
        return float(getattr(RiskChanges.model_validate({name: text}), name))
    except ValidationError as error:
        raise SettingsError(f"--set: risk.{name} = {text!r}: {error.errors()[0]['msg'].lower()}.") from None
