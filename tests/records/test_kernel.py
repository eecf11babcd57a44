"""Kernels: plain Python that compiles, and a sentence with kernel, line and mend where it does not."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from numba.core.caching import IndexDataCacheFile
from sample_records import Line, Point

from holdfast.records import KernelError, Rows, blank_array, compiled, kernel
from holdfast.records import kernel as decorator
from holdfast.records.kernel import CACHES_KEPT, ENTRIES, KERNELS, hints_of, where

machinery = __import__("holdfast.records.kernel", fromlist=["kernel"])


def plain(x: int) -> int:
    """No kernel."""
    return x + 1


def forget(*functions: object) -> None:
    """Leave the register of kernels as it was: other tests compile too."""
    for function in functions:
        KERNELS.pop(function, None)  # type: ignore[call-overload]


def test_a_kernel_stays_the_function_that_it_is() -> None:
    """With its traceback, its name and its line."""

    def made(x: int) -> int:
        return x

    assert decorator(made) is made
    assert "made (test_kernel.py, line " in where(made)
    forget(made)


def test_a_missing_hint_is_named() -> None:
    """Argument or result."""

    def no_argument(x) -> int:  # type: ignore[no-untyped-def]
        return int(x)

    def no_result(x: int):  # type: ignore[no-untyped-def]
        return x

    with pytest.raises(KernelError, match=r"no_argument .*its argument 'x' has no type hint"):
        hints_of(no_argument)
    with pytest.raises(KernelError, match=r"no_result .*its result has no type hint"):
        hints_of(no_result)


@pytest.mark.parametrize("hint", [str, dict, list[int], int | None, tuple[int, int], Rows[int]], ids=str)
def test_a_hint_outside_the_dialect_is_named(hint: object) -> None:
    """What cannot be a number, an enumeration, a record or a column is refused by name."""

    def wrong(x: int) -> int:
        return x

    wrong.__annotations__["x"] = hint
    with pytest.raises(KernelError, match=r"wrong .*'x' is .*Use int, float, bool"):
        hints_of(wrong)


def test_a_misspelt_field_is_named() -> None:
    """With the kernel in which it stands, and the line."""

    @kernel
    def misspelt(points: Rows[Point]) -> int:
        return points[0].wieght  # type: ignore[attr-defined, no-any-return]

    with pytest.raises(KernelError, match=r"misspelt \(test_kernel.py, line \d+\)") as caught:
        compiled(misspelt)
    assert "misspelt" in str(caught.value)
    assert "wieght" in str(caught.value)
    forget(misspelt)


def test_a_call_of_something_else_is_named() -> None:
    """A helper without @kernel works interpreted, and must not surprise in a backtest."""

    @kernel
    def calls(x: int) -> int:
        return plain(x)

    assert calls(1) == 2
    with pytest.raises(KernelError, match=r"calls .*add @kernel"):
        compiled(calls)
    forget(calls)


def test_two_types_in_one_name_are_named() -> None:
    """An int in one branch and a record in the other."""

    @kernel
    def mixed(points: Rows[Point], x: int) -> int:
        found = points[0]
        if x > 0:
            found = x  # type: ignore[assignment]
        return found  # type: ignore[return-value]

    with pytest.raises(KernelError, match=r"mixed .*use one type"):
        compiled(mixed)
    forget(mixed)


def test_a_cache_belongs_to_one_version_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numba does not see edits of called modules; a folder for each source digest does. Old ones are removed."""
    monkeypatch.setenv("HOLDFAST_CACHE_DIR", str(tmp_path))
    old = [tmp_path / "kernels" / f"old{i}" for i in range(CACHES_KEPT + 2)]
    for i, folder in enumerate(old):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - 1000 + i, time.time() - 1000 + i))
    machinery._use_cache_of_this_source()
    left = {folder.name for folder in (tmp_path / "kernels").iterdir()}
    assert left == {machinery.source_digest(), *(folder.name for folder in old[-(CACHES_KEPT - 1) :])}
    monkeypatch.undo()
    machinery._use_cache_of_this_source()


def test_another_source_has_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed line in any package of the core is another version."""
    digest = machinery.source_digest.__wrapped__  # a process reads its source once
    before = digest()
    assert digest() == before
    read = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: read(path) + (b"#" if path.name == "rules.py" else b"")
    )
    assert digest() != before


@kernel
def doubled(x: int) -> int:
    """Something small to compile."""
    return 2 * x


def afresh() -> Any:
    """The compiled form as a new process would get it."""
    ENTRIES.pop(doubled, None)
    return compiled(doubled)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of this test's own."""
    monkeypatch.setenv("HOLDFAST_CACHE_DIR", str(tmp_path))
    monkeypatch.setitem(machinery._options, "cache", True)
    yield tmp_path / "kernels" / machinery.source_digest()
    ENTRIES.pop(doubled, None)
    monkeypatch.undo()
    machinery._use_cache_of_this_source()


def test_what_was_compiled_is_found_again(own_cache: Path) -> None:
    """The second time nothing is compiled."""
    assert afresh()(21) == 42
    assert machinery.is_cached()
    assert afresh()(21) == 42
    assert sum(afresh().stats.cache_hits.values()) == 1


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
@pytest.mark.parametrize("ending", ["nbc", "nbi"])
def test_a_damaged_cache_is_compiled_again(own_cache: Path, ending: str, damage: bytes | None) -> None:
    """Cut off, overwritten, or with one bit turned in the machine code: never a traceback, never another result."""
    afresh()
    file = next(own_cache.rglob(f"*.{ending}"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content if damage is None else damage)
    assert not machinery.is_cached()
    assert afresh()(21) == 42
    assert machinery.is_cached()


def test_a_damaged_cache_that_nobody_may_remove_is_not_used(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is compiled again every time."""
    afresh()
    next(own_cache.rglob("*.nbc")).write_bytes(b"nonsense")
    monkeypatch.setattr(machinery.shutil, "rmtree", lambda *_, **__: None)
    assert afresh()(21) == 42
    assert not machinery.is_cached()


def test_a_full_disk_costs_time_and_nothing_else(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was compiled is used, and nothing claims to be kept."""

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, "save", full)
    assert afresh()(21) == 42
    assert not machinery.is_cached()


def test_a_cache_that_cannot_be_read_is_passed_over(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reason."""

    def unreadable(*_: Any) -> None:
        raise EOFError("Ran out of input")

    monkeypatch.setattr(IndexDataCacheFile, "load", unreadable)
    assert afresh()(21) == 42


@kernel
def point_at(lines: Rows[Line], index: int) -> int:
    """A row of a column, by a number that may be anything."""
    return lines[0].points[index].x


def test_a_row_outside_its_column_is_refused(own_cache: Path) -> None:
    """Below as well as above: compiled, no index counts from the end."""
    made = compiled(point_at)
    line = blank_array(Line, 1)
    line["points"]["x"][0] = [10, 20, 30, 40]
    assert [made(line, i) for i in range(4)] == [10, 20, 30, 40]
    for outside in (4, -1, -4, 1 << 62, -(1 << 63)):
        with pytest.raises(IndexError, match="out of bounds"):
            made(line, outside)
