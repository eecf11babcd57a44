"""Draws the picture of the README and quotes the result on the page about a first backtest, from the demo's run.

    python docs/picture.py

docs/images/demo.svg shows one grid cycle with its levels and take-profit, and the account's equity with its drawdown.
The market is the seeded synthetic one, so anybody who runs this gets the same picture and the same numbers.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from holdfast.cli.backtest import execute
from holdfast.history.synthetic import PERPS, write_synthetic
from holdfast.settings.backtest import load_settings

PICTURE = Path(__file__).parent / "images" / "demo.svg"
PAGE = Path(__file__).parent / "start" / "first-backtest.md"
MACHINE = ("Run ", "Speed ", "loop ", "Memory ")  # lines that differ from machine to machine
SEED, DAYS = 7, 60  # as `holdfast demo`
BARS_BESIDE = 14
INK, SOFT, GRID = "#1f2937", "#6b7280", "#e5e7eb"
UP, DOWN, LEVEL, TARGET, STOP, EQUITY = "#0d9488", "#e11d48", "#2563eb", "#0d9488", "#e11d48", "#2563eb"


@dataclass
class Panel:
    """A rectangle of the picture with a time axis and a value axis."""

    left: float
    top: float
    width: float
    height: float
    times: tuple[float, float]
    values: tuple[float, float]

    def x(self, time: float) -> float:
        """Pixel of a time."""
        return self.left + self.width * (time - self.times[0]) / (self.times[1] - self.times[0])

    def y(self, value: float) -> float:
        """Pixel of a value."""
        return self.top + self.height * (self.values[1] - value) / (self.values[1] - self.values[0])

    def grid(self, steps: Iterable[float], word: Callable[[float], str]) -> list[str]:
        """Horizontal lines with their values."""
        made = []
        for value in steps:
            y = self.y(value)
            made.append(line(self.left, y, self.left + self.width, y, GRID))
            made.append(text(self.left - 6, y + 4, word(value), SOFT, "end"))
        return made


def line(x1: float, y1: float, x2: float, y2: float, color: str, dash: str = "", width: float = 1) -> str:
    """A straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{color}" stroke-width="{width}"{dashed}/>'


def text(x: float, y: float, words: str, color: str = INK, anchor: str = "start", size: int = 12) -> str:
    """Words."""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}" font-size="{size}">{words}</text>'


def seconds(frame: pl.DataFrame, name: str = "ts") -> list[float]:
    """Times of a column in seconds."""
    return [float(value) for value in frame[name].dt.epoch("s")]


def chosen_trade(trades: pl.DataFrame) -> dict[str, Any]:
    """The cycle with most entries among those closed by their take-profit; the longest of them."""
    ended = trades.filter((pl.col("exit_reason") == "take_profit") & (pl.col("pnl") > 0))
    ranked = ended.with_columns((pl.col("closed") - pl.col("opened")).alias("held"))
    return ranked.sort("entries", "held", descending=True).row(0, named=True)


def candles(panel: Panel, bars: pl.DataFrame) -> list[str]:
    """Wicks and bodies."""
    made = []
    width = panel.width / len(bars) * 0.6
    for time, row in zip(seconds(bars), bars.iter_rows(named=True), strict=True):
        x, color = panel.x(time + 1800), UP if row["close"] >= row["open"] else DOWN
        top, low = panel.y(max(row["open"], row["close"])), panel.y(min(row["open"], row["close"]))
        made.append(line(x, panel.y(row["high"]), x, panel.y(row["low"]), color))
        made.append(
            f'<rect x="{x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{max(1.0, low - top):.1f}" '
            f'fill="{color}"/>'
        )
    return made


def stairs(panel: Panel, steps: list[tuple[float, float]], until: float, color: str) -> str:
    """A price that holds from each time until the next."""
    points = f"M{panel.x(steps[0][0]):.1f} {panel.y(steps[0][1]):.1f}"
    for time, price in steps[1:]:
        points += f"H{panel.x(time):.1f}V{panel.y(price):.1f}"
    return f'<path d="{points}H{panel.x(until):.1f}" fill="none" stroke="{color}" stroke-width="1.5"/>'


def marks(panel: Panel, fills: pl.DataFrame) -> list[str]:
    """A triangle up for each entry, down for each exit."""
    made = []
    for time, row in zip(seconds(fills), fills.iter_rows(named=True), strict=True):
        x, y, s = panel.x(time), panel.y(row["price"]), 6 if row["role"] == "entry" else -6
        color = LEVEL if row["role"] == "entry" else INK
        made.append(f'<path d="M{x:.1f} {y:.1f}l{s} {1.7 * s:.1f}h{-2 * s}z" fill="{color}"/>')
    return made


def cycle(result: Any, bars: dict[str, pl.DataFrame]) -> list[str]:
    """The left panel: one cycle from before its first level to after its exit."""
    trade = chosen_trade(result.trades)
    hour = pl.duration(hours=1)
    shown = bars[trade["pair"]].filter(
        pl.col("ts").is_between(trade["armed"] - BARS_BESIDE * hour, trade["closed"] + BARS_BESIDE * hour)
    )
    own = pl.col("trade_id") == trade["trade_id"]
    fills, notes = result.fills.filter(own), result.notes.filter(own)
    targets = notes.filter(pl.col("kind") == "target_moved")
    ends = (trade["opened"].timestamp(), trade["closed"].timestamp())
    low, high = float(shown["low"].min()), float(shown["high"].max())  # type: ignore[arg-type]
    times = seconds(shown)
    panel = Panel(64, 64, 520, 292, (times[0], times[-1] + 3600), (low - 0.08 * (high - low), high))
    digits = 5 if high < 10 else 1
    steps = [low + (high - low) * part / 4 for part in range(5)]
    made = [
        text(64, 30, f"One grid cycle: {trade['pair']}, {trade['entries']} levels filled", size=15),
        text(
            64,
            48,
            "triangles: fills; dashes: levels that filled; green: take-profit, which follows the plan",
            SOFT,
        ),
        *panel.grid(steps, lambda value: f"{value:,.{digits}f}"),
        *candles(panel, shown),
        stairs(panel, list(zip(seconds(targets), targets["price"].to_list(), strict=True)), ends[1], TARGET),
    ]
    for row in fills.filter(pl.col("role") == "entry").iter_rows(named=True):
        x, y = panel.x(trade["armed"].timestamp()), panel.y(row["price"])
        made.append(line(x, y, panel.x(ends[1]), y, LEVEL, "4 4"))
    return [*made, *marks(panel, fills), text(64, 378, f"{trade['opened']:%Y-%m-%d} UTC, 1h candles", SOFT)]


def account(result: Any) -> list[str]:
    """The right panel: equity with its drawdown."""
    equity = result.equity
    times, values = seconds(equity), equity["equity"].to_list()
    peaks = equity["equity"].cum_max().to_list()
    falls = [100 * (value / peak - 1) for value, peak in zip(values, peaks, strict=True)]
    span = (times[0], times[-1])
    upper = Panel(660, 64, 310, 190, span, (min(values), max(values)))
    lower = Panel(660, 276, 310, 80, span, (min(falls), 0))
    curve = "L".join(f"{upper.x(t):.1f} {upper.y(v):.1f}" for t, v in zip(times, values, strict=True))
    under = "L".join(f"{lower.x(t):.1f} {lower.y(v):.1f}" for t, v in zip(times, falls, strict=True))
    corners = f"{lower.x(times[-1]):.1f} {lower.top:.1f}L{lower.x(times[0]):.1f} {lower.top:.1f}"
    return [
        text(660, 30, f"The account over {DAYS} synthetic days", size=15),
        text(660, 48, f"equity in {result.currency}, and how far below its high", SOFT),
        *upper.grid((min(values), values[0], max(values)), lambda value: f"{value:,.0f}"),
        f'<path d="M{curve}" fill="none" stroke="{EQUITY}" stroke-width="1.5"/>',
        *lower.grid((0, min(falls)), lambda value: f"{value:.1f} %"),
        f'<path d="M{under}L{corners}Z" fill="{STOP}" fill-opacity="0.35"/>',
        text(660, 378, f"{result.trade_count} trades; ledger residual {result.ledger.residual}", SOFT),
    ]


def quoted(result: Any, page: str) -> str:
    """A page with the printed result between its marks, block by block, without what a machine adds to it."""
    from rich.console import Console

    from holdfast.reports.text import print_report

    printed = io.StringIO()
    print_report(result, Console(file=printed, width=100, no_color=True))
    lines = [each.rstrip() for each in printed.getvalue().splitlines() if not each.startswith(MACHINE)]
    titles = [at for at, each in enumerate(lines) if re.fullmatch("[A-Z][A-Z -]+", each)] + [len(lines)]
    blocks = {lines[at]: "\n".join(lines[at:end]).strip() for at, end in pairwise(titles)}
    for title in re.findall(r"<!-- quote (.+?) -->", page):
        marked = re.compile(rf"(<!-- quote {title} -->\n).*?(<!-- end -->)", re.DOTALL)
        page = marked.sub(f"\\1```text\n{blocks[title]}\n```\n\\2", page)
    return page


def drawn(result: Any, bars: dict[str, pl.DataFrame]) -> str:
    """The picture."""
    font = 'font-family="system-ui, sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 400" {font}>'
    back = '<rect width="1000" height="400" rx="10" fill="#ffffff" stroke="#e5e7eb"/>'
    return "\n".join([head, back, *cycle(result, bars), *account(result), "</svg>\n"])


def made() -> dict[Path, str]:
    """Both files as the demo's backtest of now gives them."""
    with tempfile.TemporaryDirectory() as folder:
        write_synthetic(Path(folder) / "market", SEED, DAYS, "1m", PERPS)
        result, bars = execute(Path(folder) / "market", load_settings("demo", {}))
        picture = drawn(result, bars())
    return {PICTURE: picture, PAGE: quoted(result, PAGE.read_text(encoding="utf-8"))}


if __name__ == "__main__":
    for path, text_of_it in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text_of_it, encoding="utf-8")
