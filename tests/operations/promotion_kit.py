"""An account's tables made by hand: what it traded and what came of it, as evidence for another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from holdfast.journal import projection_tables as tables
from holdfast.journal.projection_file import ProjectionFile, projection_path
from holdfast.journal.rows import as_json
from holdfast.model.units import DAY, RATE

BEGAN = 20_000 * DAY
COLUMNS = tables.TRADES.names


def write_evidence(
    folder: Path,
    *starts: tuple[dict[str, Any], list[dict[str, Any]]],
    rows: int = 1000,
    began_ns: int = BEGAN,
) -> Path:
    """Each start with what it traded and its trades: `net` in money, `day` of the close, `mandate`, `open`."""
    folder.mkdir(parents=True)
    file = ProjectionFile(projection_path(folder), fresh=True)
    seq, number, last = 0, 0, 0.0
    for traded, trades in starts:
        seq += 1
        told = {"time_ns": began_ns + int(last * DAY)} | traded
        file.db.execute(tables.REMARKS.put(), (seq, "traded", as_json(told).decode()))
        for trade in trades:
            seq, number = seq + 1, number + 1
            last = max(last, trade["day"])
            file.db.execute(tables.TRADES.put(), row_of(number, seq, trade, began_ns))
    account = dict.fromkeys(tables.ACCOUNT.names, 0) | {
        "id": 1,
        "start_balance": 10_000 * RATE,
        "severity": "normal",
    }
    file.db.execute(tables.ACCOUNT.put(), tuple(account.values()))
    file.write([], rows, began_ns + int(last * DAY), 0)
    file.close()
    (folder / "head").write_text(f'{{"segment":1,"seq":{rows},"chain":""}}')
    return folder


def row_of(number: int, seq: int, trade: dict[str, Any], began_ns: int) -> tuple[Any, ...]:
    """A trade that paid 1 of fees and got 0.5 of funding on the way to its net."""
    ended = began_ns + int(trade["day"] * DAY)
    is_open = trade.get("open", False)
    told: dict[str, Any] = dict.fromkeys(COLUMNS, 0) | {
        "trade_id": number, "mandate_id": trade.get("mandate", 1), "instrument_id": 1, "kind": "grid", "side": 1,
        "status": "open" if is_open else "closed", "reason": "", "opened_ns": ended - DAY // 24, "ended_ns": ended,
        "realized": int((trade["net"] + 0.5) * RATE), "fees": RATE, "funding": RATE // 2, "cause": seq,
        "quantity": int(is_open),
    }  # fmt: skip
    return tuple(told[name] for name in COLUMNS)
