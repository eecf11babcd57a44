"""The rows that every report shows, in words: summary metrics, costs, ledger. Page and terminal share it."""

from __future__ import annotations

from typing import Any

from holdfast.reports.frames import money
from holdfast.reports.metrics import Metrics
from holdfast.reports.result import RunResult
from holdfast.reports.wording import NONE, amount, count, duration, moment, percent, ratio

Row = tuple[str, str]
MINUS = "\N{MINUS SIGN}"
GAP: Row = ("", "")  # between two groups of rows


def summary_rows(run: RunResult, metrics: Metrics) -> list[Row]:
    """(name, text) of every summary metric in freqtrade's order; GAP separates groups."""
    m, unit = metrics.values, run.currency
    parts = (_span_rows(m), _money_rows(metrics, unit), _extreme_rows(m, unit), _count_rows(m, unit))
    rows = [row for part in parts for row in [*part, GAP]]
    return [*rows, *_drawdown_rows(metrics, unit), ("Market change", percent(m["market_change"], 2, True))]


def _span_rows(m: dict[str, Any]) -> list[Row]:
    kinds = " / ".join(count(m[name]) for name in ("setup_count", "cycle_count", "leg_count"))
    return [
        ("Backtesting from", moment(m["backtest_start"])),
        ("Backtesting to", f"{moment(m['backtest_end'])}  ({amount(m['backtest_days'], 1)} days)"),
        ("Trades / per day", f"{count(m['total_trades'])} / {ratio(m['trades_per_day'])}"),
        ("Long / short", f"{count(m['trade_count_long'])} / {count(m['trade_count_short'])}"),
        ("Setups / grid cycles / entry fills", kinds),
        ("Left open at the end", count(m["trades_left_open"])),
    ]


def _money_rows(metrics: Metrics, unit: str) -> list[Row]:
    m = metrics.values

    def said(name: str, text: str) -> str:
        """The number, or why there is none."""
        return text if m[name] is not None else f"{NONE} ({metrics.missing.get(name, 'not known')})"

    expected = f"{amount(m['expectancy'], 2, True)} {unit} ({ratio(m['expectancy_ratio'])})"
    return [
        ("Starting balance", f"{amount(m['starting_balance'])} {unit}"),
        ("Final balance", f"{amount(m['final_balance'])} {unit}"),
        ("Absolute profit", f"{amount(m['profit_total_abs'], 2, True)} {unit}"),
        ("Total profit %", percent(m["profit_total"], 2, True)),
        ("CAGR %", said("cagr", percent(m["cagr"]))),
        ("Sortino", said("sortino", ratio(m["sortino"]))),
        ("Sharpe", said("sharpe", ratio(m["sharpe"]))),
        ("Calmar", said("calmar", ratio(m["calmar"]))),
        ("SQN", said("sqn", ratio(m["sqn"]))),
        ("Profit factor", said("profit_factor", ratio(m["profit_factor"]))),
        ("Expectancy (ratio)", said("expectancy", expected)),
        ("Mean R / total R", said("r_mean", f"{ratio(m['r_mean'])} / {ratio(m['r_total'])}")),
        ("Avg. profit on margin", percent(m["profit_mean"], 2, True)),
        ("Avg. profit on notional", percent(m["profit_mean_on_notional"], 3, True)),
    ]


def _count_rows(m: dict[str, Any], unit: str) -> list[Row]:
    outcome = " / ".join(count(m[name]) for name in ("wins", "draws", "losses"))
    days = " / ".join(count(m[name]) for name in ("winning_days", "draw_days", "losing_days"))
    held = " / ".join(duration(m[f"{name}_holding_avg_s"]) for name in ("winner", "loser"))
    streaks = " / ".join(count(m[f"max_consecutive_{name}"]) for name in ("wins", "losses"))
    return [
        ("Win / draw / loss", f"{outcome}  ({percent(m['winrate'], 1)})"),
        ("Avg. duration winners / losers", held),
        ("Max consecutive wins / losses", streaks),
        ("Days win / draw / loss", days),
        ("Time in the market", percent(m["exposure_time"], 1)),
        ("Most positions at once", count(m["max_positions"])),
        ("Liquidations", count(m["liquidation_count"])),
        ("Total volume", f"{amount(m['total_volume'], 0)} {unit}"),
    ]


def _extreme_rows(m: dict[str, Any], unit: str) -> list[Row]:
    def pair(name: str) -> str:
        row = m[name]
        return f"{row['key']}  {amount(row['profit_total_abs'], 2, True)} {unit}" if row else NONE

    def trade(name: str) -> str:
        row = m[name]
        return f"{row['pair']} #{row['trade_id']}  {amount(row['pnl'], 2, True)} {unit}" if row else NONE

    def day(name: str) -> str:
        change = m[f"{name}_abs"]
        return NONE if change is None else f"{amount(change, 2, True)} {unit}  ({m[f'{name}_date']})"

    return [
        ("Best pair", pair("best_pair")),
        ("Worst pair", pair("worst_pair")),
        ("Best trade", trade("best_trade")),
        ("Worst trade", trade("worst_trade")),
        ("Best day (closed trades)", day("backtest_best_day")),
        ("Worst day (closed trades)", day("backtest_worst_day")),
        ("Best day (equity)", day("best_day_equity")),
        ("Worst day (equity)", day("worst_day_equity")),
    ]


def _drawdown_rows(metrics: Metrics, unit: str) -> list[Row]:
    m = metrics.values
    why_not = metrics.missing.get("drawdown_recovered", NONE)
    closes = m["max_drawdown_abs"], m["max_drawdown_account"]
    inside = m["max_drawdown_intrabar_abs"], m["max_drawdown_intrabar_account"]
    return [
        ("Max drawdown at closes", f"{amount(closes[0])} {unit}  ({percent(closes[1])})"),
        ("Max drawdown inside bars", f"{amount(inside[0])} {unit}  ({percent(inside[1])})"),
        ("Drawdown high / low", f"{amount(m['max_drawdown_high'])} / {amount(m['max_drawdown_low'])} {unit}"),
        ("Drawdown start", moment(m["drawdown_start"])),
        ("Drawdown end", moment(m["drawdown_end"])),
        ("Drawdown duration", duration(m["drawdown_duration_s"])),
        ("Drawdown recovered", moment(m["drawdown_recovered"]) if m["drawdown_recovered"] else why_not),
        ("Longest below a high", duration(m["under_water_max_s"])),
        ("Lowest equity inside bars", f"{amount(m['equity_min'])} {unit}"),
    ]


def cost_rows(metrics: Metrics) -> list[tuple[str, float]]:
    """(name, money out) of each cost and of all together."""
    m = metrics.values
    names = {
        "Fees": "fees_abs",
        "Funding": "funding_abs",
        "Rollover": "rollover_abs",
        "Slippage": "slippage_abs",
    }
    return [(name, m[key]) for name, key in names.items()] + [("Together", m["costs_abs"])]


def ledger_terms(run: RunResult) -> list[tuple[str, str, int]]:
    """(sign, name, money in 1e-8) of the identity in its order; the balance comes last with sign =."""
    book = run.ledger
    return [
        ("", "start", book.start),
        ("+", "realized", book.realized),
        ("+", "funding", book.funding),
        ("+", "rollover", book.rollover),
        (MINUS, "fees", book.fees),
        ("+", "cash flows", book.cash_flows),
        ("+", "adjustments", book.adjustments),
        ("=", "balance", book.balance),
    ]


def ledger_gap(run: RunResult) -> int:
    """Left side minus balance of the identity in 1e-8; 0 in a sound run."""
    book = run.ledger
    inflow = book.start + book.realized + book.funding + book.rollover + book.cash_flows + book.adjustments
    return inflow - book.fees - book.balance


def ledger_verdict(run: RunResult) -> tuple[bool, str]:
    """Whether identity and recomputation both hold, in one sentence."""
    gap, residual = ledger_gap(run), run.ledger.residual
    if not gap and not residual:
        return True, "adds up exactly; the recomputation from the fills agrees (residual 0)"
    parts = [f"off by {money(gap):.8f}"] if gap else []
    parts += [f"residual {money(residual):.8f} against the recomputation from the fills"] if residual else []
    return False, "DOES NOT ADD UP: " + ", ".join(parts)
