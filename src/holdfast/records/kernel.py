"""Kernels: typed Python that runs as it stands, and that numba compiles for backtests and sweeps.

`@kernel` returns the function itself, so live trading and tests run plain Python with tracebacks and a
debugger, and never import numba. `compiled(entry)` gives the same function compiled, together with every
kernel it calls, from the same source and the declared hints.

The dialect (checked by tests/architecture):
1. arguments and result are annotated with int, float, bool, an IntEnum, records or Rows; no None, strings,
   dicts, closures or *args; definitions go bottom-up, no recursion;
2. money, price, quantity and time are integers; floats are for signals only; no `/` on integers and no
   `a * b // c`: use the helpers of model.arithmetic, which cannot overflow between the factors;
3. loops have a constant bound or run over a list that the capacity bounds;
4. rows and nested records are filled in place (`copy_record`, `clear_record`), never assigned;
5. check first, write after: an assertion is a bug, a refusal is an enumeration value;
6. no clock, no randomness, no numpy; enum members are compared and stored, never constructed;
7. a row is named by an index from zero: one below it counts from the end in Python and is refused compiled.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from holdfast.records.compiling import as_part, quickly
from holdfast.records.record import SCALARS, Rows, clear_record, copy_record, is_record

F = TypeVar("F", bound=Callable[..., Any])

KERNELS: dict[Callable[..., Any], Callable[..., Any] | None] = {}  # function -> its dispatcher, once made
INLINED: set[Callable[..., Any]] = set()
_options: dict[str, Any] = {"cache": True, "boundscheck": True, "nogil": True}
ENTRIES: dict[Callable[..., Any], Callable[..., Any]] = {}
CACHES_KEPT = 3
CORE_PACKAGES = ("records", "model", "risk", "engine", "simulator")


class KernelError(Exception):
    """A kernel that does not fit the dialect: which one, where, and what to change."""


def kernel(function: F) -> F:
    """Mark a function as part of the core; it stays an ordinary Python function."""
    KERNELS[function] = None
    return function


def inlined(function: F) -> F:
    """A kernel whose compiled body is copied into its callers: very short, or called from one hot place."""
    INLINED.add(function)
    return kernel(function)


def where(function: Callable[..., Any]) -> str:
    """Name, file and line of a kernel, for messages."""
    code = function.__code__
    return f"{function.__name__} ({Path(code.co_filename).name}, line {code.co_firstlineno})"


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a kernel, complete and of the dialect, or KernelError."""
    hints = get_type_hints(function)
    for name in (*function.__code__.co_varnames[: function.__code__.co_argcount], "return"):
        if name not in hints:
            what = "its result" if name == "return" else f"its argument {name!r}"
            raise KernelError(f"kernel {where(function)}: {what} has no type hint. Annotate it.")
        if not _is_of_dialect(hints[name]):
            raise KernelError(
                f"kernel {where(function)}: {name!r} is {hints[name]!r}. "
                "Use int, float, bool, an IntEnum, a record or Rows of records."
            )
    return hints


def _is_of_dialect(hint: Any) -> bool:
    if get_origin(hint) is Rows:
        return is_record(get_args(hint)[0])
    if not isinstance(hint, type):
        return False
    return hint in SCALARS or hint is type(None) or is_record(hint) or issubclass(hint, enum.IntEnum)


def signature(function: Callable[..., Any]) -> Any:
    """The compiled signature, read from the hints: one source of truth."""
    from numba import from_dtype, types

    def translate(hint: Any) -> Any:
        if hint is type(None):
            return types.void
        if get_origin(hint) is Rows:
            return types.Array(from_dtype(get_args(hint)[0].dtype), 1, "C")
        if is_record(hint):
            return from_dtype(hint.dtype)
        return from_dtype(np.dtype(np.int64 if issubclass(hint, enum.IntEnum) else SCALARS[hint]))

    hints = dict(hints_of(function))
    result = translate(hints.pop("return"))
    return result(*(translate(hint) for hint in hints.values()))


def compiled(entry: F) -> F:
    """The compiled form of an entry kernel. Entries take one-row arrays (`Rows[...]`) for records.

    Inner kernels are compiled from their callers and have no Python wrappers; only entries are cached on disk.
    """
    if entry not in ENTRIES:
        whole = _use_cache_of_this_source()
        from numba.core.errors import NumbaError

        if whole and (made := _kept(entry)):
            ENTRIES[entry] = made
            return made  # type: ignore[no-any-return]
        _teach_numba()
        try:
            with quickly():
                ENTRIES[entry] = _compile(entry)
        except (NumbaError, KeyError) as error:
            raise KernelError(explain(entry, error)) from error
    return ENTRIES[entry]  # type: ignore[return-value]


def _kept(entry: Callable[..., Any]) -> Any:
    """The entry from the cache, or None. Numba need not be taught 600 kernels for that: a quarter of a start.

    What is not in the cache fails at the first kernel that it calls, which numba does not know yet.
    """
    from numba import njit

    if _taught:
        return None
    made = njit(**_options)(entry)
    try:
        made.compile(signature(entry))
    except Exception:
        return None
    if not made.stats.cache_hits:  # it calls no kernel: compiled alone, and saved as if it were whole
        return None
    made.disable_compile()
    return made


def _compile(entry: Callable[..., Any]) -> Any:
    """From the cache, else anew. A cache that cannot be read or written (a full disk) costs time and nothing else."""
    from numba import njit
    from numba.core.errors import NumbaError

    made, kept = njit(**_options)(entry), _options["cache"]
    try:
        made.compile(signature(entry))
    except (KernelError, NumbaError, KeyError):
        raise
    except Exception:
        if not kept:
            raise
        kept = False
        if not made.overloads:  # it failed before there was anything to save
            made = njit(**_options | {"cache": False})(entry)
            made.compile(signature(entry))
    made.disable_compile()
    if kept:
        mark_cached()
    return made


def explain(entry: Callable[..., Any], error: Exception) -> str:
    """Turn numba's message into a sentence with kernel, line and mend."""
    text = str(error).strip().splitlines()
    at = next((line.strip() for line in text if line.startswith("File ")), "")
    if isinstance(error, KeyError):
        return f"kernel {where(entry)}: no record has the field {error}. Is it misspelt? {at}"
    mends = {
        "Cannot unify": "a name holds int in one branch and float (or another record) in the other: use one type",
        "Cannot determine Numba type": "a global that is no number, enum or kernel is used: add @kernel or pass it in",
        "Signature mismatch": "an argument's hint and the value passed differ: correct the hint",
        "Untyped global name": "a called function is not a kernel: add @kernel",
        "Unknown attribute": "a record has no such field: is it misspelt?",
        "Invalid use of": "the operation is not part of the dialect: see records/kernel.py",
    }
    mend = next((mend for key, mend in mends.items() if key in str(error)), "see the chained error")
    return f"kernel {where(entry)} does not compile: {mend}. {at} {text[0] if text else ''}"


_taught = False


def _teach_numba() -> None:
    """Once a process: a dispatcher for each kernel, known to numba wherever its function is called."""
    global _taught
    from numba import njit, types
    from numba.core.registry import cpu_target

    for function, dispatcher in KERNELS.items():
        if dispatcher is None:
            bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "forceinline": function in INLINED}
            made = njit(function, boundscheck=True, nogil=True, **bare)
            KERNELS[function] = _deferred(made, function)
            cpu_target.typing_context.insert_global(function, types.Dispatcher(made))
    if not _taught:
        _teach_copy_and_clear()
        njit("int64(int64[::1])")(
            lambda values: values[0]
        )  # numba's own runtime is ready before anything is patched
    _taught = True


def _deferred(dispatcher: Any, function: Callable[..., Any]) -> Any:
    """Compile with the declared signature when a caller is compiled, not at import."""

    def get_call_template(args: Any, kws: Any) -> Any:
        if not dispatcher.overloads:
            with as_part():
                dispatcher.compile(signature(function))
                for made in dispatcher.overloads.values():
                    made.library._ensure_finalized()  # now, as a part; numba would wait until its caller is linked
            dispatcher.disable_compile()
        return type(dispatcher).get_call_template(dispatcher, args, kws)

    dispatcher.get_call_template = get_call_template
    return dispatcher


def _teach_copy_and_clear() -> None:
    """Compiled, a record is a block of memory: copying and clearing it is one memcpy or memset."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic, overload

    @intrinsic  # type: ignore[untyped-decorator]
    def copy_block(typing: Any, target: Any, source: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            cgutils.raw_memcpy(builder, args[0], args[1], context.get_constant(types.intp, target.size), 1)
            return context.get_dummy_value()

        return types.void(target, source), generate

    @intrinsic  # type: ignore[untyped-decorator]
    def clear_block(typing: Any, target: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            start = builder.bitcast(args[0], ir.IntType(8).as_pointer())
            cgutils.memset(builder, start, context.get_constant(types.intp, target.size), 0)
            return context.get_dummy_value()

        return types.void(target), generate

    @overload(copy_record, inline="never")
    def copy_of(target, source):  # type: ignore[no-untyped-def]
        if isinstance(target, types.Record) and target == source:
            return lambda target, source: copy_block(target, source)
        return None

    @overload(clear_record, inline="never")
    def clear_of(target):  # type: ignore[no-untyped-def]
        return (lambda target: clear_block(target)) if isinstance(target, types.Record) else None


@functools.cache
def source_digest() -> str:
    """Names this version of the core's source, the compiler and Python."""
    import sys

    import numba

    root = Path(__file__).parents[1]
    summed = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for package in CORE_PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            summed.update(path.read_bytes())
    return summed.hexdigest()[:16]


def cache_root() -> Path:
    """The folder of compiled kernels: HOLDFAST_CACHE_DIR, else the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast"
    return Path(os.environ.get("HOLDFAST_CACHE_DIR") or default) / "kernels"


def is_cached() -> bool:
    """Whether this source has been compiled on this machine before, and what was kept of it is whole."""
    return is_sound(cache_root() / source_digest())


def sums_of(folder: Path) -> dict[str, str]:
    """A checksum of each compiled file: machine code that was damaged must never be run."""
    files = sorted(folder.rglob("*.nb[ci]"))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def is_sound(folder: Path) -> bool:
    """Whether a cache is complete and every file as it was written; what came later is not judged."""
    try:
        written = json.loads((folder / "ready").read_text())
        found = sums_of(folder)
        return bool(all(found.get(name) == value for name, value in written.items()))
    except (OSError, ValueError, AttributeError):
        return False


def mark_cached() -> None:
    """Remember that compiling went through, and what was written, so that the next start can say so and trust it."""
    folder = cache_root() / source_digest()
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f"ready.{os.getpid()}"
        scratch.write_text(json.dumps(sums_of(folder)))
        scratch.replace(folder / "ready")


def _use_cache_of_this_source() -> bool:
    """Numba does not see edits in called modules, so each version of the source has a cache of its own. Says whether
    what is in it can be trusted."""
    import numba

    folder = cache_root() / source_digest()
    numba.config.CACHE_DIR = str(folder)
    whole = is_sound(folder)
    if not whole and (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)  # damaged: compiled again
        _options["cache"] = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(
            dir=folder
        ):  # numba would quietly go beside the source, where edits are unseen
            os.utime(folder, (time.time(), time.time()))
    except OSError:
        _options["cache"] = False  # better to compile again than to trust a cache beside the source
        return False
    with contextlib.suppress(OSError):  # another process may be tidying up at the same time
        old = sorted((p for p in folder.parent.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
        for stale in old[:-CACHES_KEPT]:
            shutil.rmtree(stale, ignore_errors=True)
    return whole and bool(_options["cache"])
