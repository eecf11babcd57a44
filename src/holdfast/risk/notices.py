"""What the risk engine tells people: one row for each fact, with the event that led to it."""

from __future__ import annotations

from holdfast.model.commands import Notice, Outbox
from holdfast.model.enums import NoticeKind, Rule, Scope
from holdfast.model.state import State
from holdfast.model.units import NOTICES
from holdfast.records import kernel


@kernel
def tell(
    state: State, outbox: Outbox, kind: NoticeKind, rule: Rule, index: int, value: int, limit: int
) -> Notice:
    """Write a notice about the account; the caller may name another scope."""
    assert outbox.notice_count < NOTICES
    made: Notice = outbox.notices[outbox.notice_count]
    outbox.notice_count += 1
    made.time_ns = state.time_ns
    made.sequence = state.sequence
    made.kind = kind
    made.rule = rule
    made.index = index
    made.scope = Scope.ACCOUNT
    made.scope_id = 0
    made.severity = state.account.severity
    made.value = value
    made.limit = limit
    return made
