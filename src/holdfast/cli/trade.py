"""`holdfast trade`: an account at work. Here on paper; the venues come through the same door."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json
from holdfast.cli.run_options import (
    Calendar,
    Config,
    Currency,
    DataDir,
    Detail,
    Fee,
    GuardOn,
    MaxOpen,
    Pairs,
    Phase,
    Ruleset,
    Set,
    Source,
    Stake,
    Strategies,
    StrategyPath,
    Timeframe,
    Timerange,
    Wallet,
    changes_of,
)

if TYPE_CHECKING:
    from holdfast.operations.paper import LockStep
    from holdfast.operations.paper_free import FreeRun

    Run = LockStep | FreeRun

Account = Annotated[str, typer.Option("--account", help="Its folder is HOLDFAST_HOME/accounts/NAME.")]
Speed = Annotated[
    float,
    typer.Option(
        "--speed",
        min=0,
        help="Market seconds in a second: 1 is real time. 0: in step, the market waits for the engine.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="On paper: nothing leaves this machine.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("trade")(trade)


def trade(
    dry_run: DryRun = False,
    account: Account = "paper",
    speed: Speed = 0,
    strategy: Strategies = None,
    config: Config = None,
    data_dir: DataDir = None,
    source: Source = None,
    pairs: Pairs = None,
    timeframe: Timeframe = None,
    detail: Detail = None,
    timerange: Timerange = None,
    set_: Set = None,
    wallet: Wallet = None,
    currency: Currency = None,
    stake: Stake = None,
    max_open: MaxOpen = None,
    fee: Fee = None,
    ruleset: Ruleset = None,
    phase: Phase = None,
    guard: GuardOn = None,
    calendar: Calendar = None,
    strategy_path: StrategyPath = None,
    tell: Annotated[bool, typer.Option("--tell", hidden=True, help="Lines of JSON for who watches.")] = False,
    json: Json = False,
) -> None:
    """Trade an account: on paper over recorded bars, with the journal, recovery and checks of a live one.

    Start it again after a crash, a kill or a stop, and it goes on where it was.
    """
    from holdfast.errors import SettingsError

    if not dry_run:
        raise SettingsError("Only paper accounts can be traded yet.", "Add --dry-run.")
    changes = changes_of(
        strategy, pairs, set_, guard, source=source, timeframe=timeframe, detail=detail, timerange=timerange,
        dry_run_wallet=wallet, currency=currency, stake_amount=stake, max_open_trades=max_open, fee=fee,
        ruleset=ruleset, phase=phase, calendar=calendar,
    )  # fmt: skip
    from holdfast.cli.places import account_folder, data_folder
    from holdfast.settings.backtest import load_settings

    settings = load_settings(config, changes)
    run_paper(account_folder(account), data_folder(data_dir), settings, strategy_path, speed, json, tell)


def run_paper(
    folder: Path,
    data_dir: Path,
    settings: Any,
    strategy_path: Path | None,
    speed: float,
    json: bool,
    tell: bool,
) -> None:
    """Prepare, take the account over, and trade to the end of the bars or until asked to stop."""
    from holdfast.cli.backtest import progress
    from holdfast.history.store import Store
    from holdfast.wiring.backtest import Backtest
    from holdfast.wiring.trade import paper_in_step, paper_in_time

    with progress() as (say, tick):
        machine = Backtest(Store(data_dir), settings, say, tick, strategy_path)
        prepared = machine.prepare(plan=speed == 0)

        def started(run: Run) -> None:
            if tell:
                from holdfast.cli.telling import Teller

                Teller(run, prepared).begin(boot_text(run))
            else:
                say(boot_text(run))
                for line in prepared.assumptions:
                    say(f"Note: {line}.")

        def shown(done: int, of: int) -> None:
            tick("Trading", done, of)

        run: Run = (
            paper_in_time(folder, machine, prepared, speed, shown, started)
            if speed
            else paper_in_step(folder, prepared, shown, started)
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(run, "stopping", True))
        run.listen()
        try:
            run.run()
        finally:
            run.close()
    if json or tell:
        print_json(outcome(run, prepared.currency) | {"assumptions": prepared.assumptions})
    else:
        typer.echo(outcome_text(run, prepared.currency))


def boot_text(run: Run) -> str:
    """What a start found, in a sentence or two, and what the promotion gate decided."""
    from holdfast.wiring.account.promotion import long_text, summary_of

    gate = summary_of(run.promotion)
    return found_text(run) + (f" {long_text(gate)}" if gate else "")


def found_text(run: Run) -> str:
    """What a start found."""
    session = run.session
    assert session is not None
    boot = session.boot
    assert boot is not None
    if session.desk.epoch == 1:
        return f"A new paper account in {run.folder}."
    found = counted(boot.positions, "position")
    doubt = f"{counted(boot.doubtful, 'order')} in doubt resolved with the venue"
    bare = "every position protected"
    if boot.unprotected:
        now = f"{boot.still_unprotected} of them still" if boot.still_unprotected else "protected now"
        bare = f"{boot.unprotected} found without a stop at the venue: {now}"
    return f"Start {session.desk.epoch} of {run.folder}: {found}, {doubt}, {bare}."


def outcome(run: Run, currency: str) -> dict[str, Any]:
    """Where the account stands."""
    state = run.engine.state
    account = state.account
    ledger = {
        name: getattr(account, name) / 1e8
        for name in ("realized_pnl", "fees", "funding", "rollover", "cash_flows", "adjustments")
    }
    return {
        "account": str(run.folder), "start": state.epoch, "over": run.feed.over, "currency": currency,
        "balance": account.balance / 1e8, "equity": account.equity / 1e8,
        "venue_balance": run.venue.market.wallet / 1e8,
        "trades": state.closed_count, "fills": state.fill_count, "open_positions": account.open_trades,
        "working_orders": account.working_orders, "ledger": ledger, "days": account.day,
        "denials": sum(denial.count for denial in state.denials), "digest": digest_of(run),
    }  # fmt: skip


def digest_of(run: Run) -> str:
    """Names the state of the account."""
    from holdfast.engine.engine import state_digest

    return state_digest(run.engine.state)


def outcome_text(run: Run, currency: str) -> str:
    """The same for people."""
    told = outcome(run, currency)
    how = "All bars are traded." if told["over"] else "Stopped in order; start it again to go on."
    return (
        f"{how} {counted(told['trades'], 'trade')}, {counted(told['fills'], 'fill')}, "
        f"balance {told['balance']:,.2f} {currency} (at the venue {told['venue_balance']:,.2f}), "
        f"{counted(told['open_positions'], 'position')} and {counted(told['working_orders'], 'order')} open."
    )


def counted(number: int, name: str) -> str:
    """`1 trade`, `2 trades`."""
    return f"{number} {name}{'s' if number != 1 else ''}"
