"""What numba is spared while it compiles the core: work that it would repeat for every kernel.

It is built for functions that are each called from Python. Here only an entry is; the kernels below it are parts. The
shortcuts hold while an entry is compiled and change nothing of what it computes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_depth = 0


@contextmanager
def as_part() -> Iterator[None]:
    """What is compiled inside is a part of an entry: it is linked, optimized and turned into machine code with it."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1


@contextmanager
def quickly() -> Iterator[None]:
    """Compile an entry without the repeated work."""
    with _linked_once(), _spelled_once(), _indexed_from_zero(), _untold(), _uncollected():
        yield


def _parts_of(library: Any) -> list[Any]:
    """Every library below one, once each."""
    found: dict[int, Any] = {}
    waiting = list(library._linking_libraries)
    while waiting:
        part = waiting.pop()
        if id(part) not in found:
            found[id(part)] = part
            waiting.extend(getattr(part, "_linking_libraries", ()))
    return list(found.values())


@contextmanager
def _linked_once() -> Iterator[None]:
    """Numba links, optimizes and finishes every kernel together with all that it calls: the lowest ones hundreds of
    times. Parts are left as they are; their entry links each of them once and optimizes the whole. Nothing but the
    entry is called from outside, so that the rest may be inlined and dropped as one program's own functions.
    """
    from llvmlite.binding import Linkage
    from numba.core.codegen import CPUCodeLibrary, JITCodeLibrary
    from numba.core.cpu import CPUContext

    finalize = CPUCodeLibrary.finalize
    optimize = CPUCodeLibrary._optimize_final_module
    get_executable = CPUContext.get_executable

    def finalize_whole(library: Any) -> None:
        if _depth > 0:
            library._finalized = True
            return
        library._linking_libraries = _parts_of(library)
        finalize(library)

    def optimize_whole(library: Any) -> None:
        for function in library._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.linkonce_odr:
                function.linkage = "internal"
        optimize(library)

    def executable_of(context: Any, library: Any, fndesc: Any, env: Any) -> Any:
        if _depth > 0:
            return [].append  # a key of its own, never called
        return get_executable(context, library, fndesc, env)

    places = [
        (JITCodeLibrary, "finalize", finalize_whole),
        (JITCodeLibrary, "_optimize_final_module", optimize_whole),
        (CPUContext, "get_executable", executable_of),
    ]
    with _replaced(places):
        yield


@contextmanager
def _spelled_once() -> Iterator[None]:
    """Numba spells a record type out, nested fields and all, whenever it looks at it: for the state of the core a page
    of text, many thousand times. Types never change, so each is spelled once.
    """
    from numba.core.types import npytypes
    from numba.np import numpy_support

    def once(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        told: dict[int, tuple[Any, Any]] = {}  # with the type itself, so that its id is not given away again

        def answer(kind: Any) -> Any:
            if id(kind) not in told:
                told[id(kind)] = kind, function(kind)
            return told[id(kind)][1]

        return answer

    places = [
        (npytypes.Record, "__repr__", once(npytypes.Record.__repr__)),
        (numpy_support, "from_struct_dtype", once(numpy_support.from_struct_dtype)),
        (numpy_support, "as_struct_dtype", once(numpy_support.as_struct_dtype)),
    ]
    with _replaced(places):
        yield


@contextmanager
def _indexed_from_zero() -> Iterator[None]:
    """Numba lets a negative index count from the end of a column, and looks at both ends. No kernel counts from there:
    one comparison refuses whatever is outside, below as well as above, and spares every access to a row the rest.
    """
    from numba.core import cgutils, types
    from numba.np import arrayobj

    def as_it_is(context: Any, builder: Any, kind: Any, index: Any, _: Any) -> Any:
        return context.cast(builder, index, kind, types.intp)

    def refuse_outside(context: Any, builder: Any, index: Any, length: Any, *_: Any) -> None:
        with cgutils.if_unlikely(builder, builder.icmp_unsigned(">=", index, length)):
            context.call_conv.return_user_exc(builder, IndexError, ("index is out of bounds",))

    places = [
        (arrayobj, "fix_integer_index", as_it_is),
        (cgutils, "do_boundscheck", refuse_outside),
    ]
    with _replaced(places):
        yield


@contextmanager
def _untold() -> Iterator[None]:
    """Numba tells every step of every pass to those who measure compiling. Nobody does."""
    from numba.core import event

    with _replaced([(event, "broadcast", lambda _: None)]):
        yield


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nearly all that is made while compiling is kept to its end: looking for garbage finds none, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _replaced(places: list[tuple[Any, str, Any]]) -> Iterator[None]:
    """Put other functions in place for a while."""
    own = [(owner, name, owner.__dict__.get(name)) for owner, name, _ in places]
    for owner, name, function in places:
        setattr(owner, name, function)
    try:
        yield
    finally:
        for owner, name, function in own:
            if function is None:
                delattr(owner, name)
            else:
                setattr(owner, name, function)
