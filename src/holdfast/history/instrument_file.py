"""Reading and checking an instrument file: YAML with named tier tables, a part per source, an entry per
symbol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # ten times as fast, where it was built
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history.names import parse_pair
from holdfast.history.sessions import parse_session

Fields = dict[str, Any]
Tier = tuple[Decimal, Decimal, Decimal, Decimal]

TIERS_MAX = 8  # rows that the core's margin table holds
_TEXTS = frozenset({"asset_class", "quote", "settle", "price_side", "rollover_time", "session", "group"})
_FLAGS = frozenset({"volume_is_real", "can_amend_quantity"})
_NUMBERS_NEEDED = (
    *("tick_size", "step_size", "contract_size", "quantity_max", "notional_min"),
    *("maker_rate", "taker_rate", "commission_per_lot", "spread", "slippage"),
)
_NUMBERS = frozenset(_NUMBERS_NEEDED) | {
    *("quantity_min", "spread_floor", "stop_out_level", "pip_size", "price_band"),
    *("rollover_long", "rollover_short"),
}
_KNOWN = _TEXTS | _FLAGS | _NUMBERS | {"tiers", "rollover_triple_weekday"}


class _Text(SafeLoader):
    """Scalars stay text, so that 0.1 becomes the decimal 0.1; only the merge key keeps its meaning."""

    yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}  # noqa: RUF012


def read_entries(path: Path) -> Iterator[tuple[str, Fields]]:
    """(source, fields of InstrumentSpec) for each entry, tiers as tuples in the order of MarginTier's fields.

    Raises SettingsError that names the file, the entry and the mend.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Text)
        tables = {name: _tier_table(rows) for name, rows in document["tiers"].items()}
        sources = document["sources"].items()
    except (
        OSError,
        yaml.YAMLError,
        KeyError,
        AttributeError,
        TypeError,
        ValueError,
        InvalidOperation,
    ) as error:
        raise SettingsError(
            f"The instrument file {path} cannot be read ({error}).", "Mend or restore it."
        ) from None
    for source, part in sources:
        for symbol, own in part["instruments"].items():
            if symbol != "<<":
                where = f"{path.name}, {source} {symbol}"
                yield source, _entry(symbol, {**part.get("all", {}), **own}, tables, where)


def _tier_table(rows: list[list[str]]) -> list[Tier]:
    """Rows with the deduction that makes the maintenance margin continuous: a venue's own where it is
    given."""
    table: list[Tier] = []
    for row in rows:
        top, initial, maintenance, *given = (Decimal(cell) for cell in row)
        deduction = Decimal(0)
        if table:
            below = table[-1]
            deduction = below[3] + below[0] * (maintenance - below[2])
        table.append((top, initial, maintenance, given[0] if given else deduction))
    return table


def _entry(symbol: str, raw: Mapping[str, Any], tables: Mapping[str, list[Tier]], where: str) -> Fields:
    for key in raw:
        if key not in _KNOWN:
            raise SettingsError(f"{where}: unknown field '{key}'.", did_you_mean(key, _KNOWN))
    for key in ("asset_class", "price_side", "volume_is_real", "tiers", *_NUMBERS_NEEDED):
        if key not in raw:
            raise SettingsError(
                f"{where}: the field '{key}' is missing.", "Add it to the entry or to the source's 'all'."
            )
    if raw["tiers"] not in tables:
        raise SettingsError(
            f"{where}: unknown tier table '{raw['tiers']}'.", did_you_mean(raw["tiers"], tables)
        )
    pair = parse_pair(symbol)
    quote = raw.get("quote", pair.quote)
    fields: Fields = {
        "symbol": symbol,
        "pair": pair.named(raw["asset_class"]),
        "base": pair.base,
        "quote": quote,
        "settle": quote,
        **raw,
        "tiers": tables[raw["tiers"]],
    }
    fields.setdefault("quantity_min", raw["step_size"])
    fields.setdefault("spread_floor", raw["tick_size"])
    fields = {key: _value(key, value, where) for key, value in fields.items()}
    lint(fields, where)
    return fields


def _value(key: str, text: Any, where: str) -> Any:
    if key in _FLAGS:
        if text not in ("true", "false"):
            raise SettingsError(f"{where}: {key} is '{text}'.", "Write true or false.")
        return text == "true"
    if key in _NUMBERS or key == "rollover_triple_weekday":
        try:
            return int(text) if key == "rollover_triple_weekday" else Decimal(text)
        except (InvalidOperation, ValueError, TypeError):
            raise SettingsError(f"{where}: {key} is '{text}'.", "Write a number.") from None
    return text


def lint(fields: Mapping[str, Any], where: str) -> None:
    """Refuse an entry that no venue could have: raises SettingsError with the entry, the rule and the
    mend."""
    for problem, mend in (*_number_problems(fields), *_tier_problems(fields["tiers"])):
        raise SettingsError(f"{where}: {problem}.", mend)
    try:
        parse_session(fields.get("session", "24/7"))
    except SettingsError as error:
        raise SettingsError(f"{where}: {error.problem}", error.mend) from None


def _number_problems(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("tick_size", "step_size", "contract_size", "quantity_min", "quantity_max"):
        if fields[key] <= 0:
            yield f"{key} is {fields[key]}", "It must be positive."
            return
    for key in ("notional_min", "taker_rate", "commission_per_lot", "spread", "spread_floor", "slippage"):
        if fields[key] < 0:
            yield f"{key} is {fields[key]}", "It cannot be negative."
    for key, unit in (
        ("quantity_min", "step_size"),
        ("quantity_max", "step_size"),
        ("pip_size", "tick_size"),
    ):
        if fields.get(key, Decimal(0)) % fields[unit]:
            yield f"{key} {fields[key]} is no multiple of {unit} {fields[unit]}", "Correct one of them."
    if fields["quantity_min"] > fields["quantity_max"]:
        yield "quantity_min is above quantity_max", "Exchange them."
    if fields["price_side"] not in ("bid", "mid", "last"):
        yield f"price_side is '{fields['price_side']}'", "Write bid, mid or last."
    if fields["asset_class"] not in ("perp", "spot", "fx", "metal", "index"):
        yield f"asset_class is '{fields['asset_class']}'", "Write perp, spot, fx, metal or index."
    if not 0 <= fields.get("rollover_triple_weekday", 2) <= 6:
        yield "rollover_triple_weekday is no weekday", "Write 0 for Monday to 6 for Sunday."


def _tier_problems(tiers: list[Tier]) -> Iterator[tuple[str, str]]:
    """Tiers rise in every column, ask less to keep than to open, and join without a step."""
    if not 1 <= len(tiers) <= TIERS_MAX:
        yield f"it has {len(tiers)} margin tiers", f"Give one to {TIERS_MAX}."
    previous: Tier = (Decimal(0), Decimal(0), Decimal(-1), Decimal(0))
    for number, tier in enumerate(tiers, 1):
        top, initial, maintenance, deduction = tier
        if not (0 < initial <= 1 and 0 <= maintenance < initial):
            yield (
                f"tier {number} keeps {maintenance} and opens {initial}",
                "Both are shares of 1, the first the smaller.",
            )
        if top <= previous[0] or initial <= previous[1] or maintenance <= previous[2]:
            yield f"tier {number} does not rise above the one before", "Sort the tiers by notional."
        joint = previous[0] * (maintenance - previous[2]) + previous[3]
        if number > 1 and deduction != joint:
            yield (
                f"tier {number} has the deduction {deduction}",
                f"Without a step it is {joint}; leave it out to have it computed.",
            )
        previous = tier
