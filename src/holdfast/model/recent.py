"""The last instants at which something happened: what "N times within T" is judged by, exactly."""

from __future__ import annotations

from holdfast.model.units import MOMENTS
from holdfast.records import Rows, clear_record, kernel, record, rows


@record
class Moment:
    """One instant."""

    at_ns: int


@record
class Recent:
    """A ring of instants, the oldest forgotten first."""

    count: int  # ever
    moments: Rows[Moment] = rows(MOMENTS)


@kernel
def remember(recent: Recent, now_ns: int) -> None:
    """It happened now."""
    recent.moments[recent.count % MOMENTS].at_ns = now_ns
    recent.count += 1


@kernel
def within(recent: Recent, times: int, now_ns: int, window_ns: int) -> bool:
    """Whether the last so many times all lie within a window that ends now."""
    if times == 0 or recent.count < times:
        return False
    return now_ns - recent.moments[(recent.count - times) % MOMENTS].at_ns < window_ns


@kernel
def forget(recent: Recent) -> None:
    """A person has acknowledged them: counted anew."""
    clear_record(recent)
