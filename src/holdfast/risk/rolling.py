"""The highest equity of a moving window: a queue of falling highs, one for each stretch that still matters."""

from __future__ import annotations

from holdfast.model.floor import Bucket, Floor
from holdfast.model.state import State
from holdfast.model.units import BUCKETS
from holdfast.records import kernel


@kernel
def claim_buckets(state: State, floor: Floor) -> bool:
    """Room for a window in the pool; False where the pool is used up."""
    floor.bucket_count = floor.window_ns // floor.bucket_ns + 2
    if state.bucket_watermark + floor.bucket_count >= BUCKETS:
        return False
    floor.first_bucket = state.bucket_watermark + 1
    state.bucket_watermark += floor.bucket_count
    return True


@kernel
def bucket_at(state: State, floor: Floor, place: int) -> Bucket:
    """A stretch by its place in the queue, the oldest first."""
    return state.buckets[floor.first_bucket + (floor.head + place) % floor.bucket_count]


@kernel
def push_high(state: State, floor: Floor, number: int, high: int) -> None:
    """A stretch had this high: what was lower before it no longer matters."""
    for _ in range(BUCKETS):
        if floor.length == 0 or bucket_at(state, floor, floor.length - 1).high > high:
            break
        floor.length -= 1
    bucket = bucket_at(state, floor, floor.length)
    floor.length += 1
    bucket.number = number
    bucket.high = high


@kernel
def drop_old(state: State, floor: Floor, oldest_number: int) -> None:
    """What has left the window no longer counts."""
    for _ in range(BUCKETS):
        if floor.length == 0 or bucket_at(state, floor, 0).number >= oldest_number:
            break
        floor.head = (floor.head + 1) % floor.bucket_count
        floor.length -= 1


@kernel
def window_high(state: State, floor: Floor, high: int) -> int:
    """The highest of the window, with what is seen now."""
    number = state.time_ns // floor.bucket_ns
    push_high(state, floor, number, high)
    drop_old(state, floor, number - floor.window_ns // floor.bucket_ns)
    return bucket_at(state, floor, 0).high


@kernel
def restate_window(state: State, floor: Floor, amount: int) -> None:
    """A cash flow shifts every high of the window."""
    for i in range(BUCKETS):
        if i >= floor.length:
            break
        bucket_at(state, floor, i).high += amount
