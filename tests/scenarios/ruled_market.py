"""A small market under any ruleset: two months of FX with market and limit entries, or of perpetuals with a grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from holdfast.history.store import Store
from holdfast.settings.backtest import load_settings
from holdfast.settings.ruleset.file import Loaded
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.simulator.simulation import Outcome, Simulation
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.prepared import Assignment
from holdfast.wiring.ruleset.rulesets import Rules, applied, stages_of


class Ruled(Backtest):
    """A backtest that is held to a ruleset in memory, whatever lint and binding say of it."""

    def __init__(self, store: Store, case: dict[str, Any], loaded: Loaded, phase: str | None) -> None:
        super().__init__(store, load_settings(None, case))
        self.loaded, self.phase = loaded, phase

    def _bind(self, assignments: list[Assignment]) -> None:
        account = self.loaded.ruleset.account
        wallet = float(account.initial_balance or 10_000)
        stages = stages_of(self.loaded.ruleset, self.phase)
        self.rules = Rules(self.loaded, stages, self.asked.guard == "on", wallet, ())
        self.settings = applied(self.asked, self.rules)


def run_under(
    folder: Path, case: dict[str, Any], loaded: Loaded, ruleset: Ruleset, phase: str | None = None
) -> Outcome:
    """The run, compiled."""
    changed = Loaded(ruleset, loaded.text, loaded.hash)
    prepared = Ruled(Store(folder), case, changed, phase).prepare()
    return Simulation(prepared.scenario).run()


def decisions(outcome: Outcome) -> tuple[bytes, ...]:
    """What was done: executions and closed trades, and how often each rule refused."""
    return (
        outcome.tapes["fills"][:].tobytes(),
        outcome.tapes["closed"][:].tobytes(),
        outcome.state["denials"].tobytes(),
        outcome.state["trips"].tobytes(),
    )
