"""What a strategy must have shown on paper, on an instrument, before an account opens trades with it there."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings.ruleset.base import Part


class Promotion(Part):
    """The promotion gate. Every condition must hold; no evidence is no promotion."""

    evidence: str = Field(
        min_length=1, description="paper account whose closed trades count: its name, or its folder"
    )
    trades_min: int = Field(default=30, ge=1, description="closed trades, at least")
    return_above: float = Field(
        default=0,
        ge=0,
        le=10,
        description="net of fees and funding over that account's starting balance (0.01 = 1 %): more than this",
    )
    profit_factor_min: float = Field(
        default=1.0, ge=1, le=100, description="what its winners made over what its losers lost, at least"
    )
    days_min: float = Field(
        default=14, ge=0, le=3650, description="days from the first trade's opening to the last one's close"
    )
    max_age_days: float = Field(
        default=30, gt=0, le=3650, description="days since the account last traded so, at most"
    )
    force: tuple[str, ...] = Field(
        default=(),
        description="pairs that trade without evidence, by name: `grid_atr on BTC`. Said at every start",
    )
