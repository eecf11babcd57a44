"""The terminal block, and the words it is made of."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from sample import empty, sample
from tiny import tiny

from holdfast.reports import wording
from holdfast.reports.result import RunResult
from holdfast.reports.rows import ledger_gap, ledger_verdict
from holdfast.reports.text import print_report


def printed(run: RunResult, width: int) -> str:
    """The block as plain text of a terminal of that width."""
    out = io.StringIO()
    print_report(run, Console(file=out, width=width, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_block_fits_and_breaks_no_cell(width: int) -> None:
    """No line is longer than the terminal, and no number is cut off with an ellipsis."""
    text = printed(sample(24 * 60), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


def test_a_narrow_terminal_leaves_out_columns_instead_of_cutting_numbers() -> None:
    """Costs leave first, results stay."""
    narrow, wide = printed(sample(24 * 60), 80), printed(sample(24 * 60), 120)
    assert "Carry" in wide
    assert "Carry" not in narrow
    assert "Profit USDT" in narrow


def test_the_block_has_the_rows_that_freqtrade_users_expect() -> None:
    """By their usual names."""
    text = printed(sample(24 * 60), 100)
    names = (
        "Starting balance", "Final balance", "Absolute profit", "Total profit %", "CAGR %", "Sortino", "Sharpe",
        "Calmar", "SQN", "Profit factor", "Expectancy", "Market change", "Best pair", "Worst trade",
        "Max consecutive wins / losses", "Drawdown start", "Drawdown end", "Avg. duration winners",
    )  # fmt: skip
    for name in names:
        assert name in text


def test_costs_denials_and_assumptions_are_listed() -> None:
    """What was paid by kind, what was refused by reason, what was assumed."""
    text = printed(sample(24 * 60), 100)
    for piece in ("Funding", "Rollover", "Slippage", "spread_too_wide", "41", "No mark price"):
        assert piece in text


def test_the_ledger_line_adds_up_term_by_term() -> None:
    """1000 + 67.5 - 2.5 + 0 - 5 = 1060, to the last digit."""
    text = printed(tiny(), 100)
    for piece in (
        "1,000.00000000",
        "+ realized",
        "67.50000000",
        "-2.50000000",
        "5.00000000",
        "1,060.00000000",
    ):
        assert piece in text
    assert ledger_gap(tiny()) == 0
    assert "adds up exactly" in text


def test_a_ledger_that_does_not_add_up_says_so_loudly() -> None:
    """One unit of 1e-8 is enough, in the identity or against the recomputation."""
    book = tiny().ledger
    off = replace(tiny(), ledger=replace(book, balance=book.balance + 1))
    assert ledger_verdict(off) == (False, "DOES NOT ADD UP: off by -0.00000001")
    assert "DOES NOT ADD UP" in printed(replace(tiny(), ledger=replace(book, residual=1)), 100)


def test_an_empty_run_prints_reasons_instead_of_numbers() -> None:
    """Nothing traded is a result too."""
    text = printed(empty(), 80)
    assert "no trade was closed" in text
    assert "needs 30 days of equity, has 0" in text


@pytest.mark.parametrize(
    "said, text",
    [
        (wording.amount(-1234.5), "-1,234.50"),
        (wording.amount(-0.001), "0.00"),
        (wording.amount(3.0, 2, True), "+3.00"),
        (wording.amount(None), "–"),  # noqa: RUF001
        (wording.amount(float("nan")), "–"),  # noqa: RUF001
        (wording.percent(0.0512), "5.12%"),
        (wording.price(0.000012345), "0.000012345"),
        (wording.price(104523.1), "104523.1"),
        (wording.price(42000.0), "42000"),
        (wording.price(0.0), "0"),
        (wording.duration(45), "45s"),
        (wording.duration(3600 * 26 + 60), "1d 2h"),
        (wording.duration(7500), "2h 5m"),
        (wording.duration(0), "0m"),
    ],
)
def test_numbers_are_said_as_people_say_them(said: str, text: str) -> None:
    """One way of writing for every report."""
    assert said == text
