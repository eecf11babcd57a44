"""A market in a test: bars and plans in, the simulator's fills, trades and money out.

Every run is interpreted, recomputed from its fills by the independent ledger, and kept in `PLAYED`, so that
`compare_with_compiled` can run all of a module's scenarios again with the compiled core.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any

import numpy as np
from example_desk import RETRY, conversion_of, plan_table
from example_units import MONDAY, lots_of, money, price_of, ticks, units_of

from holdfast.history.instruments import InstrumentSpec
from holdfast.model.enums import Denial, Drop, Exit, NoteKind, Role
from holdfast.model.instrument import Contract
from holdfast.model.mandate import Mandate
from holdfast.model.units import HOUR
from holdfast.simulator.acceptance import Refused
from holdfast.simulator.ledger import recompute
from holdfast.simulator.settlements import Timetable
from holdfast.simulator.simulation import Listing, Outcome, Scenario, Simulation, merge_bars
from holdfast.simulator.venue import Bar
from holdfast.strategies.strategy import Management
from holdfast.wiring import schedule
from holdfast.wiring.contracts import contract_of
from holdfast.wiring.mandates import limits_of, mandate_of
from holdfast.wiring.plans import PlanSource

PLAYED: list[tuple[Scenario, Outcome]] = []
FORCED = 4


@dataclass
class Fill:
    """One execution."""

    hour: float
    role: str
    index: int
    side: str
    price: float
    lots: float
    fee: float
    maker: bool
    realized: float
    pair: str


@dataclass
class Trade:
    """One closed trade; a grid's is its whole cycle."""

    side: str
    exit: Exit
    exit_reason: str
    tag: str
    lots: float
    entries: int
    realized: float
    fees: float
    funding: float
    rollover: float
    initial_risk: float
    opened: float
    closed: float
    pair: str


@dataclass
class Note:
    """One fact that the core told."""

    hour: float
    kind: str
    reason: Any
    price: float
    lots: float
    index: int


class Market:
    """Instruments on one account, one bar each hour unless said otherwise. Hours count from Monday, 1 January 2024."""

    def __init__(
        self,
        *specs: InstrumentSpec,
        balance: float = 10_000,
        hedging: bool = False,
        isolated: bool = False,
        limits: dict[str, float] | None = None,
        volume_share: float = 0.1,
        step: int = HOUR,
        through: dict[str, tuple[InstrumentSpec, float]] | None = None,
    ) -> None:
        self.specs = list(specs)
        self.balance, self.hedging, self.isolated = balance, hedging, isolated
        self.limits, self.volume_share, self.step = limits or {}, volume_share, step
        self.conversions = through or {}
        self.managements: list[tuple[Management, InstrumentSpec, int]] = []
        self.rows: dict[int, list[dict[str, Any]]] = {}
        self.bars: dict[str, list[tuple[float, ...]]] = {spec.pair: [] for spec in specs}
        self.items: list[Any] = []

    def strategy(self, management: Management, spec: InstrumentSpec | None = None, sharing: int = 1) -> int:
        """Assign a strategy to an instrument; returns the mandate's number."""
        self.managements.append((management, spec or self.specs[0], sharing))
        return len(self.managements)

    def plan(self, hour: float, mandate: int = 1, **columns: Any) -> None:
        """A plan row that is known at an hour: it can act from the bar that opens then."""
        self.rows.setdefault(mandate, []).append({"ts": MONDAY + round(hour * HOUR), **columns})

    def bar(
        self,
        opened: float,
        high: float,
        low: float,
        close: float,
        volume: float = 1e6,
        spread: float = 0,
        spec: InstrumentSpec | None = None,
    ) -> None:
        """The next bar of an instrument. `spread` as the data would carry it; 0 = the instrument's."""
        self.bars[(spec or self.specs[0]).pair].append((opened, high, low, close, volume, spread))

    def flat(self, price: float, count: int = 1, spec: InstrumentSpec | None = None) -> None:
        """Bars in which nothing happens."""
        for _ in range(count):
            self.bar(price, price, price, price, spec=spec)

    def schedule(self, items: Any) -> None:
        """Funding, rollover, tick values, as `wiring.schedule` makes them."""
        self.items.append(items)

    def id_of(self, spec: InstrumentSpec) -> int:
        return self.specs.index(spec) + 1

    def bars_of(self, spec: InstrumentSpec) -> Any:
        """An instrument's bars as the core takes them."""
        made = np.zeros(len(self.bars[spec.pair]), Bar.dtype)  # type: ignore[attr-defined]
        for i, (*prices, volume, spread) in enumerate(self.bars[spec.pair]):
            made[i]["time_ns"] = MONDAY + i * self.step
            made[i]["instrument_id"] = self.id_of(spec)
            for name, price in zip(("open", "high", "low", "close"), prices, strict=True):
                made[i][name] = ticks(spec, price)
            made[i]["volume"] = round(volume / float(spec.step_size * spec.contract_size))
            made[i]["spread"] = ticks(spec, spread)
        return made

    def contract(self, spec: InstrumentSpec) -> Contract:
        """The instrument as the core's contract."""
        highest = max(row[1] for row in self.bars[spec.pair])
        pair, rate = self.conversions.get(spec.pair, (None, 0.0))
        return contract_of(spec, highest, conversion_of(spec, pair), ticks(pair, rate) if pair else 0)

    def scenario(self) -> tuple[Scenario, PlanSource]:
        """All of it as the simulator takes it."""
        tables = [plan_table(m, self.managements[m - 1][1], rows) for m, rows in sorted(self.rows.items())]
        plans = PlanSource(tables)
        groups = sorted({spec.group for spec in self.specs})
        none = schedule.rows_of(schedule.Item.NONE, 0, np.zeros(0, np.int64))
        made = Scenario(
            balance=units_of(self.balance),
            hedging=self.hedging,
            isolated=self.isolated,
            listings=tuple(Listing(self.contract(s), groups.index(s.group) + 1) for s in self.specs),
            mandates=tuple(self._mandate(*given) for given in self.managements),
            limits=(limits_of(self.limits, 0), limits_of(self.limits, 0)),
            bars=merge_bars(self.bars_of(spec) for spec in self.specs),
            plan_times=plans.times,
            plans=plans.slice,
            items=schedule.in_order([none, *self.items]),
            duration_ns=self.step,
            sample_ns=self.step,
            volume_share=units_of(self.volume_share),
        )
        return made, plans

    def _mandate(self, management: Management, spec: InstrumentSpec, sharing: int) -> Mandate:
        return mandate_of(
            management,
            self.managements.index((management, spec, sharing)) + 1,
            self.id_of(spec),
            spec,
            sharing,
            RETRY,
        )

    def run(self) -> Played:
        """Play it, and prove the money: venue, core and recomputation agree to the last unit."""
        scenario, plans = self.scenario()
        outcome = Simulation(scenario, interpreted=True).run()
        PLAYED.append((scenario, outcome))
        played = Played(self, outcome, plans, Timetable(scenario.items, scenario.bars, scenario.duration_ns))
        played.prove()
        return played


class Played:
    """What came of a run, in the units of people."""

    def __init__(self, market: Market, outcome: Outcome, plans: PlanSource, timetable: Timetable) -> None:
        self.market, self.outcome, self.plans, self.timetable = market, outcome, plans, timetable
        self.account = outcome.state["account"][0]
        tapes = outcome.tapes
        self.fills = [self._fill(line) for line in tapes["fills"]]
        self.trades = [self._trade(line) for line in tapes["closed"]]
        self.notes = [self._note(line) for line in tapes["notes"]]
        self.equity = [money(line["equity"]) for line in tapes["samples"]]
        self.equity_low = [money(line["equity_low"]) for line in tapes["samples"]]

    @property
    def trade(self) -> Trade:
        """The only closed trade."""
        assert len(self.trades) == 1, self.trades
        return self.trades[0]

    @property
    def balance(self) -> float:
        return money(self.account["balance"])

    @property
    def funding(self) -> float:
        return money(self.account["funding"])

    @property
    def rollover(self) -> float:
        return money(self.account["rollover"])

    def of(self, role: str) -> list[Fill]:
        """Fills of one role: entry, stop, target, exit, forced."""
        return [fill for fill in self.fills if fill.role == role]

    def told(self, kind: str) -> list[Note]:
        """Notes of one kind."""
        return [note for note in self.notes if note.kind == kind]

    def reasons(self, kind: str) -> list[Any]:
        return [note.reason for note in self.told(kind)]

    def prove(self) -> None:
        """The ledger adds up, the venue's wallet agrees, and so does the recomputation from the fills."""
        a, tapes = self.account, self.outcome.tapes
        total = a["start_balance"] + a["realized_pnl"] + a["funding"] + a["rollover"] - a["fees"]
        assert total + a["cash_flows"] + a["adjustments"] == a["balance"]
        assert int(self.outcome.market["wallet"][0]) == a["balance"]
        contracts = [Contract(), *(self.market.contract(spec) for spec in self.market.specs)]
        found = recompute(
            int(a["start_balance"]), contracts, tapes["fills"], self.timetable, self.market.hedging
        )
        assert found.funding == int(a["funding"])
        assert found.rollover == int(a["rollover"])
        assert found.balance == int(a["balance"])

    def _spec(self, line: Any) -> InstrumentSpec:
        return self.market.specs[int(line["instrument_id"]) - 1]

    def _fill(self, line: Any) -> Fill:
        spec = self._spec(line)
        return Fill(
            (int(line["time_ns"]) - MONDAY) / HOUR,
            "forced" if line["role"] == FORCED else Role(int(line["role"])).name.lower(),
            int(line["index"]),
            "buy" if line["side"] > 0 else "sell",
            price_of(spec, line["price"]),
            lots_of(spec, line["quantity"]),
            money(line["fee"]),
            bool(line["maker"]),
            money(line["realized"]),
            spec.pair,
        )

    def _trade(self, line: Any) -> Trade:
        spec = self._spec(line)
        return Trade(
            "long" if line["side"] > 0 else "short",
            Exit(int(line["exit"])),
            self.plans.texts.text(int(line["exit_tag"])),
            self.plans.texts.text(int(line["tag"])),
            lots_of(spec, line["quantity_high"]),
            int(line["entry_count"]),
            money(line["realized_pnl"]),
            money(line["fees"]),
            money(line["funding"]),
            money(line["rollover"]),
            money(line["initial_risk"]),
            (int(line["opened_at_ns"]) - MONDAY) / HOUR,
            (int(line["closed_at_ns"]) - MONDAY) / HOUR,
            spec.pair,
        )

    def _note(self, line: Any) -> Note:
        kind = NoteKind(int(line["kind"]))
        names: dict[NoteKind, Any] = {
            NoteKind.DENIED: Denial,
            NoteKind.DROPPED: Drop,
            NoteKind.REJECTED: Refused,
        }
        names |= {NoteKind.EXITING: Exit, NoteKind.CLOSED: Exit}
        spec = self._spec(line)
        return Note(
            (int(line["time_ns"]) - MONDAY) / HOUR,
            kind.name,
            names.get(kind, int)(int(line["reason"])),
            price_of(spec, line["price"]),
            lots_of(spec, line["quantity"]),
            int(line["index"]),
        )


def compare_with_compiled(first: int) -> int:
    """Run every scenario from number `first` on again, compiled: same state, same fills. Returns how many."""
    for scenario, interpreted in PLAYED[first:]:
        compiled = Simulation(scenario, interpreted=False).run()
        gc.freeze()  # the compiler leaves millions of objects, which no later collection has to look at
        assert compiled.digest == interpreted.digest
        for name, lines in interpreted.tapes.items():
            assert (compiled.tapes[name][:] == lines[:]).all(), name
    return len(PLAYED) - first
