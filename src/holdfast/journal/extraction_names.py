"""The remark "names": what instruments, mandates and tags are called, and in which units they count.

    {"currency": "USDT",
     "instruments": {"1": {"pair": "BTC/USDT:USDT", "tick": "0.1", "step": "0.001", "base": "BTC", "quote": "USDT"}},
     "mandates": {"1": {"strategy": "grid_atr", "pair": "BTC/USDT:USDT"}},
     "tags": {"1": "breakout"},
     "refusals": {"1": "post only"}, "floors": {"1": "Daily loss"}}     # these two may be missing

Written at every start; the last one counts. Whatever else it says stays in `remarks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.journal import projection_tables as tables

PUT_INSTRUMENT, PUT_MANDATE = tables.INSTRUMENTS.put(), tables.MANDATES.put()
PUT_TAG, PUT_LABEL = tables.TAGS.put(), tables.LABELS.put()
LABELLED = ("refusals", "floors")  # by number, as labels `refusals 1`


def name_rows(told: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Statements that put the names of a remark in the place of earlier ones."""
    for number, each in told.get("instruments", {}).items():
        texts = (str(each.get(word, "")) for word in ("pair", "tick", "step", "base", "quote"))
        yield PUT_INSTRUMENT, (int(number), *texts)
    for number, each in told.get("mandates", {}).items():
        yield PUT_MANDATE, (int(number), str(each.get("strategy", "")), str(each.get("pair", "")))
    for number, text in told.get("tags", {}).items():
        yield PUT_TAG, (int(number), str(text))
    for group in LABELLED:
        for number, text in told.get(group, {}).items():
            yield PUT_LABEL, (f"{group} {number}", str(text))
    for name, text in told.items():
        if isinstance(text, str):
            yield PUT_LABEL, (name, text)
