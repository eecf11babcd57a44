"""The page: self-contained, true to the run, and alive in a real browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_series_equal
from sample import bars, empty, sample
from tiny import tiny

from holdfast.reports import charts
from holdfast.reports.charts import packed, price_digits, windows
from holdfast.reports.page import page, page_with
from holdfast.reports.page_data import page_data
from holdfast.reports.result import RunResult

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
HOURS = 24 * 40


@pytest.fixture(scope="module")
def run() -> RunResult:
    """Forty days of the sample."""
    return sample(HOURS)


@pytest.fixture(scope="module")
def text(run: RunResult) -> str:
    """Its page."""
    return page(run, bars(HOURS))


def own_parts(text: str) -> str:
    """The page without the inlined library."""
    start = text.index("<script>", text.index('id="data"'))
    return text[:start] + text[text.index("</script>", start) :]


def test_the_page_names_no_other_place(text: str) -> None:
    """No link, style, script, image or font from anywhere."""
    own = own_parts(text)
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", own) == []
    assert re.findall(r"""(?:src|href)=["'](?!#|data:,)""", own) == []


def test_the_page_forbids_every_request(text: str) -> None:
    """The inlined library has addresses in it; the content policy makes them dead."""
    assert "default-src 'none'" in text
    assert "connect-src" not in text
    assert "showSendToCloud: false" in text


def test_the_library_is_inlined_once_and_the_page_stays_small(text: str) -> None:
    """A page can be mailed."""
    assert text.count("* plotly.js v") == 1
    assert len(text.encode()) < 15_000_000


def test_text_of_the_run_cannot_become_markup() -> None:
    """Tags, reasons and names come from strategies."""
    evil = "</script><img src=x onerror=alert(1)>"
    tagged = tiny().trades.with_columns(pl.lit(evil).alias("tag"), pl.lit(evil).alias("exit_reason"))
    text = page(replace(tiny(), trades=tagged, strategy=evil, assumptions=(evil,), config={evil: evil}))
    assert "<img" not in text
    assert html.escape(evil) in text


def test_a_mark_in_a_value_is_not_filled_in() -> None:
    """A strategy called %%CSS%% is only called so."""
    assert page(replace(tiny(), strategy="%%CSS%%")).count("%%CSS%%") >= 1


def test_bars_are_packed_without_loss(run: RunResult) -> None:
    """Unpacked as the page's script does it, every price is the bar's."""
    first = windows(run, bars(HOURS)).partition_by("trade_id", maintain_order=True)[0]
    pack = packed(first, digits := price_digits(first["close"]))
    unpacked = unpack(json.loads(json.dumps(pack)))
    for name in ("open", "high", "low", "close"):
        assert [row[name] for row in unpacked] == pytest.approx(first[name].round(digits).to_list())
    assert [row["t"] for row in unpacked] == first["ts"].dt.epoch("s").to_list()


def unpack(pack: dict[str, Any]) -> list[dict[str, float]]:
    """What `unpack` in page.js does."""
    rows, before, now, scale = [], pack["c"], pack["t"], 10 ** pack["p"]
    for number in range(len(pack["v"]) // 4):
        gap, above, below, body = pack["v"][4 * number : 4 * number + 4]
        now += pack["d"] * (pack["s"][number - 1] if "s" in pack else 1) if number else 0
        opened, closed = before + gap, before + gap + body
        top, bottom = max(opened, closed) + above, min(opened, closed) - below
        rows.append(
            {
                "t": now,
                "open": opened / scale,
                "high": top / scale,
                "low": bottom / scale,
                "close": closed / scale,
            }
        )
        before = closed
    return rows


def test_a_chart_shows_its_trade_with_room_around_it(run: RunResult) -> None:
    """From before it was armed until after it closed."""
    cut = windows(run, bars(HOURS))
    assert set(cut["trade_id"]) == set(run.trades["trade_id"])
    spans = cut.group_by("trade_id").agg(
        pl.col("ts").min().alias("from"), pl.col("ts").max().alias("to"), pl.len()
    )
    both = run.trades.drop_nulls("closed").join(spans, on="trade_id")
    assert (both["from"] <= both["armed"]).all()
    assert (both["to"] >= both["closed"].dt.offset_by("-1h")).all()
    assert both["len"].max() <= charts.MOST_BARS  # type: ignore[operator]


def test_a_long_trade_joins_its_bars_without_losing_an_extreme() -> None:
    """A thousand bars become at most 300, with the same highest and lowest price."""
    run, history = sample(HOURS), bars(HOURS)
    long = run.trades[:1].with_columns(pl.lit(run.equity["ts"][-1]).alias("closed"))
    cut = windows(replace(run, trades=long), history)
    source = history[long["pair"][0]]
    inside = source.filter(pl.col("ts") >= cut["ts"][0])
    assert cut.height <= charts.MOST_BARS
    assert cut["joined"].unique().to_list() == [4]
    assert (cut["high"].max(), cut["low"].min()) == (inside["high"].max(), inside["low"].min())
    assert (cut["open"][0], cut["close"][-1]) == (inside["open"][0], inside["close"][-1])


def test_when_not_all_trades_fit_the_most_relevant_have_charts_and_the_page_says_so(run: RunResult) -> None:
    """Liquidations first, then the largest results."""
    liquidated = run.trades["trade_id"] == run.trades["trade_id"][3]
    reason = (
        pl.when(liquidated).then(pl.lit("liquidation")).otherwise(pl.col("exit_reason")).alias("exit_reason")
    )
    marked = replace(run, trades=run.trades.with_columns(reason))
    cut = windows(marked, bars(HOURS), budget=500)
    kept = cut["trade_id"].unique(maintain_order=True).to_list()
    largest = run.trades.sort(pl.col("pnl").abs(), descending=True)["trade_id"].to_list()
    assert kept[0] == run.trades["trade_id"][3]
    assert kept[1] in largest[:2]
    assert f"Charts are kept for {len(kept)} of {run.trades.height} trades" in page_with(marked, cut)


def test_thinning_the_curve_keeps_its_lowest_and_last_point() -> None:
    """A page of a long run still shows the worst moment."""
    run = sample(24 * 200)
    curve = page_data(run, pl.DataFrame(schema=charts.WINDOWS))["curve"]
    assert len(curve["t"]) < run.equity.height
    assert min(curve["equity_low"]) == pytest.approx(run.equity["equity_low"].min(), abs=0.01)
    assert curve["equity"][-1] == pytest.approx(run.equity["equity"][-1], abs=0.01)
    assert_series_equal(pl.Series(curve["t"]), pl.Series(sorted(set(curve["t"]))))


def test_tables_have_captions_and_headers(text: str) -> None:
    """So that a reader who listens to the page can use them."""
    tables = re.findall(r"<table.*?</table>", own_parts(text).split('id="data"')[0], re.DOTALL)
    assert len(tables) >= 12
    assert all("<caption" in table or "class='plain'" in table for table in tables)
    assert all('scope="col"' in table for table in tables if "<thead><tr><th" in table)


def test_limits_tell_how_near_equity_came(run: RunResult) -> None:
    """And that a crossed one was crossed."""
    text = page(replace(run, limits={"far": 1.0, "near": 1e9}))
    assert text.count("(crossed)") == 1


needs_browser = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")

PROBE = """
<script>
(() => {
  const body = document.getElementById("trade-table").tBodies[0], found = {};
  const ids = () => [...body.rows].map((row) => Number(row.cells[0].textContent));
  const set = (id, value) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event("input"));
  };
  const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  found.rows = body.rows.length;
  set("outcome", "lost"); found.lost = ids(); set("outcome", "");
  set("find", "EURUSD short"); found.searched = ids(); set("find", "");
  const heads = [...document.querySelectorAll("#trade-table thead th")];
  const profit = heads.findIndex((head) => head.textContent.startsWith("Profit"));
  heads[profit].firstChild.click(); found.best = ids()[0]; found.sort = heads[profit].getAttribute("aria-sort");
  heads[profit].firstChild.click(); found.worst = ids()[0];
  body.rows[0].focus(); press("ArrowDown"); press("Enter");
  found.second = ids()[1]; found.chosen = document.getElementById("trade-name").textContent;
  found.traces = document.getElementById("trade-plot").data.map((trace) => trace.name);
  found.candles = document.getElementById("trade-plot").data[0].close.length;
  found.buttons = [...document.querySelectorAll(".modebar-btn")].map((button) => button.dataset.title);
  found.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const note = document.createElement("pre");
  note.id = "probe"; note.textContent = JSON.stringify(found); document.body.append(note);
})();
</script>
"""


def browse(text: str, folder: Path, size: str = "1400,1200") -> tuple[str, str]:
    """The page after its scripts ran, and what the console said; the network is cut off."""
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=8000", "--enable-logging=stderr",
        f"--window-size={size}", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@needs_browser
def test_the_page_works_in_a_browser_without_a_network(run: RunResult, text: str, tmp_path: Path) -> None:
    """Curves are drawn, trades are found, sorted and opened by keyboard, and the console stays silent."""
    dom, console = browse(text.replace("</body>", f"{PROBE}</body>"), tmp_path)
    assert console == ""
    assert 'data-ready="yes"' in dom
    match = re.search(r'<pre id="probe">(.*?)</pre>', dom)
    assert match is not None
    found = json.loads(html.unescape(match[1]))
    trades = run.trades.filter(pl.col("closed").is_not_null())
    assert found["rows"] == min(100, run.trades.height)
    assert (
        found["lost"]
        == trades.filter(pl.col("pnl") < 0).sort("opened", "trade_id")["trade_id"].to_list()[:100]
    )
    shorts = run.trades.filter((pl.col("pair") == "EURUSD") & (pl.col("side") == "short"))
    assert found["searched"] == shorts.sort("opened")["trade_id"].to_list()
    ranked = trades.sort("pnl", descending=True)["trade_id"].to_list()
    assert (found["best"], found["worst"], found["sort"]) == (ranked[0], ranked[-1], "descending")
    assert f"#{found['second']}:" in found["chosen"]
    assert {"Bars", "Stop"} <= set(found["traces"])
    assert found["candles"] > charts.BEFORE
    assert not [title for title in found["buttons"] if title and ("hare" in title or "loud" in title)]
    assert found["wide"] <= 0


@needs_browser
@pytest.mark.parametrize("result", [empty(), tiny()], ids=["empty", "without bars"])
def test_a_page_without_charts_works_too(result: RunResult, tmp_path: Path) -> None:
    """Nothing traded, or bars that are not at hand: the rest of the page is there and nothing fails."""
    dom, console = browse(page(result), tmp_path)
    assert console == ""
    assert 'data-ready="yes"' in dom


@needs_browser
def test_the_page_is_no_wider_than_a_phone(text: str, tmp_path: Path) -> None:
    """Wide tables scroll in their own frames."""
    dom, console = browse(text.replace("</body>", f"{PROBE}</body>"), tmp_path, "500,900")
    match = re.search(r'<pre id="probe">(.*?)</pre>', dom)
    assert (console, match is not None) == ("", True)
    assert match is not None
    assert json.loads(html.unescape(match[1]))["wide"] <= 0
