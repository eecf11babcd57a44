"""`holdfast demo`: the product's first minute. A paper account trades a synthetic market, is killed in the middle of a
grid, comes back, and ends where a run that nobody interrupted ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

DEMO_DAYS = 60
TRADED_DAYS = 12
PAIRS = "BTC,ETH,SOL,DOGE"


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("demo")(demo)


def demo(
    seed: Annotated[int, typer.Option("--seed", help="Of the synthetic market.")] = 7,
    days: Annotated[int, typer.Option("--days", min=25, max=365, help="Of the market.")] = DEMO_DAYS,
    page: Annotated[
        bool, typer.Option("--page", help="Instead, a backtest over all of the market, shown as a page.")
    ] = False,
    open: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    folder: Annotated[Path | None, typer.Option("--folder", help="Where the demo keeps its data.")] = None,
) -> None:
    """A paper account on a synthetic market, killed in the middle of a grid and started again: nothing is real."""
    from holdfast.cli.places import home

    place = folder or home() / "demo"
    data = make_market(place, seed, days)
    if page:
        show_page(place, data, open)
        return
    from rich.console import Console

    Demo(place, data, days, Console()).play()


def make_market(place: Path, seed: int, days: int) -> Path:
    """The synthetic market, made once."""
    from holdfast.history.synthetic import PERPS, write_synthetic
    from holdfast.reports.files import new_folder

    data = place / f"market-{seed}-{days}"
    if not data.exists():
        typer.echo(f"Making a synthetic market of {days} days …", err=True)
        with new_folder(place, data.name, "The market") as made:
            write_synthetic(made, seed, days, "1m", PERPS)
    return data


def show_page(place: Path, data: Path, open: bool) -> None:
    """The backtest of the demo's profile over the whole market."""
    from holdfast.cli.backtest import execute, finish
    from holdfast.settings.backtest import load_settings

    result, bars = execute(data, load_settings("demo", {}))
    page = place / "demo.html"
    finish(result, bars, save=True, export=None, html=page, json=False)
    if open:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())


class Demo:
    """The parts of the demo, one after the other. What trades is a process of its own, which really is killed."""

    def __init__(self, place: Path, data: Path, days: int, console: Any) -> None:
        self.place, self.data, self.console = place, data, console
        self.span = last_days(data, days)
        self.log: list[str] = []
        self.last: dict[str, Any] = {}

    def command(self, verb: str, *more: str) -> list[str]:
        """A command of Holdfast over the demo's market."""
        return [
            sys.executable, "-m", "holdfast", verb, "-c", "demo", "-d", str(self.data), "-p", PAIRS, "--timerange",
            self.span, *more,
        ]  # fmt: skip

    def play(self) -> None:
        """Trade, kill, start again, compare."""
        account = self.place / "accounts"
        shutil.rmtree(account, ignore_errors=True)
        say = self.console.print
        say(
            f"A paper account trades {PAIRS.replace(',', ', ')} for {TRADED_DAYS} days of a synthetic market."
        )
        twin = subprocess.Popen(
            self.command("backtest", "--interpreted", "--no-save", "--json"), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            killed = self.watch(kill=True)
            if killed is None:
                say(
                    "[bold red]kill -9[/] · the process is gone in the middle of a grid; its orders stay at the venue"
                )
                self.show_left()
                killed = self.watch(kill=False)
            self.compare(killed or {}, json.loads(twin.communicate()[0]))
        finally:
            twin.kill()

    def watch(self, kill: bool) -> dict[str, Any] | None:
        """One process' life on the screen; its outcome, or None where it was killed."""
        from rich.live import Live

        env = os.environ | {"HOLDFAST_HOME": str(self.place)}
        child = subprocess.Popen(
            self.command("trade", "--dry-run", "--account", "demo", "--tell"), stdout=subprocess.PIPE, text=True,
            stderr=subprocess.PIPE, env=env,
        )  # fmt: skip
        try:
            with Live(console=self.console, refresh_per_second=12, transient=True) as live:
                for told in lines(child):
                    if "over" in told:
                        child.wait()
                        return told
                    self.hear(told)
                    live.update(self.screen())
                    if kill and self.is_the_moment():
                        child.send_signal(signal.SIGKILL)
                        child.wait()
                        return None
        finally:
            if child.poll() is None:
                child.kill()
        raise typer.Exit(child.wait() or 3)

    def hear(self, told: dict[str, Any]) -> None:
        """One line of the account."""
        self.last = told
        if "boot" in told and told["epoch"] > 1:
            self.console.print(f"[bold green]restart[/] · {told['boot']}")
        if told.get("fill"):
            fill = told["fill"]
            pair = fill["pair"].split("/")[0]
            words = f"{fill['side']} {fill['quantity']:g} at {fill['price']:,.6g}"
            self.log = [*self.log[-7:], f"{told['time']}  {pair:5} {words}"]

    def is_the_moment(self) -> bool:
        """In the middle of a grid: two levels filled, at least one waits, and some of the market is over."""
        grids = [p for p in self.last.get("positions", ()) if p["levels"] >= 2 and p["waiting"] >= 1]
        return bool(grids) and self.last["done"] > 0.2

    def screen(self) -> Any:
        """What a person sees while it trades."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        told = self.last
        head = Text(
            f"{told['time']}  ·  equity {told['equity']:,.2f}  ·  {told['trades']} trades, {told['fills']} fills, "
            f"{told['orders']} orders at work  ·  {told['done']:.0%} of the market"
        )
        table = Table(box=None, padding=(0, 2))
        for name in (
            "position",
            "quantity",
            "average",
            "stop at the venue",
            "levels filled",
            "levels waiting",
        ):
            table.add_column(name, justify="left" if name == "position" else "right")
        for p in told["positions"]:
            table.add_row(
                f"{p['pair'].split('/')[0]} {p['side']}", f"{p['quantity']:g}", f"{p['entry']:,.6g}",
                f"{p['stop']:,.6g}", str(p["levels"]), str(p["waiting"]),
            )  # fmt: skip
        return Group(head, table, Text("\n".join(self.log), style="dim"))

    def show_left(self) -> None:
        """What the killed process held."""
        for p in self.last["positions"]:
            held = f"{p['pair'].split('/')[0]} {p['side']} {p['quantity']:g}"
            levels = f"{p['levels']} levels filled, {p['waiting']} waiting"
            self.console.print(f"           held: {held}, {levels}, stop at {p['stop']:,.6g}")

    def compare(self, paper: dict[str, Any], twin: dict[str, Any]) -> None:
        """The interrupted account beside a run of the same market that nobody interrupted."""
        from rich.table import Table

        table = Table(title="Killed and restarted, beside a run that was not")
        for name in ("", "paper, killed once", "its venue's books", "backtest, not killed"):
            table.add_column(name, justify="right" if name else "left")
        table.add_row("trades", str(paper["trades"]), "", str(twin["total_trades"]))
        table.add_row("fills", str(paper["fills"]), "", str(twin["fill_count"]))
        table.add_row(
            "balance",
            f"{paper['balance']:,.8f}",
            f"{paper['venue_balance']:,.8f}",
            f"{twin['final_balance']:,.8f}",
        )
        self.console.print(table)
        same = paper["trades"] == twin["total_trades"] and paper["fills"] == twin["fill_count"]
        if same and paper["balance"] == paper["venue_balance"] == twin["final_balance"]:
            self.console.print("The same to the last digit: nothing doubled, nothing forgotten.")
        else:
            self.console.print("[bold red]They differ: that is a bug. Please report it.[/]")
            raise typer.Exit(3)
        home = f"HOLDFAST_HOME={self.place}"
        self.console.print(
            f"Look closer: [bold]{home} holdfast journal query {self.place}/accounts/demo --limit 20[/]\n"
            f"A backtest over the whole market, with charts: [bold]holdfast demo --page[/]"
        )


def lines(child: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What the account tells; the last is its outcome, over several lines."""
    assert child.stdout is not None
    rest = ""
    for line in child.stdout:
        if not rest and line.startswith("{") and line.rstrip().endswith("}"):
            yield json.loads(line)
        else:
            rest += line
    if rest:
        yield json.loads(rest)


def last_days(data: Path, days: int) -> str:
    """The last days of the market, as a time range."""
    from datetime import datetime, timedelta

    from holdfast.history.store import Store

    store = Store(data)
    end = store.bars("synthetic_perp", store.pairs("synthetic_perp")[0], "1m")["ts"].max()
    assert isinstance(end, datetime)
    first = end - timedelta(days=min(TRADED_DAYS, days - 12))
    return f"{first:%Y%m%d}-{end:%Y%m%d}"
