"""A backtest from what was asked to what came out: data, plans, mandates, schedule, run, result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from holdfast.errors import SettingsError
from holdfast.history.instruments import InstrumentSpec, account_conversion, instrument
from holdfast.history.names import format_instant, parse_timeframe, parse_timerange
from holdfast.history.reading import NoBarsError, pair_named
from holdfast.history.store import Store
from holdfast.model.instrument import Contract
from holdfast.model.mandate import Mandate
from holdfast.model.units import INSTRUMENTS, MANDATES, MINUTE
from holdfast.reports.result import RunResult
from holdfast.settings.backtest import BacktestSettings
from holdfast.simulator.lines import Lines
from holdfast.simulator.simulation import Listing, Scenario, Simulation, merge_bars
from holdfast.simulator.venue import Bar
from holdfast.strategies import catalogue
from holdfast.strategies.bars import assemble
from holdfast.strategies.parameters import Overrides, check_pairs, resolve_parameters
from holdfast.strategies.planning import closes_of, compute_plan, missing, ready_at
from holdfast.strategies.strategy import BarSet, Strategy
from holdfast.wiring import schedule
from holdfast.wiring.contracts import Conversion, contract_of
from holdfast.wiring.mandates import CLASS_IDS, limits_of, mandate_of
from holdfast.wiring.plans import PlanSource, PlanTable, speaking
from holdfast.wiring.prepared import Assignment, Chosen, Prepared
from holdfast.wiring.prices import PriceReader, bar_lines
from holdfast.wiring.results import peak_memory_mb, result_of
from holdfast.wiring.ruleset.floors import Row
from holdfast.wiring.ruleset.instruments import listings_of
from holdfast.wiring.ruleset.rulesets import (
    Rules,
    applied,
    bind_rules,
    calendar_of,
    cap_mandates,
    owners_of,
    rules_items,
    strategies_of,
    terms_of,
    words_of,
)
from holdfast.wiring.ruleset.schedule import Span
from holdfast.wiring.units import rate


def quiet(*_: object) -> None:
    """Nobody listens."""


class Backtest:
    """Prepares and runs one backtest. `say` hears what is going on, `tick` how far it is (done, of)."""

    def __init__(
        self,
        store: Store,
        settings: BacktestSettings,
        say: Callable[[str], None] = quiet,
        tick: Callable[[str, int, int], None] = quiet,
        strategy_path: Any = None,
    ) -> None:
        self.store, self.settings, self.say, self.tick = store, settings, say, tick
        self.asked = settings
        self.rules: Rules | None = None
        self.strategy_path = strategy_path
        self.assumptions: list[str] = []
        self.floors: tuple[Row, ...] = ()

    def prepare(self, plan: bool = True) -> Prepared:
        """Read data, compute plans, lay out the schedule. Raises HoldfastError for anything unusable.

        With `plan` False only the instants are known at which plans fall due: who trades asks for each when it does.
        """
        settings = self.settings
        strategies = self._strategies()
        pairs = self._pairs()
        span = parse_timerange(settings.timerange or None)
        overrides = Overrides(self._everywhere(), settings.parameters_by_pair)
        check_pairs(overrides, pairs)
        assignments = [
            Assignment(s, p, resolve_parameters(s, p, overrides)) for s in strategies for p in pairs
        ]
        self._bind(assignments)
        settings = self.settings
        intervals = {a.strategy.timeframes(a.parameters).base for a in assignments}
        price_bars = settings.detail or min(intervals, key=lambda name: parse_timeframe(name).ns)
        self._check_detail(price_bars, intervals)
        started = time.perf_counter()
        planning = min(intervals, key=lambda name: parse_timeframe(name).ns)
        reader = PriceReader(self.store, settings.source, price_bars, planning, span)
        chosen = self._choose(pairs, reader)
        currency = self._currency(chosen)
        self._convert(chosen, currency, reader)
        loaded = time.perf_counter()
        tables = self._plan(assignments, chosen, plan)
        planned = time.perf_counter()
        plans = PlanSource(tables)
        scenario = self._scenario(chosen, assignments, plans, price_bars, intervals)
        seconds = {"load": loaded - started + time.perf_counter() - planned, "plan": planned - loaded}
        return Prepared(
            settings, currency, chosen, assignments, scenario, plans, self.assumptions, ", ".join(sorted(intervals)),
            settings.detail, seconds, self.rules, self.floors,
        )  # fmt: skip

    def run(self, prepared: Prepared, interpreted: bool = False, digest_every: int = 0) -> RunResult:
        """Run what was prepared."""
        if prepared.settings.promotion is not None:
            prepared.assumptions.append("the promotion gate is an account's: in a backtest every pair trades")
        simulation = Simulation(prepared.scenario, interpreted, digest_every)
        total = len(prepared.scenario.bars)
        outcome = simulation.run(lambda done: self.tick("Trading", done, total), self.say)
        return result_of(prepared, outcome, peak_memory_mb())

    def _strategies(self) -> list[Strategy]:
        if not self.settings.strategies:
            raise SettingsError(
                "No strategy was named.", f"Add -s with one of {', '.join(catalogue.names())}."
            )
        return [catalogue.find(name, self.strategy_path) for name in dict.fromkeys(self.settings.strategies)]

    def _bind(self, assignments: list[Assignment]) -> None:
        """The account's rules, and the settings as they decide them."""
        classes = [a.strategy.management(a.parameters).kind for a in assignments]
        self.rules = bind_rules(self.asked, classes)
        self.settings = applied(self.asked, self.rules)

    def _everywhere(self) -> dict[str, Any]:
        chosen = {"timeframe": self.settings.timeframe} if self.settings.timeframe else {}
        return chosen | dict(self.settings.parameters)

    def _pairs(self) -> list[str]:
        """The instruments of the run as the store spells them; if none is named, all that have the bars."""
        source = self.settings.source
        if not source:
            raise SettingsError(
                "No source of data was named.", f"Add --source with one of {', '.join(self.store.sources())}."
            )
        known = self.store.pairs(source)
        if not self.settings.pairs:
            return [pair for pair in known if self._has_bars(pair)]
        return list(dict.fromkeys(pair_named(text, known, source) for text in self.settings.pairs))

    def _has_bars(self, pair: str) -> bool:
        wanted = [name for name in (self.settings.detail or self.settings.timeframe,) if name]
        if not wanted:
            return True
        finest = self.store.finest(self.settings.source, pair)
        return parse_timeframe(wanted[0]).ns % finest.ns == 0

    def _check_detail(self, price_bars: str, intervals: set[str]) -> None:
        for name in intervals:
            if parse_timeframe(name).ns % parse_timeframe(price_bars).ns:
                raise SettingsError(
                    f"Bars of {price_bars} cannot be replayed inside bars of {name}.",
                    "Choose a finer --detail.",
                )

    def _choose(self, pairs: list[str], reader: PriceReader) -> list[Chosen]:
        if len(pairs) >= INSTRUMENTS:
            raise SettingsError(f"{len(pairs)} instruments are more than the core holds ({INSTRUMENTS - 1}).")
        chosen: list[Chosen] = []
        empty: list[str] = []
        lacking: list[str] = []
        for i, pair in enumerate(pairs):
            self.tick("Reading bars", i, len(pairs))
            try:
                read = reader.read(pair)
            except NoBarsError:
                if self.settings.pairs or (pair == pairs[-1] and not chosen):
                    raise
                empty.append(pair)
                continue
            chosen.append(self._chosen(len(chosen) + 1, pair, read.frame))
            if read.undetailed:
                lacking.append(f"{pair} {read.undetailed:,} of {read.coarse:,}")
        self._say_read(reader, empty, lacking)
        self.tick("Reading bars", len(pairs), len(pairs))
        return chosen

    def _chosen(self, instrument_id: int, pair: str, frame: pl.DataFrame) -> Chosen:
        """One instrument with its bars in ticks; the frame is not needed after this."""
        spec = self._with_costs(instrument(self.settings.source, pair, frame))
        if spec.inferred:
            self.assumptions.append(f"{pair}: guessed {', '.join(spec.inferred)}")
        bars = bar_lines(instrument_id, spec, frame, self.settings.spread_factor)
        return Chosen(pair, spec, bars, float(frame["high"].max()), "spread" in frame.columns)  # type: ignore[arg-type]

    def _say_read(self, reader: PriceReader, empty: list[str], lacking: list[str]) -> None:
        if empty:
            self.assumptions.append(f"left out, without bars in the time range: {', '.join(empty)}")
        if lacking:
            self.assumptions.append(
                f"bars of {reader.planning} without {reader.timeframe} bars inside are replayed as one bar each, in "
                f"their last {reader.timeframe}: {', '.join(lacking)}"
            )

    def _with_costs(self, spec: InstrumentSpec) -> InstrumentSpec:
        """Costs as set for this run."""
        s = self.settings
        spread, slip = Decimal(str(s.spread_factor)), Decimal(str(s.slippage_factor))
        spec = replace(
            spec,
            spread=spec.spread * spread,
            spread_floor=spec.spread_floor * spread,
            slippage=spec.slippage * slip,
        )
        if s.fee is None:
            return spec
        fee = Decimal(str(s.fee))
        return replace(spec, maker_rate=fee, taker_rate=fee, commission_per_lot=Decimal(0))

    def _currency(self, chosen: list[Chosen]) -> str:
        if self.settings.currency:
            return self.settings.currency
        settled = {c.spec.settle for c in chosen if c.spec.asset_class in ("perp", "spot")}
        return settled.pop() if len(settled) == 1 else "USD"

    def _convert(self, chosen: list[Chosen], currency: str, reader: PriceReader) -> None:
        """Find whose price turns each instrument's profit into the account's currency, and read it."""
        available = self.store.pairs(self.settings.source)
        known: dict[str, tuple[pl.DataFrame, Decimal]] = {}
        gaps: list[str] = []
        for c in chosen:
            found = account_conversion(c.spec, currency, available)
            if found is None:
                continue
            pair, inverted = found
            if pair not in known:
                frame = reader.read(pair).frame
                tick = instrument(self.settings.source, pair, frame).tick_size
                known[pair] = frame.select("ts", "close"), tick
            c.converting, tick = known[pair]
            c.conversion = Conversion(pair, inverted, tick)
            if gap := conversion_gap(c):
                gaps.append(gap)
        if gaps:
            self.assumptions.append(
                "where the converting pair has no bar its last known price counts, and before its first bar that "
                f"one's: {', '.join(gaps)}"
            )

    def _plan(self, assignments: list[Assignment], chosen: list[Chosen], plan: bool) -> list[PlanTable]:
        specs = {c.pair: c for c in chosen}
        tables: list[PlanTable] = []
        idle: dict[tuple[str, str], list[str]] = {}
        assignments[:] = [a for a in assignments if a.pair in specs]
        if len(assignments) >= MANDATES:
            raise SettingsError(f"{len(assignments)} strategy-instrument pairs are more than {MANDATES - 1}.")
        for i, a in enumerate(assignments):
            self.tick("Planning", i, len(assignments))
            c = specs[a.pair]
            bars = self.bars_for(a, chosen, a.strategy.window(a.parameters))
            frame = (
                compute_plan(a.strategy, bars, a.parameters)
                if plan
                else closes_of(a.strategy, bars, a.parameters)
            )
            frame = frame.filter(pl.col("ts").dt.epoch("ns").is_between(*c.edges))
            if why := idle_until(a, bars, frame):
                idle.setdefault((a.strategy.name, why), []).append(a.pair)
            kind = a.strategy.management(a.parameters).kind
            tables.append(PlanTable(i + 1, speaking(frame, kind) if plan else frame, float(c.spec.tick_size)))
        self.assumptions += [
            f"{name} on {', '.join(pairs)} can start nothing {why}" for (name, why), pairs in idle.items()
        ]
        self.tick("Planning", len(assignments), len(assignments))
        return tables

    def bars_for(self, a: Assignment, chosen: list[Chosen], window: int) -> BarSet:
        """The bars that a strategy plans on, with `window` of them before the time range."""
        spec = next(c.spec for c in chosen if c.pair == a.pair)
        return assemble(
            self.store,
            self.settings.source,
            a.pair,
            a.strategy.timeframes(a.parameters),
            *parse_timerange(self.settings.timerange or None),
            window,
            a.strategy.higher_windows(a.parameters),
            tick_size=float(spec.tick_size),
            pip_size=float(spec.pip_size or spec.tick_size),
        )

    def _scenario(
        self, chosen: list[Chosen], assignments: list[Assignment], plans: PlanSource, price_bars: str,
        intervals: set[str],
    ) -> Scenario:  # fmt: skip
        s, step = self.settings, parse_timeframe(price_bars).ns
        groups = {name: i for i, name in enumerate(sorted({c.spec.group for c in chosen if c.spec.group}), 1)}
        widest = max(parse_timeframe(name).ns for name in intervals)
        stale = max(15 * MINUTE, 2 * widest)
        limits = [s.limits.setup.model_dump(), s.limits.grid.model_dump()]
        for each in limits:
            each["trade_count_max"] = s.max_open_trades or each["trade_count_max"]
        items = self._items(chosen, step)
        contracts = [contract_of(c.spec, c.highest, c.conversion, first_price(c)) for c in chosen]
        listings = tuple(
            Listing(contract, groups.get(c.spec.group, 0))
            for contract, c in zip(contracts, chosen, strict=True)
        )
        mandates = self.mandates(assignments, chosen)
        scenario = Scenario(
            balance=rate(s.dry_run_wallet),
            hedging=self._hedging(chosen),
            isolated=s.margin_mode == "isolated",
            listings=listings,
            mandates=tuple(mandates),
            limits=tuple(limits_of(each, stale) for each in limits),
            bars=None,
            plan_times=plans.times,
            plans=plans.slice,
            items=None,
            duration_ns=step,
            sample_ns=max(step, 60 * MINUTE),
            volume_share=rate(s.volume_share),
            through=s.limit_through_ticks,
        )
        if self.rules is not None:
            words = dict(zip(CLASS_IDS, limits, strict=True))
            scenario = self._ruled(
                scenario, chosen, assignments, contracts, words, stale, span_of(chosen, step), items
            )
        scheduled = schedule.in_order(items)
        return replace(scenario, items=scheduled, bars=merge_bars(handed_over(chosen)))

    def _ruled(
        self, scenario: Scenario, chosen: list[Chosen], assignments: list[Assignment], contracts: list[Contract],
        limits: dict[str, dict[str, float]], stale: int, span: tuple[int, int], items: list[Any],
    ) -> Scenario:  # fmt: skip
        """The scenario as the ruleset has it: its items, instruments, strategies and the terms of its phases."""
        rules = self.rules
        assert rules is not None
        specs = [c.spec for c in chosen]
        calendar, missing_news = calendar_of(rules, self.settings.calendar, self.store.data_dir)
        around = Span(*span, scenario.duration_ns, rules.guarded)
        items += rules_items(rules, specs, calendar, around)
        names = dict(enumerate(dict.fromkeys(a.strategy.name for a in assignments), 1))
        owners = owners_of(scenario.mandates, names, rules.initial)
        terms, self.floors = terms_of(rules, owners, limits, stale)
        said = [*cap_mandates(scenario.mandates, rules), missing_news, *words_of(rules), *rules.warnings]
        self.assumptions += [each for each in said if each]
        return replace(
            scenario,
            listings=listings_of(contracts, specs, rules.first),
            limits=tuple(terms[0].limits[i] for i in range(len(CLASS_IDS))),
            terms=terms,
            strategies=strategies_of(owners),
        )

    def _hedging(self, chosen: list[Chosen]) -> bool:
        if self.settings.position_mode != "auto":
            return self.settings.position_mode == "hedging"
        return all(c.spec.asset_class not in ("perp", "spot") for c in chosen)

    def mandates(self, assignments: list[Assignment], chosen: list[Chosen]) -> list[Mandate]:
        """How the core is to manage each assignment; a strategy's capital is divided among its instruments."""
        ids = {c.pair: i for i, c in enumerate(chosen, 1)}
        numbers = {name: i for i, name in enumerate(dict.fromkeys(a.strategy.name for a in assignments), 1)}
        sharing = {n: sum(1 for a in assignments if a.strategy.name == n) for n in numbers}
        specs, made = {c.pair: c.spec for c in chosen}, []
        for a in assignments:
            management = a.strategy.management(a.parameters)
            if self.settings.stake_amount and management.kind == "grid":
                management = replace(
                    management, capital_base="fixed", fixed_capital=self.settings.stake_amount
                )
            name = a.strategy.name
            interval = parse_timeframe(a.strategy.timeframes(a.parameters).base).ns
            made.append(
                mandate_of(management, numbers[name], ids[a.pair], specs[a.pair], sharing[name], interval)
            )
        return made

    def _items(self, chosen: list[Chosen], step: int) -> list[Any]:
        """Everything scheduled, and a word about every fall-back."""
        edges = {i: c.edges for i, c in enumerate(chosen, 1)}
        made = [schedule.end_items({i: last for i, (_, last) in edges.items()})]
        if self.rules is None:
            made.append(schedule.day_items(*span_of(chosen, step)))
        unfunded, unmarked = [], []
        for i, c in enumerate(chosen, 1):
            low, high = edges[i][0], edges[i][1] + step
            if c.spec.asset_class == "perp":
                funding = self.store.funding(self.settings.source, c.pair, low, high)
                mark = self.store.mark(self.settings.source, c.pair, low, high)
                if funding is None or funding.is_empty():
                    unfunded.append(c.pair)
                else:
                    made.append(schedule.funding_items(i, funding, mark, c.bars, float(c.spec.tick_size)))
                if mark is None or mark.is_empty():
                    unmarked.append(c.pair)
                else:
                    made.append(schedule.mark_items(i, mark, float(c.spec.tick_size)))
            if c.spec.rollover_time:
                made.append(schedule.rollover_items(i, c.spec, low, high))
            if c.conversion and c.converting is not None and c.conversion.pair != c.pair:
                made.append(schedule.tick_value_items(i, c.spec, c.conversion, c.converting, step))
        self._say_fallbacks(chosen, unfunded, unmarked)
        return made

    def _say_fallbacks(self, chosen: list[Chosen], unfunded: list[str], unmarked: list[str]) -> None:
        say = self.assumptions.append
        if unfunded:
            say(f"no funding history, none charged: {', '.join(unfunded)}")
        if unmarked:
            say(
                "no mark prices: funding at the bar's price, and liquidation judged at the extremes of the traded "
                f"price, which is stricter: {', '.join(unmarked)}"
            )
        if any(not c.has_spread and c.spec.spread > 0 for c in chosen):
            say("no spread in the data: the instrument file's typical spread is used")
        if any(c.spec.rollover_time for c in chosen):
            say("rollover at the instrument file's rates, not at the broker's of that day")


def idle_until(a: Assignment, bars: BarSet, due: pl.DataFrame) -> str:
    """What a strategy still waits for where the range begins; `due` are its instants in it. Empty: nothing."""
    ready = ready_at(a.strategy, bars, a.parameters)
    if ready is None:
        return f"for want of {missing(a.strategy, bars, a.parameters)}"
    if due.is_empty() or ready <= int(due["ts"].dt.epoch("ns")[0]):
        return ""
    return f"before {format_instant(ready)}: it warms up, since no earlier bars are there to do it with"


def handed_over(chosen: list[Chosen]) -> Iterator[Lines]:
    """Each instrument's bars; who takes them is their only owner."""
    for c in chosen:
        bars, c.bars, c.converting = c.bars, Lines(Bar), None
        yield bars


def span_of(chosen: list[Chosen], step: int) -> tuple[int, int]:
    """The run's first and last instant."""
    return min(c.edges[0] for c in chosen), max(c.edges[1] for c in chosen) + step


def conversion_gap(c: Chosen) -> str:
    """How many of an instrument's bars have no bar of the pair that converts it, in words; empty for none."""
    assert c.conversion is not None
    assert c.converting is not None
    own, theirs = c.bars["time_ns"], c.converting["ts"].dt.epoch("ns").to_numpy()
    lacking, early = int((~np.isin(own, theirs)).sum()), int((own < theirs[0]).sum())
    if not lacking:
        return ""
    return f"{c.pair} by {c.conversion.pair} in {lacking:,} of {len(own):,} bars ({early:,} before its first)"


def first_price(c: Chosen) -> int:
    """The conversion pair's first close, in its ticks."""
    if c.conversion is None or c.converting is None:
        return 0
    return max(1, round(float(c.converting["close"][0]) / float(c.conversion.tick_size)))
