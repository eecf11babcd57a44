"""From `--set risk.NAME=VALUE` to a journal folded with that: what `holdfast replay --set` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.errors import SettingsError, did_you_mean
from holdfast.journal.archive import rows_of
from holdfast.model.enums import Base, Kind
from holdfast.operations.counterfactual.changes import Change
from holdfast.operations.counterfactual.fold import Counterfactual, compare, names_of
from holdfast.operations.paper import pairs_of
from holdfast.settings.replay import check_risk
from holdfast.wiring.mandates import CLASS_IDS, is_count
from holdfast.wiring.units import rate

PREFIX = "risk."
HUNDRED = 100
# By name: the field of the core's mandate, what one of the core's is in the unit of the name, and whose it is.
OF_MANDATES: dict[str, tuple[str, int, Kind]] = {
    "risk_per_trade_pct": ("risk_rate", HUNDRED, Kind.SETUP),
    "leverage": ("leverage", 1, Kind.NONE),
    "allocation": ("allocation", 1, Kind.GRID),
    "sl_percent": ("stop_rate", HUNDRED, Kind.GRID),
    "stake_amount": ("fixed_capital", 1, Kind.GRID),
}


@dataclass(frozen=True)
class Wanted:
    """One `--set`, read and checked. `scope` is a class, a pair, or empty."""

    key: str
    scope: str
    name: str
    value: float


def read_wanted(texts: Iterable[str]) -> list[Wanted]:
    """What was typed: `risk.NAME=VALUE`, `risk.grid.NAME=VALUE`, `risk.BTC.NAME=VALUE`; the wider ones first."""
    found = []
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        scope, _, name = key.removeprefix(PREFIX).rpartition(".")
        if not equals or not name or not value:
            raise SettingsError(f"'{text}' sets nothing.", "Write risk.NAME=VALUE.")
        if not key.startswith(PREFIX):
            raise SettingsError(
                f"--set: {key} cannot be changed afterwards: what strategies wanted is recorded.",
                "Only limits and sizes can: write risk.NAME=VALUE, such as risk.trade_count_max=2.",
            )
        found.append(Wanted(key, scope, name, check_risk(name, value)))
    return sorted(found, key=lambda wanted: 0 if not wanted.scope else 1 + (wanted.scope not in CLASS_IDS))


def changes_of(wanted: Iterable[Wanted], names: dict[str, Any]) -> Iterator[Change]:
    """The fields of the core that change; `names` say which instrument a pair is."""
    for each in wanted:
        class_id = CLASS_IDS.get(each.scope)
        pair = each.scope if class_id is None else ""
        if each.name not in OF_MANDATES:
            if pair:
                raise SettingsError(
                    f"--set: {each.key}: this limit is one of a class of strategies, not of {pair}.",
                    f"Write risk.{each.name}, risk.setup.{each.name} or risk.grid.{each.name}.",
                )
            name = "trade_count_max" if each.name == "max_open_trades" else each.name
            value = int(each.value) if is_count(name) else rate(each.value)
            yield Change(each.key, name, value, False, class_id)
            continue
        field, scale, kind = OF_MANDATES[each.name]
        instrument_id = instrument_of(each.key, pair, names) if pair else 0
        if each.name == "stake_amount":
            yield Change(each.key, "base", int(Base.FIXED), True, class_id, kind, instrument_id)
        yield Change(
            each.key, field, rate(each.value / scale), True, class_id, kind, instrument_id,
            divided=each.name == "allocation",
        )  # fmt: skip


def instrument_of(key: str, pair: str, names: dict[str, Any]) -> int:
    """The number of a pair in the journal."""
    known = pairs_of(names)
    if pair not in known:
        raise SettingsError(
            f"--set: {key}: {pair} is neither a class of strategies nor traded on this account.",
            did_you_mean(pair, [*known, *CLASS_IDS]),
        )
    return known[pair]


def replay_with(
    folder: Path, texts: Iterable[str], progress: Callable[[int, int], None] | None = None
) -> Counterfactual:
    """A journal as it was and with other limits. Nothing is written."""
    wanted = read_wanted(texts)
    rows = rows_of(folder)
    return compare(rows, list(changes_of(wanted, names_of(rows))), progress)
