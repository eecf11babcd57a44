"""A session's projection beside its journal: what people read is written as it becomes durable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.engine.engine import Engine
from holdfast.journal import Opened
from holdfast.journal.projection import Projection
from holdfast.runtime.session import Session


def show(session: Session, opened: Opened, say: Callable[[str], None]) -> Projection:
    """Made right after the journal's new segment has begun, before the first event."""
    projection = Projection(opened.folder, session.engine.state, opened.found, say)

    def hear(seq: int, event: Any, engine: Engine) -> None:
        projection.take(seq, event, engine.outbox, engine.state)

    session.listeners.append(hear)
    session.hearers.append(projection.remark)
    return projection
