"""Which faults a run suffers, and how often: every seed draws its own mix, with most of them off and a few extreme.

A fault that is always a little there hides what another one would show alone (reliability.md 4.3).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any

from holdfast.model.units import SECOND
from holdfast.operations.chaos.streams import Stream, Streams
from holdfast.ports.venue import Facts
from holdfast.simulator.paper_venue import Dedupe

PER_DAY = (
    "cut",
    "data_cut",
    "clog",
    "crash",
    "absence",
    "pause",
    "unsound",
    "clock_step",
    "operator",
    "restart",
    "force",
)


@dataclass(frozen=True)
class Mix:
    """Shares of messages or requests, and, where PER_DAY names them, times in a day."""

    request_lost: float = 0.0
    answer_lost: float = 0.0
    request_slow: float = 0.0
    answer_slow: float = 0.0
    stream_slow: float = 0.0
    stream_twice: float = 0.0
    stream_reordered: float = 0.0
    request_twice: float = 0.0  # only where the venue takes each name once: no client can undo it elsewhere
    error_before: float = 0.0  # an answer that may mean either; the request was not taken
    error_after: float = 0.0  # the same, and it was
    not_found: float = 0.0  # a question about an order that is there finds nothing
    stop_refused: float = 0.0
    entry_refused: float = 0.0
    slow_commit: float = 0.0
    commit_error: float = 0.0
    full_disk: float = 0.0
    crash_in_send: float = 0.0
    crash_in_record: float = 0.0
    crash_in_start: float = 0.0
    cut: float = 0.0
    data_cut: float = 0.0
    clog: float = 0.0
    crash: float = 0.0
    absence: float = 0.0  # dead for a quarter of an hour and longer
    pause: float = 0.0
    unsound: float = 0.0
    clock_step: float = 0.0
    clock_step_in_send: float = 0.0
    midnight: float = 0.0  # that an outage lies over the day boundary
    operator: float = 0.0
    restart: float = 0.0
    force: float = 0.0
    lag_s: float = 0.0  # by which every answer to a question is old
    drops_older: bool = False  # a reducing order makes the venue cancel our stops (reliability.md D14)
    bare_entries: bool = False  # the venue does not take the stop that travels inside an entry
    lost_tail: float = 0.0  # share of crashes after which rows are gone that the disk had confirmed
    thin: bool = False  # little volume: orders fill in parts


RANGES: dict[str, tuple[float, float]] = {
    "request_lost": (0.002, 0.2), "answer_lost": (0.002, 0.2), "request_slow": (0.002, 0.2),
    "answer_slow": (0.002, 0.2), "stream_slow": (0.002, 0.2), "stream_twice": (0.01, 0.3),
    "stream_reordered": (0.01, 0.3),
    "request_twice": (0.002, 0.2), "error_before": (0.002, 0.1), "error_after": (0.002, 0.1),
    "not_found": (0.002, 0.02), "stop_refused": (0.005, 0.05), "entry_refused": (0.005, 0.2),
    "slow_commit": (0.0005, 0.01), "commit_error": (0.0001, 0.001), "full_disk": (0.0001, 0.001),
    "crash_in_send": (0.002, 0.01), "crash_in_record": (0.0001, 0.001), "crash_in_start": (0.05, 0.5),
    "cut": (1, 24), "data_cut": (1, 24), "clog": (1, 24), "crash": (0.5, 4), "pause": (1, 12), "unsound": (1, 24),
    "absence": (0.5, 4),
    "clock_step": (1, 12), "clock_step_in_send": (0.002, 0.02), "midnight": (0.2, 1.0),
    "operator": (1, 12), "restart": (1, 12), "force": (0.5, 4),
}  # fmt: skip
OFF = 0.6  # of the faults, in a mix


def drawn(streams: Streams, dedupe: Dedupe) -> Mix:
    """The mix of a seed. Not in it: a disk that loses what it has confirmed, which nothing here can survive."""
    stream = streams.of("mix")
    values: dict[str, Any] = {}
    for name, (low, high) in RANGES.items():
        on, value = not stream.chance(OFF), stream.tail(low, high)
        values[name] = value if on else 0.0
    if dedupe != Dedupe.STRICT:
        values["request_twice"] = 0.0
    lag = stream.between(0.5, 6.0) if stream.chance(0.3) else 0.0
    return Mix(**values, lag_s=lag, drops_older=stream.chance(0.15), thin=stream.chance(0.5))


class VenueModel(enum.Enum):
    """What a venue does with a name that it knows (reliability.md 5.3)."""

    STRICT = "strict"
    UNFILLED = "unfilled"
    NONE = "none"


@dataclass(frozen=True)
class Kind:
    """A venue: what it promises, whether its window is kept, whether a stop travels inside an entry."""

    dedupe: Dedupe
    facts: Facts
    keeps_window: bool
    attaches: bool


USUAL = Facts("chaos", reconcile_every_ns=300 * SECOND)
WIDE = replace(USUAL, window_ns=60 * SECOND, clock_error_ns=2 * SECOND, read_lag_ns=20 * SECOND)


def kind_of(model: VenueModel, stream: Stream) -> Kind:
    """A venue of a model. One without names keeps no window either, and does not always attach stops."""
    every = int(stream.pick(30, 120, 300, 300)) * SECOND
    if model == VenueModel.NONE:
        return Kind(Dedupe.NONE, replace(WIDE, reconcile_every_ns=every), False, stream.chance(0.5))
    return Kind(Dedupe(model.value), replace(USUAL, reconcile_every_ns=every), True, stream.chance(0.8))
