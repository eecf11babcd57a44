"""What a backtest can be told: on the command line, in a file, or by a shipped profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdfast.errors import SettingsError, did_you_mean
from holdfast.settings.promotion import Promotion

PROFILES = Path(__file__).parent / "profiles"


class Strict(BaseModel):
    """Unknown keys are errors: a setting that nobody reads is a trap."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


MOST = 90  # times equity: more would not fit the core's integers at the largest wallet


class ClassLimits(Strict):
    """Limits of one class of strategies. Shares of equity (1 = 100 %) or counts; 0 = no limit."""

    order_notional_max: float = Field(
        default=0, ge=0, le=MOST, description="one order's notional over equity"
    )
    position_notional_max: float = Field(
        default=0, ge=0, le=MOST, description="one instrument's notional over equity, orders included"
    )
    price_collar: float = Field(
        default=0, ge=0, le=1, description="how far beyond the price of now an entry may execute"
    )
    passive_band: float = Field(
        default=0, ge=0, le=1, description="how far away from the price of now an entry may rest"
    )
    order_count_max: int = Field(default=0, ge=0, description="working orders of the account")
    trade_count_max: int = Field(default=0, ge=0, description="trades that hold or may soon hold a position")
    entries_per_day_max: int = Field(default=0, ge=0, description="entry orders a day")
    group_trades_max: int = Field(default=0, ge=0, description="such trades in one correlation group")
    trade_risk_max: float = Field(
        default=0, ge=0, le=MOST, description="one trade at its stop, over the smaller of balance and equity"
    )
    open_risk_max: float = Field(
        default=0, ge=0, le=MOST, description="all trades at their stops, resting entries filled"
    )
    margin_max: float = Field(
        default=0,
        ge=0,
        le=1,
        description="initial margin over equity, resting entries filled; 0 = all of it, 100 %",
    )
    leverage_max: float = Field(
        default=0, ge=0, le=MOST, description="gross notional over equity, resting entries filled"
    )


SINGLE = ClassLimits(
    position_notional_max=30,
    price_collar=0.02,
    passive_band=0.25,
    order_count_max=200,
    trade_count_max=30,
    entries_per_day_max=100,
    trade_risk_max=0.02,
    open_risk_max=0.05,
    margin_max=0.5,
    leverage_max=30,
)
# A grid risks its allocation at a wide stop and rests far from the price: what is prudent for one position with
# a near stop (5 % open risk, entries within 25 %) would forbid it. Its brake is the margin and the size of its cycle.
GRID = ClassLimits(
    position_notional_max=6,
    price_collar=0.02,
    passive_band=0.5,
    order_count_max=600,
    trade_count_max=60,
    entries_per_day_max=5000,
    trade_risk_max=1.0,
    open_risk_max=1.0,
    margin_max=0.7,
    leverage_max=8,
)


class Limits(Strict):
    """Limits by class of strategy."""

    setup: ClassLimits = SINGLE
    grid: ClassLimits = GRID


class BacktestSettings(Strict):
    """Everything but the data folder."""

    strategies: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict, description="for all strategies and pairs")
    parameters_by_pair: dict[str, dict[str, Any]] = Field(default_factory=dict)
    source: str = ""
    pairs: tuple[str, ...] = ()
    timeframe: str = ""
    detail: str = ""
    timerange: str = ""
    dry_run_wallet: float = Field(default=10_000, gt=0, le=1e9, description="starting balance")
    currency: str = Field(
        default="", description="of the account; empty: the settlement currency of a perp, else USD"
    )
    position_mode: Literal["auto", "netting", "hedging"] = "auto"
    margin_mode: Literal["cross", "isolated"] = "cross"
    fee: float | None = Field(
        default=None, ge=0, lt=0.1, description="one rate for maker and taker, instead of the venue's"
    )
    stake_amount: float | None = Field(
        default=None, gt=0, description="grid: fixed capital instead of a share of equity"
    )
    max_open_trades: int | None = Field(default=None, ge=1)
    ruleset: str = Field(default="", description="id or file of the rules that the account is held to")
    phase: str = Field(
        default="", description="phase of the ruleset that the run begins in; empty: the first"
    )
    guard: Literal["on", "off"] = Field(
        default="on", description="off: only the firm's own limits hold, none of our margins before them"
    )
    calendar: str = Field(
        default="",
        description="news of the ruleset's windows; empty: as it names it; none: windows are not kept",
    )
    spread_factor: float = Field(default=1.0, ge=0, le=100)
    slippage_factor: float = Field(default=1.0, ge=0, le=100)
    volume_share: float = Field(
        default=0.1, gt=0, le=1, description="of a bar's volume that we may fill, where it is real"
    )
    limit_through_ticks: int = Field(
        default=1,
        ge=0,
        description="price must trade through a resting limit by this much; 0 = a touch fills",
    )
    limits: Limits = Limits()
    unexplained: Literal["quarantine", "adopt", "ignore", "halt"] = Field(
        default="quarantine",
        description="what an account does about a position that its books do not explain; a backtest does not ask",
    )
    catastrophe_stop: float = Field(
        default=0.05, gt=0, lt=0.5, description="how far from its price such a position gets a stop"
    )
    promotion: Promotion | None = Field(
        default=None, description="of an account: which pairs may open trades; a backtest does not ask"
    )


def load_settings(name: str | None, changes: dict[str, Any]) -> BacktestSettings:
    """Settings of a file or shipped profile, with what was typed on top. Raises SettingsError."""
    values = read_file(name) if name else {}
    values |= {key: value for key, value in changes.items() if value is not None}
    try:
        return BacktestSettings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(*sentence(error, name or "The command line")) from None


def read_file(name: str) -> dict[str, Any]:
    """A YAML file by its path, or a shipped profile by its name."""
    path = Path(name)
    if not path.suffix and not path.exists():
        path = PROFILES / f"{name}.yaml"
        if not path.exists():
            known = [each.stem for each in PROFILES.glob("*.yaml")]
            raise SettingsError(f"There is no profile or file named {name!r}.", did_you_mean(name, known))
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}.", "Check the path and its permissions."
        ) from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path} holds no settings.", "Write one `name: value` a line.")
    return values


def sentence(error: ValidationError, where: str) -> tuple[str, str]:
    """The first thing that is wrong, in words."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        owner: Any = BacktestSettings
        if first["loc"][0] == "limits":
            owner = ClassLimits if len(first["loc"]) > 2 else Limits
        if first["loc"][0] == "promotion":
            owner = Promotion
        return f"{where}: nothing reads the setting {place!r}.", did_you_mean(
            str(first["loc"][-1]), list(owner.model_fields)
        )
    return f"{where}: {place} = {first.get('input')!r}: {first['msg'].lower()}.", ""
