"""The paper venue and its place in the market, kept once a market day, so that a start walks a day and not a month."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from holdfast.model.units import DAY
from holdfast.operations.paper_log import PaperLog
from holdfast.ports.venue import Execution, OrderSeen
from holdfast.records import named, take_named
from holdfast.simulator.paper_feed import PaperFeed, Place
from holdfast.simulator.paper_venue import Row

NAME = "snapshot"


class Keeper:
    """Writes at most one snapshot for each day of the market; only between two instants, with nothing in the mail."""

    def __init__(self, log: PaperLog, feed: PaperFeed) -> None:
        self.log, self.feed = log, feed
        self.day = 0

    def is_due(self) -> bool:
        """Whether a day has begun since the last one."""
        return self.feed.market.time_ns // DAY > self.day and not self.feed.venue.mail

    def keep(self) -> None:
        """Everything that the venue knows, in one row; what led to it is needed no longer."""
        venue, feed = self.feed.venue, self.feed
        self.day = feed.market.time_ns // DAY
        told: dict[str, Any] = {
            "place": asdict(feed.place), "market": named(feed.market), "bids": feed.bids,
            "rows": {number: asdict(row) for number, row in venue.rows.items()}, "live": venue.live,
            "over": list(venue.over.values()), "executions": list(venue.executions), "numbers": venue.numbers,
            "taken": venue.taken, "stops": [[*place, price] for place, price in venue.entry_stops.items()],
        }  # fmt: skip
        self.log.replace(NAME, msgspec.json.encode(told).decode(), feed.place.pumps)

    def restore(self) -> None:
        """The venue as it was kept, where it was."""
        body = self.log.meta(NAME)
        if body is None:
            return
        told, venue, feed = msgspec.json.decode(body), self.feed.venue, self.feed
        take_named(feed.market, told["market"])
        feed.place = Place(**told["place"])
        feed.bids = {int(number): bid for number, bid in told["bids"].items()}
        venue.restore(
            {int(number): Row(**row) for number, row in told["rows"].items()},
            dict(told["live"]),
            [msgspec.convert(each, OrderSeen) for each in told["over"]],
            [msgspec.convert(each, Execution) for each in told["executions"]],
            told["numbers"],
            told["taken"],
            {(number, side): price for number, side, price in told.get("stops", ())},
        )
        self.day = feed.market.time_ns // DAY
