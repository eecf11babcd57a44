"""What the core's numbers are called, and amounts in people's units where a name says which."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Row = dict[str, Any]


class Names:
    """`unnamed` says whether something was shown in ids, ticks and steps, for want of a name."""

    def __init__(
        self,
        instruments: dict[int, Row],
        mandates: dict[int, Row],
        tags: dict[int, str],
        labels: dict[str, str],
    ) -> None:
        self.unnamed = False
        self.instruments, self.labels = instruments, labels
        self.mandates, self.tags = mandates, tags

    @property
    def units(self) -> str:
        """What the numbers told so far count in."""
        return "ticks and steps where an instrument has no name" if self.unnamed else "people's"

    @property
    def currency(self) -> str:
        """Of the account."""
        return self.labels.get("currency", "")

    def remark(self, about: str, until: int | None = None) -> Row:  # noqa: ARG002
        """The last remark about something, up to a row of the journal; empty where there is none."""
        return {}

    def pair(self, instrument_id: int) -> str:
        """What an instrument is called."""
        known = self.instruments.get(instrument_id)
        return str(known["pair"]) if known else (f"instrument {instrument_id}" if instrument_id else "")

    def strategy(self, mandate_id: int) -> str:
        """Whose a trade is."""
        known = self.mandates.get(mandate_id)
        return str(known["strategy"]) if known else (f"mandate {mandate_id}" if mandate_id else "")

    def tag(self, number: int) -> str:
        """A tag's text."""
        return self.tags.get(number, f"tag {number}" if number else "")

    def price(self, instrument_id: int, ticks: float | None) -> float | None:
        """Ticks as a price; None for none."""
        return self._sized(instrument_id, ticks, "tick") if ticks else None

    def quantity(self, instrument_id: int, steps: float) -> float:
        """Steps as base quantity or lots."""
        return self._sized(instrument_id, steps, "step")

    def _sized(self, instrument_id: int, count: float, unit: str) -> float:
        known = self.instruments.get(instrument_id)
        if known is None:
            self.unnamed = True
            return count
        size = Decimal(known[unit])
        places = max(0, -int(size.as_tuple().exponent)) + (0 if count == int(count) else 2)
        return round(float(Decimal(count) * size), places)
