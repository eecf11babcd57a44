"""What a ruleset changes of the instruments: leverage, lots, correlation groups with signs, currencies, reserves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history.instruments import STABLE, InstrumentSpec
from holdfast.history.names import METALS
from holdfast.model.instrument import Contract
from holdfast.model.units import CURRENCIES, GROUPS
from holdfast.settings.ruleset.guard import HeadroomReserve
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.simulator.simulation import Listing
from holdfast.wiring.units import rate

CLASSES = {
    "fx": ("fx",),
    "metal": ("metals", "commodities"),
    "index": ("indices",),
    "perp": ("crypto",),
    "spot": ("crypto",),
}
LIQUID = frozenset({"BTC", "ETH"})  # of crypto; everything else there is thin


def by_class(table: dict[str, Decimal], spec: InstrumentSpec) -> Decimal | None:
    """The number of an instrument's asset class, or of all."""
    words = (*CLASSES.get(spec.asset_class, ()), "all")
    return next((table[word] for word in words if word in table), None)


def apply_leverage(contract: Contract, spec: InstrumentSpec, ruleset: Ruleset) -> None:
    """The firm's leverage: no tier of the margin table asks for less than its reciprocal."""
    leverage = by_class(dict(ruleset.exposure.leverage), spec)
    if leverage is None:
        return
    least = rate(1 / leverage)
    for i in range(contract.tier_count):
        contract.tiers[i].initial_rate = max(contract.tiers[i].initial_rate, least)


def apply_lots(contract: Contract, spec: InstrumentSpec, ruleset: Ruleset) -> None:
    """The largest order in lots. A size of one instrument's asset class is the instrument's own."""
    lots = ruleset.exposure.max_lots
    most = by_class(dict(lots.per_order or {}), spec) if lots is not None else None
    if most is None or lot_steps(spec) == 0:
        return
    contract.quantity_max = min(contract.quantity_max, int(most * lot_steps(spec)))
    if contract.quantity_max < contract.quantity_min:
        raise SettingsError(
            f"{spec.pair}: the ruleset allows {most} lots in one order, less than the instrument's smallest.",
            "Leave the instrument out.",
        )


def lot_steps(spec: InstrumentSpec) -> int:
    """Steps of one lot; 0 where sizes are not in lots."""
    return int(1 / spec.step_size) if spec.contract_size > 1 else 0


def listings_of(
    contracts: Sequence[Contract], specs: Sequence[InstrumentSpec], ruleset: Ruleset
) -> tuple[Listing, ...]:
    """The run's instruments as the ruleset has them."""
    currencies = {name: i for i, name in enumerate(currencies_of(specs), 1)}
    if len(currencies) >= CURRENCIES:
        raise SettingsError(
            f"{len(currencies)} currencies are more than {CURRENCIES - 1}.", "Use fewer pairs."
        )
    groups = groups_of(specs, ruleset)
    numbers = {name: i for i, name in enumerate(sorted({name for name, _ in groups if name}), 1)}
    if len(numbers) >= GROUPS:
        raise SettingsError(f"{len(numbers)} correlation groups are more than {GROUPS - 1}.", "Join some.")
    made = []
    for contract, spec, (group, sign) in zip(contracts, specs, groups, strict=True):
        apply_leverage(contract, spec, ruleset)
        apply_lots(contract, spec, ruleset)
        listing = Listing(contract, numbers.get(group, 0), sign, lot_steps=lot_steps(spec))
        base, quote = (currencies.get(STABLE.get(each, each), 0) for each in (spec.base, spec.quote))
        made.append(
            replace(listing, base_currency=base, quote_currency=quote, reserve=reserve_of(spec, ruleset))
        )
    return tuple(made)


def currencies_of(specs: Sequence[InstrumentSpec]) -> list[str]:
    """Currencies and metals that something is risked on; coins and indices are judged by their groups."""
    found = set()
    for spec in specs:
        if spec.asset_class in ("fx", "metal"):
            found |= {STABLE.get(each, each) for each in (spec.base, spec.quote)}
    return sorted(found)


def reserve_of(spec: InstrumentSpec, ruleset: Ruleset) -> int:
    """Rate of the loss at the stop that is kept for slippage: more where the market is thin."""
    reserve = ruleset.guard.headroom_reserve or HeadroomReserve()
    thin = spec.asset_class in ("perp", "spot") and spec.base not in LIQUID
    return rate(reserve.alts if thin else reserve.fx)


def groups_of(specs: Sequence[InstrumentSpec], ruleset: Ruleset) -> list[tuple[str, int]]:
    """(group, sign) of each instrument: as the ruleset names them, else as the instrument file does."""
    book = ruleset.guard.correlation
    named = dict(book.groups) if book is not None else {}
    if not named:
        return [(spec.group, sign_in(spec, specs)) for spec in specs]
    known = {name for spec in specs for name in (spec.pair, spec.symbol, spec.base)}
    found = {}
    for group, members in named.items():
        for member in members:
            found[member.lstrip("+-")] = (group, -1 if member.startswith("-") else 1)
    if not known & set(found):
        missing = next(iter(found), "")
        raise SettingsError(
            f"No instrument of the run is in a correlation group of the ruleset, {missing!r} for instance.",
            did_you_mean(missing, known),
        )
    ordered = [[found.get(name) for name in (spec.pair, spec.symbol, spec.base)] for spec in specs]
    return [next((each for each in row if each), ("", 1)) for row in ordered]


def sign_in(spec: InstrumentSpec, specs: Sequence[InstrumentSpec]) -> int:
    """+1 where an instrument moves with its group: against dollars a pair that sells them moves the other way."""
    if not spec.group or spec.asset_class not in ("fx", "metal") or spec.base in METALS:
        return 1
    members = [each for each in specs if each.group == spec.group]
    shared = set.intersection(*({each.base, each.quote} for each in members))
    return -1 if spec.base in (shared or {"USD"}) else 1
