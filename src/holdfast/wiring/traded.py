"""What an account trades, so exactly that another one can tell whether it would trade the same: kept at each start.

{"terms": {"source": "binance_perp", "fee": null, …},
 "mandates": {"1": {"strategy": "grid_atr", "pair": "BTC/USDT:USDT", "code": "5f…", "parameters": {…}}}}
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from functools import cache
from pathlib import Path
from typing import Any

from holdfast.journal.rows import as_json, from_json
from holdfast.settings.backtest import BacktestSettings
from holdfast.strategies.strategy import Strategy
from holdfast.wiring.prepared import Prepared

# Of the settings, what makes a market kinder or harsher, or another one.
TERMS = ("source", "detail", "fee", "spread_factor", "slippage_factor", "volume_share", "limit_through_ticks")


def traded_of(prepared: Prepared) -> dict[str, Any]:
    """Every pair of an account by its number, as plain data that survives the journal unchanged."""
    told = {
        "terms": terms_of(prepared.settings),
        "mandates": {
            str(number): {
                "strategy": a.strategy.name,
                "pair": a.pair,
                "code": code_of(type(a.strategy)),
                "parameters": dict(a.parameters),
            }
            for number, a in enumerate(prepared.assignments, 1)
        },
    }
    plain: dict[str, Any] = from_json(as_json(told))
    return plain


def terms_of(settings: BacktestSettings) -> dict[str, Any]:
    """How the account's market fills and what it charges."""
    return {name: getattr(settings, name) for name in TERMS}


@cache
def code_of(kind: type[Strategy]) -> str:
    """Names what a strategy's own file says; empty where it cannot be read. Comments and layout do not count; helpers
    in other files are not seen."""
    try:
        tree = ast.parse(Path(inspect.getfile(kind)).read_text(encoding="utf-8"))
    except (TypeError, OSError, SyntaxError, ValueError):
        return ""
    return hashlib.blake2b(ast.unparse(tree).encode(), digest_size=8).hexdigest()


def differences(there: dict[str, Any], here: dict[str, Any]) -> str:
    """What of two pairs, each with its `terms`, is not the same, in words; empty where nothing is."""
    found = []
    for group, what in (("parameters", "parameters differ"), ("terms", "the terms differ")):
        one, other = there.get(group, {}), here.get(group, {})
        moved = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
        if moved:
            told = ", ".join(f"{n} {value(one.get(n))} there, {value(other.get(n))} here" for n in moved[:4])
            more = f" and {len(moved) - 4} more" if len(moved) > 4 else ""
            found.append(f"{what} ({told}{more})")
    if there.get("code") != here.get("code") or not here.get("code"):
        found.append("the strategy's code is another")
    return "; ".join(found)


def value(told: Any) -> str:
    """A setting as people write it."""
    if isinstance(told, bool):
        return "on" if told else "off"
    return "none" if told is None or told == "" else f"{told:g}" if isinstance(told, float) else str(told)
