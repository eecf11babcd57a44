"""Plan tables of all strategies and instruments, merged in time order and turned into events slice by slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from holdfast.model.events import Plan
from holdfast.model.units import LEVELS, SECOND
from holdfast.records import blank_array
from holdfast.strategies.plan import TARGETS
from holdfast.wiring.units import downward, nearest, rates, upward

FLAGS = ("start_long", "start_short", "enter_now", "exit_long", "exit_short")
PRICES = ("entry_price", "anchor_price", "offset", "spacing", "take_profit_price", "trail_distance")


@dataclass
class PlanTable:
    """The plans of one mandate: the strategy's own columns, untouched until they are needed."""

    mandate_id: int
    frame: pl.DataFrame
    tick_size: float

    def times(self) -> Any:
        """Instants at which the rows are known."""
        return self.frame["ts"].dt.epoch("ns").to_numpy()


def speaking(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Rows that ask for something. A grid follows every plan; a setup's row without a flag says nothing."""
    if kind == "grid":
        return frame
    flags = [pl.col(name).fill_null(value=False) for name in FLAGS if name in frame.columns]
    return frame.filter(pl.any_horizontal(flags)) if flags else frame.head(0)


class Texts:
    """Tags and reasons by number; the core knows only the numbers."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {"": 0}

    def numbers(self, column: pl.Series) -> Any:
        """Numbers for a column of texts; null is 0."""
        texts = column.cast(pl.String).fill_null("")
        for text in texts.unique(maintain_order=True):
            self.known.setdefault(text, len(self.known))
        return texts.replace_strict(self.known, return_dtype=pl.Int64).to_numpy()

    def text(self, number: int) -> str:
        """The text of a number."""
        return next((text for text, known in self.known.items() if known == number), "")


class PlanSource:
    """All plans of a run by (time, mandate); `slice` makes events of some of them."""

    def __init__(self, tables: list[PlanTable]) -> None:
        self.tables = tables
        self.texts = Texts()
        times = [table.times() for table in tables]
        every = np.concatenate(times) if times else np.zeros(0, np.int64)
        order = np.argsort(every, kind="stable")
        self.times = every[order]
        owner = np.repeat(np.arange(len(tables), dtype=np.int16), [len(t) for t in times])
        self.owner = owner[order]
        self.row = (order - np.concatenate([[0], np.cumsum([len(t) for t in times])])[self.owner]).astype(
            np.int32
        )

    def slice(self, start: int, end: int) -> Any:
        """Plan events `start` to `end` of the merged order, as an array."""
        plans = blank_array(Plan, end - start)
        owner, row = self.owner[start:end], self.row[start:end]
        for i, table in enumerate(self.tables):
            places = np.flatnonzero(owner == i)
            if len(places):
                rows = row[places]
                part = table.frame.slice(int(rows[0]), int(rows[-1]) - int(rows[0]) + 1)
                plans[places] = self._events(table, part)
        return plans

    def _events(self, table: PlanTable, part: pl.DataFrame) -> Any:
        """One event for each row of a table; missing columns and NaN are 0, which means none."""
        plans = blank_array(Plan, len(part))
        tick, has = table.tick_size, set(part.columns)
        plans["time_ns"] = part["ts"].dt.epoch("ns").to_numpy()
        plans["mandate_id"] = table.mandate_id
        for name in FLAGS:
            if name in has:
                plans[name] = part[name].fill_null(value=False).to_numpy()
        for name in PRICES:
            if name in has:
                plans[name] = nearest(floats(part, name), tick)
        if "stop_price" in has:
            stops = floats(part, "stop_price")
            plans["stop_price"] = np.where(plans["start_short"], downward(stops, tick), upward(stops, tick))
        for name, into in (("score", "score"), ("min_profit", "min_profit")):
            if name in has:
                plans[into] = rates(floats(part, name))
        for name in ("min_hold", "max_hold"):
            if name in has:
                plans[name + "_ns"] = np.nan_to_num(floats(part, name)) * SECOND
        self._texts(plans, part, has)
        fill_rows(plans, part, has, tick)
        return plans

    def _texts(self, plans: Any, part: pl.DataFrame, has: set[str]) -> None:
        if "tag" in has:
            plans["tag"] = self.texts.numbers(part["tag"])
        if "exit_reason" in has:
            plans["exit_tag"] = self.texts.numbers(part["exit_reason"])
        if "valid_until" in has:
            plans["valid_until_ns"] = part["valid_until"].dt.epoch("ns").fill_null(0).to_numpy()


def floats(part: pl.DataFrame, name: str) -> Any:
    """A numeric column as floats, null as NaN."""
    return part[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def fill_rows(plans: Any, part: pl.DataFrame, has: set[str], tick: float) -> None:
    """Levels and targets, where a strategy names them one by one."""
    for i in range(LEVELS):
        if f"level_{i}" in has:
            plans["levels"]["price"][:, i] = nearest(floats(part, f"level_{i}"), tick)
        if f"level_exit_{i}" in has:
            plans["levels"]["exit_price"][:, i] = nearest(floats(part, f"level_exit_{i}"), tick)
        if f"weight_{i}" in has:
            plans["levels"]["weight"][:, i] = rates(floats(part, f"weight_{i}"))
    for i in range(TARGETS):
        if f"target_{i + 1}" in has:
            plans["targets"]["price"][:, i] = nearest(floats(part, f"target_{i + 1}"), tick)
        if f"target_r_{i + 1}" in has:
            plans["targets"]["multiple"][:, i] = rates(floats(part, f"target_r_{i + 1}"))
