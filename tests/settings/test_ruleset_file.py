"""Reading: literal numbers, lines, sizes, ids, and a digest of the content alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from small_ruleset import SOUND, broken, read

from holdfast.errors import SettingsError
from holdfast.settings.ruleset.clock import Boundary
from holdfast.settings.ruleset.file import find_text, load_ruleset, parse_ruleset, shipped_ids
from holdfast.settings.ruleset.finding import RulesetError
from holdfast.settings.ruleset.phases import resolve
from holdfast.settings.ruleset.text import parse_text

SIZED = broken(
    ("id: firm.programme.20k", "id: firm.programme"),
    (
        "initial_balance: 20000",
        "sizes: {20k: 20000, 50k: {initial_balance: 50000, override: {limits.total_loss.amount.pct: 8}}}",
    ),
)


def test_comments_order_and_spelling_leave_the_hash_as_it_is() -> None:
    """Only content binds an account."""
    plain = read(SOUND).hash
    head, rest = SOUND.split("clock:\n", 1)
    clock, rest = rest.split("phases:\n", 1)
    turned = head + "phases:\n" + rest + "clock:\n" + clock + "# a remark\n"
    assert read(turned).hash == plain
    assert read(broken(("{pct: 10, of: initial}", "{of: initial, pct: 10.0}"))).hash == plain
    assert (
        read(broken(("conduct:\n  martingale: allowed", "conduct:\n  martingale: {value: allowed}"))).hash
        == plain
    )
    rules = SOUND[SOUND.index("  - id: daily_loss") : SOUND.index("  - id: total_loss")]
    other = SOUND[SOUND.index("  - id: total_loss") : SOUND.index("counters:")]
    assert read(SOUND.replace(rules + other, other + rules)).hash == plain


@pytest.mark.parametrize(
    "change",
    [
        ("{pct: 10, of: initial}", "{pct: 10.01, of: initial}"),
        ("version: 2026-06-05", "version: 2026-06-06"),
        ("forbids: [open]", "forbids: [open, close]"),
        ("{warn: 40,", "{warn: 41,"),
        ("next: funded\n", "\n"),
        ("guard:\n", "guard:\n  streaks: null\n"),
    ],
)
def test_content_changes_the_hash(change: tuple[str, str]) -> None:
    """A changed figure needs an explicit re-binding."""
    assert read(broken(change)).hash != read(SOUND).hash


def test_one_file_for_all_sizes() -> None:
    """A size is a balance, and may change figures."""
    text = parse_text(SIZED, "mine.yaml")
    small, large = (parse_ruleset(text, size).ruleset for size in ("20k", "50k"))
    assert [small.id, large.id] == ["firm.programme.20k", "firm.programme.50k"]
    assert [small.account.initial_balance, large.account.initial_balance] == [20000, 50000]
    assert [each.limit("total_loss").amount.pct for each in (small, large)] == [Decimal(10), Decimal(8)]
    assert parse_ruleset(text, "20k").hash == read(SOUND).hash


@pytest.mark.parametrize("size, said", [(None, "has several sizes"), ("30k", "has no size '30k'")])
def test_a_file_with_sizes_wants_one_of_them(size: str | None, said: str) -> None:
    """The mend lists them."""
    with pytest.raises(SettingsError, match=said) as caught:
        parse_ruleset(parse_text(SIZED, "mine.yaml"), size)
    assert "20k, 50k" in caught.value.mend


def test_a_size_that_overrides_nothing_is_refused() -> None:
    """With the line of the size."""
    text = parse_text(SIZED.replace("limits.total_loss.amount", "limits.totl_loss.amount"), "mine.yaml")
    with pytest.raises(RulesetError, match=r"mine.yaml:4: size 50k: .*no 'totl_loss'.*total_loss"):
        parse_ruleset(text, "50k")


def test_a_ruleset_by_path_and_size(tmp_path: Path) -> None:
    """`FILE#SIZE`."""
    file = tmp_path / "mine.yaml"
    file.write_text(SIZED, encoding="utf-8")
    assert load_ruleset(f"{file}#50k").ruleset.id == "firm.programme.50k"
    with pytest.raises(SettingsError, match="cannot be read"):
        load_ruleset(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize("name", ["the5ers.high_stake.20k", "ftmo.two_step.100K"])
def test_an_unknown_id_names_the_nearest(name: str) -> None:
    """Nobody remembers ids."""
    with pytest.raises(SettingsError, match="Did you mean"):
        find_text(name)


@pytest.mark.parametrize(
    "text, line, said",
    [
        ("id: a\nversion: 1\nid: b\n", 3, "stands here twice, first in line 1"),
        ("id: &a x\nversion: *a\n", 2, "aliases are not read"),
        ("id: [a\nversion: 1\n", 2, "not readable YAML"),
        ("- a\n", 1, "holds no ruleset"),
        ("id: a\n<<: {b: c}\n", 2, "plain word"),
    ],
)
def test_yaml_that_loses_something_is_refused(text: str, line: int, said: str) -> None:
    """A key that stands twice would lose the first without a word."""
    with pytest.raises(SettingsError, match=said) as caught:
        parse_text(text, "mine.yaml")
    assert caught.value.problem.startswith(f"mine.yaml:{line}: ")
    assert caught.value.mend


def test_scalars_stay_as_they_are_written() -> None:
    """No float, no sexagesimal time, no surprise at `on`, `no` or a date."""
    text = "a: 0.1\nb: 17:00\nc: on\nd: 2026-06-05\ne: null\nf: ''\ng: '~'\n"
    values = parse_text(text, "x").values
    assert values == {"a": "0.1", "b": "17:00", "c": "on", "d": "2026-06-05", "e": None, "f": "", "g": "~"}


@pytest.mark.parametrize(
    "asked, new_york, prague",
    [
        ("2026-01-14", "2026-01-14T22:00", "2026-01-14T23:00"),
        ("2026-03-10", "2026-03-10T21:00", "2026-03-10T23:00"),
        ("2026-03-30", "2026-03-30T21:00", "2026-03-30T22:00"),
        ("2026-10-28", "2026-10-28T21:00", "2026-10-28T23:00"),
        ("2026-11-03", "2026-11-03T22:00", "2026-11-03T23:00"),
    ],
)
def test_boundaries_follow_the_clocks_of_their_zone(asked: str, new_york: str, prague: str) -> None:
    """The weeks in which one side of the ocean has changed its clocks and the other has not."""
    noon = datetime.fromisoformat(f"{asked}T12:00+00:00")
    for zone, at, instant in (("America/New_York", "17:00", new_york), ("Europe/Prague", "00:00", prague)):
        assert Boundary(zone=zone, at=at).next_after(noon) == datetime.fromisoformat(instant).replace(
            tzinfo=UTC
        )


def test_the_next_boundary_is_strictly_later() -> None:
    """At the boundary itself the next one is tomorrow's."""
    boundary = Boundary(zone="UTC", at="00:30")
    at = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    assert boundary.next_after(at) == datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def test_a_limit_of_one_platform_only() -> None:
    """Topstep's daily limit does not hold on TopstepX; on an unknown platform it does."""
    ruleset = load_ruleset("topstep.combine.50k").ruleset
    names = {
        platform: [each.id for each in resolve(ruleset, "combine", platform).limits]
        for platform in (None, "rithmic", "topstepx")
    }
    assert names == {None: ["mll", "dll"], "rithmic": ["mll", "dll"], "topstepx": ["mll"]}


def test_an_unknown_phase_names_the_nearest() -> None:
    """And what is in force has that phase alone."""
    ruleset = load_ruleset("ftmo.two_step.10k").ruleset
    with pytest.raises(SettingsError, match="funded_swing"):
        resolve(ruleset, "swing")
    assert [each.id for each in resolve(ruleset).phases] == ["challenge"]


def test_every_shipped_id_is_told_by_its_file() -> None:
    """An id is not the name of a file, and each is there once."""
    ids = shipped_ids()
    assert len(ids) >= 60
    assert all(load_ruleset(name).ruleset.id == name for name in ids)
