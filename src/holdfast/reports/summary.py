"""One object with everything that a script wants to know about a run: `--json` prints it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from holdfast.reports.metrics import measure
from holdfast.reports.result import RunResult
from holdfast.reports.tables import grouped, months


def summary_json(result: RunResult) -> dict[str, Any]:
    """The run in plain types: identity and speed, ledger (integers in 1e-8), summary metrics and tables.

    Metrics stand flat beside the rest (`metrics.py`); what is null has its reason in `missing`. The grouped
    tables are `results_per_*`. `trades` and `orders` are counts; rows are exported apart. No NaN, no infinity.
    """
    metrics = measure(result)
    digests = {"digests": [[number, digest] for number, digest in result.digests]} if result.digests else {}
    summary: dict[str, Any] = plain(
        identity(result)
        | digests
        | {"denials": dict(result.denials), "ledger": asdict(result.ledger)}
        | metrics.values
        | {"missing": metrics.missing, "market_change_per_pair": dict(result.market_change)}
        | {f"results_per_{name}": grouped(result, by).to_dicts() for name, by in _TABLES.items()}
        | {"results_per_month": months(result).to_dicts()}
        | {
            "limits": dict(result.limits),
            "risk": risk_summary(result.risk),
            "assumptions": list(result.assumptions),
            "config": dict(result.config),
        }
    )
    return summary


_TABLES = {"pair": "pair", "strategy": "strategy", "enter_tag": "tag", "exit_reason": "exit_reason"}


def risk_summary(risk: Mapping[str, Any]) -> dict[str, Any]:
    """The risk block without the lines of its charts."""
    floors = [
        {name: value for name, value in floor.items() if name != "line"} for floor in risk.get("floors", ())
    ]
    return {**risk, "floors": floors} if risk else {}


def identity(result: RunResult) -> dict[str, Any]:
    """What ran, over how much, and how fast."""
    return {
        "strategy": result.strategy,
        "mode": result.mode,
        "instruments": list(result.instruments),
        "bars": result.bars,
        "events": result.events,
        "seconds": dict(result.seconds),
        "bars_per_second": result.bars_per_second,
        "peak_memory_mb": result.peak_memory_mb,
        "state_digest": result.state_digest,
        "trades": result.trade_count,
        "orders": result.order_count,
        "created": result.created,
    }


def plain(value: Any) -> Any:
    """`value` in types that JSON has: what is not finite becomes null, what has no JSON type becomes text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def to_json(value: Any, indent: int | None = 2) -> str:
    """Strict JSON: a NaN that slipped through is an error here, not a surprise at the reader's."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)
