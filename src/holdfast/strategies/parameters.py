"""One resolver for the parameters of a strategy in one pair, for backtest, paper and live alike (L21).

Later wins: the strategy's default, the table that ships for the pair, the user's value for all pairs, the
user's value for this pair. The result remembers where each value came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history.names import parse_pair, parse_timeframe
from holdfast.strategies.parameter_values import checked
from holdfast.strategies.strategy import Strategy


@dataclass(frozen=True)
class Overrides:
    """What a user changed: for all pairs, and for single ones (`BTC/USDT:USDT`, or `BTC` for all of it)."""

    everywhere: Mapping[str, Any] = field(default_factory=dict)
    per_pair: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Resolved(dict[str, Any]):
    """Parameter name -> value; `origins` has the same keys: default, shipped for X, user, user for X."""

    def __init__(self) -> None:
        super().__init__()
        self.origins: dict[str, str] = {}


def resolve_parameters(
    strategy: Strategy, pair: str, overrides: Overrides | Mapping[str, Any] | None = None
) -> Resolved:
    """Values of all parameters for one pair, each checked for type, range and choice.

    An empty pair has no table. A plain mapping as `overrides` holds for all pairs. Text is read as the
    parameter's type. Raises SettingsError with unit and range for a bad value, with a suggestion for an unknown
    name, and for values that contradict each other (`Strategy.check`).
    """
    given = overrides if isinstance(overrides, Overrides) else Overrides(everywhere=overrides or {})
    resolved = Resolved()
    _apply(strategy, resolved, {each.name: each.default for each in strategy.parameters}, "default")
    for key, values in _matching(strategy.per_pair, pair):
        _apply(strategy, resolved, values, f"shipped for {key}")
    _apply(strategy, resolved, given.everywhere, "user")
    for key, values in _matching(given.per_pair, pair):
        _apply(strategy, resolved, values, f"user for {key}")
    strategy.check(resolved)
    return resolved


def check_pairs(overrides: Overrides, pairs: Iterable[str]) -> None:
    """Raise SettingsError for a per-pair override that no pair of the run reads: no typo stays silent."""
    known = list(pairs)
    for key in overrides.per_pair:
        if not any(names_pair(key, pair) for pair in known):
            raise SettingsError(
                f"Parameters are set for {key}, which is not traded.", did_you_mean(key, known)
            )


def parse_assignments(texts: Iterable[str]) -> Overrides:
    """Read `ma_period=10` and `BTC/USDT:USDT.ma_period=7` (or `BTC.ma_period=7`), as typed."""
    everywhere: dict[str, Any] = {}
    per_pair: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        pair, _, key = name.strip().rpartition(".")
        if not equals or not key or not value.strip():
            raise SettingsError(f"'{text}' sets nothing.", "Write NAME=VALUE or PAIR.NAME=VALUE.")
        (per_pair.setdefault(pair, {}) if pair else everywhere)[key] = value.strip()
    return Overrides(everywhere, per_pair)


def _matching(table: Mapping[str, Mapping[str, Any]], pair: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Entries of a per-pair table that hold for the pair; one for the base asset before the pair's own."""
    if not pair:
        return []
    found = [(key, values) for key, values in table.items() if names_pair(key, pair)]
    return sorted(found, key=lambda entry: entry[0].upper() != parse_pair(pair).base)


def names_pair(key: str, pair: str) -> bool:
    """Whether a key of a per-pair table means this pair: its base asset, or the pair in any spelling."""
    wanted, asked = parse_pair(pair), parse_pair(key)
    if not asked.quote:
        return asked.base == wanted.base
    return asked.symbol == wanted.symbol and asked.settle in ("", wanted.settle)


def _apply(strategy: Strategy, resolved: Resolved, values: Mapping[str, Any], origin: str) -> None:
    known = {each.name: each for each in strategy.parameters}
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"{strategy.name} has no parameter {name}.", did_you_mean(name, known))
        resolved[name] = checked(strategy.name, known[name], value)
        resolved.origins[name] = origin


def with_timeframe(strategy: Strategy, overrides: Overrides, timeframe: str | None) -> Overrides:
    """The overrides with the bars that were asked for (`-i 1h`) put in; None leaves the strategy's own.

    Raises SettingsError where the strategy reads one timeframe only and that is another one.
    """
    if timeframe is None:
        return overrides
    wanted = parse_timeframe(timeframe).name
    if any(each.name == "timeframe" for each in strategy.parameters):
        return Overrides({**overrides.everywhere, "timeframe": wanted}, overrides.per_pair)
    own = strategy.timeframes({each.name: each.default for each in strategy.parameters}).base
    if own != wanted:
        raise SettingsError(
            f"{strategy.name} reads {own} bars, not {wanted}.", f"Leave -i out, or write -i {own}."
        )
    return overrides
