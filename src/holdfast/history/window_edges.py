"""Spans of windows as the events that a run is given: a window opens, a window closes."""

from __future__ import annotations

import polars as pl

from holdfast.history.window_spans import merge_spans


def window_edges(spans: pl.DataFrame, start_ns: int, end_ns: int) -> pl.DataFrame:
    """Columns `time_ns`, `window`, `instrument`, `opens` in [start, end) from the columns of `window_spans`.

    At one instant what closes comes before what opens, then by window and instrument. Spans of one window and
    instrument that touch are joined first, so no window closes only to open again. A window that is open when a
    run starts has no opening in it: ask `open_at`.
    """
    whole = merge_spans(spans)
    edges = pl.concat([_edges(whole, "start_ns", opens=True), _edges(whole, "end_ns", opens=False)])
    kept = edges.filter(pl.col("time_ns").is_between(start_ns, end_ns, closed="left"))
    return kept.sort("time_ns", "opens", "window", "instrument")


def _edges(spans: pl.DataFrame, column: str, opens: bool) -> pl.DataFrame:
    return spans.select(pl.col(column).alias("time_ns"), "window", "instrument", opens=pl.lit(opens))


def open_at(spans: pl.DataFrame, t_ns: int) -> pl.DataFrame:
    """`window`, `instrument`, `end_ns`, `reason` of what is open at an instant; edges after it keep that true.

    A window is open at its begin and no more at its end.
    """
    inside = merge_spans(spans).filter((pl.col("start_ns") <= t_ns) & (pl.col("end_ns") > t_ns))
    return inside.select("window", "instrument", "end_ns", "reason").sort("window", "instrument")
