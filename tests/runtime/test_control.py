"""What people ask of a running account: once for each key, in time, durable before it is told, from their own user."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from session_kit import Stage

from holdfast.errors import HoldfastError
from holdfast.model.enums import Severity
from holdfast.runtime.control import Control, Wish
from holdfast.runtime.door import Door, ask

PAIRS = {"BTC/USDT:USDT": 1, "ETH/USDT:USDT": 2}
NOW = 10**18


def controlled() -> tuple[Stage, Control]:
    stage = Stage()
    stage.wait(1)
    return stage, Control(stage.session, PAIRS, lambda: None)


def wish(verb: str, key: str = "", **more: object) -> Wish:
    return Wish(key or f"{verb}-{sorted(more.items())}", verb, "me", "because", NOW, **more)  # type: ignore[arg-type]


def test_halt_and_resume() -> None:
    stage, control = controlled()
    assert control.ask(wish("halt"), NOW).done
    assert stage.session.engine.state.severity == Severity.NO_NEW
    stage.price(1, 50_000)
    stage.plan(1, start_long=True, entry_price=49_900, stop_price=49_000)
    assert stage.placed() == []
    assert control.ask(wish("resume"), NOW).done
    stage.wait(1)
    stage.price(1, 50_010)
    assert len(stage.placed()) == 1


def test_flatten_closes_and_stays_shut_until_resume() -> None:
    stage, control = controlled()
    stage.price(1, 50_000)
    stage.plan(1, start_long=True, entry_price=49_900, stop_price=49_000)
    stage.price(1, 49_850)
    assert control.ask(wish("flatten"), NOW).done
    stage.settle()
    stage.price(1, 49_840)
    assert stage.venue.positions() == []
    stage.plan(2, start_long=True, anchor_price=49_000, spacing=100)
    assert stage.venue.live == {}


def test_an_instrument_has_a_mode_of_its_own() -> None:
    stage, control = controlled()
    assert control.ask(wish("mode", pair="BTC/USDT:USDT", mode="no-new"), NOW).done
    assert stage.session.engine.state.instruments[1].severity == Severity.NO_NEW
    assert stage.session.engine.state.instruments[2].severity == Severity.NORMAL
    refused = control.ask(wish("mode", pair="BTC/USDT:USDT", mode="sideways"), NOW)
    assert not refused.done
    assert "normal" in refused.says


def test_a_key_counts_once_and_for_one_request_only() -> None:
    stage, control = controlled()
    first = control.ask(wish("halt", key="k"), NOW)
    rows = len(stage.journal.rows)
    assert control.ask(wish("halt", key="k"), NOW) is first
    assert len(stage.journal.rows) == rows
    assert not control.ask(wish("flatten", key="k"), NOW).done


def test_a_key_counts_once_across_a_start() -> None:
    stage, control = controlled()
    control.ask(wish("halt", key="k"), NOW)
    told = next(told for about, told in stage.journal.remarks if about == "request")
    fresh = Control(stage.session, PAIRS, lambda: None)
    fresh.remember(told)
    rows = len(stage.journal.rows)
    assert fresh.ask(wish("halt", key="k"), NOW).done
    assert len(stage.journal.rows) == rows


def test_an_old_request_and_an_unknown_pair_do_nothing() -> None:
    stage, control = controlled()
    rows = len(stage.journal.rows)
    assert "60 s" in control.ask(wish("halt"), NOW + 61 * 10**9).says
    assert "Did you mean" in control.ask(wish("halt", pair="BTC/USDT"), NOW).says
    assert not control.ask(wish("sell everything"), NOW).done
    assert len(stage.journal.rows) == rows


def test_the_door_answers_when_the_row_is_durable(tmp_path: Path) -> None:
    stage, control = controlled()
    folder = tmp_path / ("a" * 120)  # longer than a socket's path may be
    folder.mkdir()
    door = Door(folder)
    answers: list[dict[str, object]] = []
    request = {"key": "1", "verb": "halt", "who": "me", "why": "", "sent_ns": time.time_ns()}
    asker = threading.Thread(target=lambda: answers.append(ask(folder, request)))
    asker.start()
    seq = 0
    while not seq:
        seq = door.poll(control)
        time.sleep(0.01)
    asker.join(0.2)
    assert answers == []  # not durable yet
    door.reached(seq)
    asker.join(5)
    assert answers[0]["done"]
    door.close()
    assert stage.session.engine.state.severity == Severity.NO_NEW


@pytest.mark.parametrize("line", [b"{}\n", b"not json\n", b'{"key": 1}\n', b"x" * 70_000 + b"\n"])
def test_nonsense_is_answered_in_a_sentence(tmp_path: Path, line: bytes) -> None:
    import json
    import socket

    door = Door(tmp_path)
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(5)
        wire.connect(str(door.path))
        wire.sendall(line)
        told = json.loads(wire.makefile("rb").readline())
    assert not told["done"]
    door.close()


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(HoldfastError, match="No engine runs"):
        ask(tmp_path, {})
