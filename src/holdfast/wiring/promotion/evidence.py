"""What another account has shown with a strategy on an instrument: its closed trades, and the loss it still holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import msgspec

from holdfast.errors import HoldfastError
from holdfast.journal.folder import holder_of_lock
from holdfast.journal.rows import from_json
from holdfast.model.units import DAY, RATE
from holdfast.wiring.account.names import Row
from holdfast.wiring.account.view import AccountView, instant, rebuild_mend
from holdfast.wiring.traded import differences

RESULT = "realized - fees + funding + rollover"


@dataclass(frozen=True)
class Start:
    """A start of the account, and what it traded from there on."""

    seq: int
    time_ns: int
    traded: dict[str, Any]

    def mandate(self, number: int) -> dict[str, Any] | None:
        """One pair with the terms that held for it."""
        found = self.traded.get("mandates", {}).get(str(number))
        return found | {"terms": self.traded["terms"]} if found else None


@dataclass(frozen=True)
class Record:
    """One pair's evidence. Money in units of people."""

    trades: int = 0
    later: int = 0  # closed after the asking account's own time: they are its future
    others: int = 0  # closed with other parameters, code or terms, or before what was traded was written down
    won: float = 0.0
    lost: float = 0.0  # as a positive number
    open_loss: float = 0.0  # the same, of trades that are open
    start_balance: float = 0.0
    days: float = 0.0
    age_days: float = 0.0
    difference: str = ""  # why there is nothing to count, where there might be
    never: bool = False  # the account has never traded the pair

    @property
    def net(self) -> float:
        """With what is open and loses closed now; what is open and wins does not count."""
        return self.won - self.lost - self.open_loss

    @property
    def share(self) -> float:
        """Net over the balance that the account began with."""
        return self.net / self.start_balance if self.start_balance else 0.0

    @property
    def profit_factor(self) -> float | None:
        """None where nothing was lost."""
        return self.won / (self.lost + self.open_loss) if self.lost + self.open_loss else None

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "trades": self.trades, "trades_of_later": self.later, "trades_of_others": self.others,
            "net": round(self.net, 8), "net_share": self.share, "open_loss": self.open_loss,
            "profit_factor": self.profit_factor, "days": round(self.days, 2), "age_days": round(self.age_days, 2),
        }  # fmt: skip


@dataclass
class Evidence:
    """An account that is asked. `trouble` says in a sentence why it cannot be; then it shows nothing."""

    name: str
    folder: Path
    trouble: str = ""
    running: bool = False
    row: int = 0
    as_of_ns: int = 0
    view: AccountView | None = None
    starts: list[Start] = field(default_factory=list)

    def close(self) -> None:
        """Let go: who reads holds up what its engine tidies."""
        if self.view is not None:
            self.view.db.close()
            self.view = None

    def data(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "account": self.name, "folder": str(self.folder), "running": self.running, "row": self.row,
            "as_of": instant(self.as_of_ns), "trouble": self.trouble or None,
        }  # fmt: skip


def read_evidence(name: str, own: Path) -> Evidence:
    """The account of this name beside one's own, or in a folder. Whatever is wrong with it is its `trouble`."""
    folder = (Path(name).expanduser() if "/" in name else own.parent / name).resolve()
    found = Evidence(folder.name, folder)
    if folder == own.resolve():
        found.trouble = "An account cannot be its own evidence."
    elif not (folder / "head").exists():
        found.trouble = f"There is no account in {folder}."
    else:
        with told_as_trouble(found):
            look(found)
    return found


@contextmanager
def told_as_trouble(found: Evidence) -> Iterator[None]:
    """Whatever cannot be read: no evidence, and no reason not to start, for what is held must be managed."""
    try:
        yield
    except (
        HoldfastError,
        apsw.Error,
        msgspec.MsgspecError,
        OSError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        said = str(error) if isinstance(error, HoldfastError) else rebuild_mend(found.folder)
        found.trouble = f"The evidence in {found.folder} cannot be read. {said}"
        found.close()


def look(found: Evidence) -> None:
    """Its projection, where that is whole and as far as its journal."""
    found.running = holder_of_lock(found.folder) is not None
    found.view = view = AccountView(found.folder)
    if view.one("PRAGMA quick_check(1)") != {"quick_check": "ok"}:
        raise apsw.CorruptError("damaged")
    found.row, found.as_of_ns = int(view.meta["seq"]), int(view.meta["time_ns"])
    if behind := view.rows_behind():
        raise HoldfastError(
            f"Its tables end at row {found.row:,}, its journal at {found.row + behind:,}.",
            rebuild_mend(found.folder),
        )
    found.starts = [
        Start(row["seq"], told.get("time_ns", 0), told)
        for row in view.rows("SELECT seq, told FROM remarks WHERE about = 'traded' ORDER BY seq")
        for told in (from_json(row["told"].encode()),)
    ]


def record_of(found: Evidence, wanted: dict[str, Any], now_ns: int) -> Record:
    """What the account has shown of a pair up to an instant; `wanted` has its parameters, code and terms."""
    record = Record()
    if found.view is not None:
        with told_as_trouble(found):
            record = read_record(found, wanted, now_ns)
    return record


def read_record(found: Evidence, wanted: dict[str, Any], now_ns: int) -> Record:
    """The same, where the account can be read."""
    assert found.view is not None
    numbers = {
        int(number)
        for start in found.starts
        for number, told in start.traded["mandates"].items()
        if (told["strategy"], told["pair"]) == (wanted["strategy"], wanted["pair"])
    }
    if not numbers:
        return Record(never=True)
    closed, others, later = [], 0, 0
    for number in sorted(numbers):
        for row, same in judged(found, number, wanted, "status = 'closed'"):
            others += not same
            later += same and row["ended_ns"] > now_ns
            if same and row["ended_ns"] <= now_ns:
                closed.append(row)
    account = found.view.one("SELECT start_balance FROM account") or {"start_balance": 0}
    last = found.starts[-1]
    difference = "; ".join(
        filter(None, (differences(told, wanted) for n in sorted(numbers) if (told := last.mandate(n))))
    )
    return Record(
        trades=len(closed),
        later=later,
        others=others,
        won=sum(max(0, row["net"]) for row in closed) / RATE,
        lost=sum(max(0, -row["net"]) for row in closed) / RATE,
        open_loss=sum(open_losses(found, numbers, wanted)) / RATE,
        start_balance=account["start_balance"] / RATE,
        days=span_days(closed),
        age_days=max(0.0, (now_ns - min(now_ns, last_seen(found, numbers, wanted))) / DAY),
        difference=difference,
    )


def judged(found: Evidence, number: int, wanted: dict[str, Any], where: str) -> Iterator[tuple[Row, bool]]:
    """Trades of a mandate, each with whether it was traded as is wanted: by the start that it was planned in."""
    assert found.view is not None
    trades = found.view.rows(
        f"SELECT *, {RESULT} AS net FROM trades WHERE mandate_id = ? AND {where} ORDER BY trade_id", number
    )
    for row in trades:
        start = next((s for s in reversed(found.starts) if s.seq <= row["cause"]), None)
        told = start.mandate(number) if start else None
        yield row, told is not None and not differences(told, wanted) and of_pair(told, wanted)


def of_pair(told: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether both are of one strategy on one instrument."""
    return (told["strategy"], told["pair"]) == (wanted["strategy"], wanted["pair"])


def open_losses(found: Evidence, numbers: set[int], wanted: dict[str, Any]) -> Iterator[int]:
    """What each open trade would lose if it were closed now: a loser that is never closed must not look like none."""
    assert found.view is not None
    for number in numbers:
        for row, same in judged(found, number, wanted, "quantity > 0"):
            mark = found.view.one(
                "SELECT unrealized FROM marks WHERE instrument_id = ? AND side = ?",
                row["instrument_id"],
                row["side"],
            )
            if same:
                yield max(0, -(row["net"] + (mark["unrealized"] if mark else 0)))


def span_days(closed: list[Row]) -> float:
    """From the first opening to the last close."""
    if not closed:
        return 0.0
    return float(max(r["ended_ns"] for r in closed) - min(r["opened_ns"] for r in closed)) / DAY


def last_seen(found: Evidence, numbers: set[int], wanted: dict[str, Any]) -> int:
    """Until when the account traded the pair as is wanted: its last event, or the start that traded it otherwise."""
    until = 0
    for start, following in zip(found.starts, [*found.starts[1:], None], strict=True):
        told = [start.mandate(number) for number in numbers]
        if any(t is not None and of_pair(t, wanted) and not differences(t, wanted) for t in told):
            until = following.time_ns if following is not None else found.as_of_ns
    return until
