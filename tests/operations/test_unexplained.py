"""A person trades at the venue past the account: what the account does about it is a setting."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper_kit import prepare, write_market

from holdfast.model.enums import OrderType, Severity
from holdfast.operations.paper import LockStep
from holdfast.ports.venue import Ask, Outcome, Request
from holdfast.wiring.trade import paper_in_step

STEPS = 7


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("unexplained") / "data", 4)


def account_with_a_stranger(data: Path, folder: Path, **settings: object) -> LockStep:
    """Runs half a day; then a hand buys at the venue, and it runs on for some hours."""
    prepared = prepare(data, **settings)
    account = paper_in_step(folder, prepared, lambda *_: None, lambda _: None)
    began = int(prepared.scenario.bars["time_ns"][0])
    account.run(began + 43_200 * 10**9)
    made = account.venue.receive(
        Request(
            0,
            Ask.PLACE,
            "hand",
            2,
            1,
            1,
            OrderType.MARKET,
            quantity=STEPS,
            stamp_ns=account.venue.market.time_ns,
        )
    )
    assert made.outcome == Outcome.DONE
    account.run(began + 51_000 * 10**9)
    assert account.venue.market.books[2].positions[0].quantity == STEPS
    return account


@pytest.mark.parametrize(
    "policy, held, instrument, engine",
    [
        ("quarantine", STEPS, Severity.NO_NEW, Severity.NORMAL),
        ("adopt", STEPS, Severity.NORMAL, Severity.NORMAL),
        ("ignore", 0, Severity.NO_NEW, Severity.NORMAL),
        ("halt", 0, Severity.NO_NEW, Severity.NO_NEW),
    ],
)
def test_the_policy_of_the_settings_is_what_is_done(
    data: Path, tmp_path: Path, policy: str, held: int, instrument: Severity, engine: Severity
) -> None:
    account = account_with_a_stranger(data, tmp_path / "a", unexplained=policy, catastrophe_stop=0.03)
    state = account.engine.state
    assert state.instruments[2].positions[0].quantity == held
    assert state.instruments[2].severity == instrument
    assert state.severity == engine
    if held:
        entry = account.venue.market.books[2].positions[0].entry_value / STEPS
        assert account.venue.stopped(2, 1) == STEPS
        stops = [
            o.trigger_price
            for o in account.venue.market.orders
            if o.instrument_id == 2 and o.order_type == OrderType.STOP
        ]
        assert any(0.95 < stop / entry < 0.98 for stop in stops)
    account.close()
