"""The tables of `projection.sqlite`, for people, SQL and commands, and the statements that fill them.

Prices in ticks, quantities in steps, money in 1e-8, times in nanoseconds UTC, as in the core; `instruments`,
`mandates`, `tags`, `labels` say what the numbers mean; views `..._told` are in people's units. Reasons are words.
"""

from __future__ import annotations

from dataclasses import dataclass

FORMAT = 2  # another one is built anew from the journal
NAME = "projection.sqlite"


@dataclass(frozen=True)
class Table:
    """A table by its columns, TEXT where a `:` follows; `kept` columns stay what they were first."""

    name: str
    columns: tuple[str, ...]
    keys: int  # how many of the first columns make the key
    kept: tuple[str, ...] = ()
    later: tuple[str, ...] = ()  # columns that only an UPDATE fills

    @property
    def names(self) -> list[str]:
        """Columns in the order in which rows are given."""
        return [column.rstrip(":") for column in self.columns]

    def create(self) -> str:
        """The statement that makes it."""
        told = [
            f"{c.rstrip(':')} {'TEXT' if c.endswith(':') else 'INTEGER'}" for c in self.columns + self.later
        ]
        key = ", ".join(self.names[: self.keys])
        return f"CREATE TABLE {self.name} ({', '.join(told)}, PRIMARY KEY ({key})) STRICT, WITHOUT ROWID"

    def put(self) -> str:
        """A row that is new, or takes the place of the one with its key."""
        names = self.names
        moved = ", ".join(f"{n} = excluded.{n}" for n in names[self.keys :] if n not in self.kept)
        marks = ", ".join("?" * len(names))
        key = ", ".join(names[: self.keys])
        return (
            f"INSERT INTO {self.name} ({', '.join(names)}) VALUES ({marks}) "
            f"ON CONFLICT ({key}) DO UPDATE SET {moved}"
        )


def table(name: str, columns: str, keys: int = 1, kept: str = "", later: str = "") -> Table:
    """A table from words."""
    return Table(name, tuple(columns.split()), keys, tuple(kept.split()), tuple(later.split()))


# One row: the account as it stood when something last happened, or at the last full minute.
ACCOUNT = table(
    "account",
    "id seq time_ns epoch start_balance balance equity unrealized realized fees funding rollover cash_flows open_risk "
    "severity: unknown day day_began_ns day_start_equity day_realized entries_today open_trades working_orders "
    "observations",  # how often equity was held against the floors
)
# `cause` is the number of the journal's row whose event planned it; `side` +1 buy, -1 sell.
ORDERS = table(
    "orders",
    "order_id epoch instrument_id mandate_id trade_id role: level side type: limit_price trigger_price stop_price "
    "quantity confirmed filled filled_value status: reduce_only post_only pending: created_ns cause",
    2,
    kept="cause",
    later="ended_ns ended_seq refusal",
)
# What was asked of the venue: one row for each command, by the row of the journal that released it.
REQUESTS = table("requests", "seq number order_id epoch kind: class: price stop_price quantity", 2)
# What the venue said about an order.
STEPS = table("steps", "seq time_ns order_id epoch step: status: quantity price refusal")
FILLS = table(
    "fills",
    "seq number fill_id time_ns order_id epoch trade_id mandate_id instrument_id role: level side quantity price fee "
    "maker realized",
    2,
)
# `status`: armed, entering, open, exiting, then closed or dropped. `side` +1 long, -1 short.
TRADES = table(
    "trades",
    "trade_id mandate_id instrument_id kind: side status: tag exit_tag armed_ns opened_ns ended_ns reason: entry_price "
    "stop_price first_stop_price take_profit_price quantity entry_quantity quantity_high entry_value entry_total "
    "exit_total realized fees funding rollover slippage initial_risk open_risk worst best cause",
    kept="cause",
)
# Entries by level and targets by rung: price, time, volume and profit of each.
LEGS = table("legs", "trade_id kind: number price quantity filled filled_value filled_ns realized done", 3)
EQUITY = table("equity", "span time_ns balance equity equity_low open_risk open_trades", 2)  # span: seconds
MARKS = table("marks", "instrument_id side time_ns quantity entry_value bid ask unrealized worst", 2)
NOTES = table(
    "notes",
    "seq number time_ns kind: reason: trade_id mandate_id instrument_id level price quantity value bound",
    2,
)
NOTICES = table("notices", "seq number time_ns kind: rule: row scope: scope_id severity: value bound", 2)
RESTRAINTS = table(
    "restraints", "row rule: number scope: scope_id severity: latched since_ns until_ns value bound"
)
# `warn` to `flatten`: our rungs, in shares of 1e-8 of what lies between anchor and level; 0 = no such rung.
FLOORS = table(
    "floors",
    "row rule_id scope: scope_id anchor level value rung nearest nearest_ns breached_ns previous_level quantity: "
    "sampled: observed: consequence: warn reduce block flatten triggered reconstructed",
)
# The event of each row that led to something: what it said, as in the journal.
EVENTS = table("events", "seq time_ns kind: instrument_id mandate_id order_id told:")
# Each plan that wanted something, and what came of it at once; what came later hangs from its trade.
PLANS = table(
    "plans",
    "seq time_ns mandate_id instrument_id long short leave tag entry_price stop_price outcome: reason: value bound "
    "ordered refused trade_id",
)
REMARKS = table("remarks", "seq about: told:")
INSTRUMENTS = table("instruments", "instrument_id pair: tick: step: base: quote:")
MANDATES = table("mandates", "mandate_id strategy: pair:")
TAGS = table("tags", "tag text:")
LABELS = table("labels", "name: text:")
META = table("meta", "name: value:")

ALL = (
    ACCOUNT, ORDERS, REQUESTS, STEPS, FILLS, TRADES, LEGS, EQUITY, MARKS, NOTES, NOTICES, RESTRAINTS, FLOORS, EVENTS,
    PLANS, REMARKS, INSTRUMENTS, MANDATES, TAGS, LABELS, META,
)  # fmt: skip
INDEXES = (
    "CREATE INDEX orders_trade ON orders (trade_id)",
    "CREATE INDEX orders_status ON orders (status)",
    "CREATE INDEX requests_order ON requests (order_id, epoch)",
    "CREATE INDEX steps_order ON steps (order_id, epoch)",
    "CREATE INDEX fills_order ON fills (order_id, epoch)",
    "CREATE INDEX fills_trade ON fills (trade_id)",
    "CREATE INDEX trades_status ON trades (status)",
    "CREATE INDEX trades_cause ON trades (cause)",
    "CREATE INDEX notes_trade ON notes (trade_id)",
)
UNITS = "LEFT JOIN instruments i USING (instrument_id) LEFT JOIN mandates m USING (mandate_id)"
TICK, STEP = "CAST(i.tick AS REAL)", "CAST(i.step AS REAL)"


def clock(column: str) -> str:
    """An instant as text, UTC; NULL for none."""
    return f"CASE WHEN {column} > 0 THEN datetime({column} / 1000000000, 'unixepoch') END"


VIEWS = (
    f"""CREATE VIEW orders_told AS SELECT order_id, epoch, i.pair, m.strategy, trade_id, role, level,
    CASE side WHEN 1 THEN 'buy' ELSE 'sell' END AS side, type, limit_price * {TICK} AS limit_price,
    trigger_price * {TICK} AS trigger_price, stop_price * {TICK} AS stop_price, quantity * {STEP} AS quantity,
    filled * {STEP} AS filled, status, {clock("created_ns")} AS created, {clock("ended_ns")} AS ended, cause
    FROM orders {UNITS}""",
    f"""CREATE VIEW fills_told AS SELECT {clock("time_ns")} AS time, fill_id, order_id, trade_id, i.pair, m.strategy,
    role, level, CASE side WHEN 1 THEN 'buy' ELSE 'sell' END AS side, quantity * {STEP} AS quantity,
    price * {TICK} AS price, fee / 1e8 AS fee, maker, realized / 1e8 AS realized, seq FROM fills {UNITS}""",
    f"""CREATE VIEW trades_told AS SELECT trade_id, m.strategy, i.pair, kind,
    CASE side WHEN 1 THEN 'long' ELSE 'short' END AS side, status, reason, {clock("armed_ns")} AS armed,
    {clock("opened_ns")} AS opened, {clock("ended_ns")} AS ended, quantity * {STEP} AS quantity,
    entry_total * {TICK} / nullif(entry_quantity, 0) AS entry_price, stop_price * {TICK} AS stop_price,
    realized / 1e8 AS realized, fees / 1e8 AS fees, (realized - fees + funding + rollover) / 1e8 AS net,
    slippage / 1e8 AS slippage, initial_risk / 1e8 AS initial_risk, cause FROM trades {UNITS}""",
    f"""CREATE VIEW denials AS SELECT {clock("time_ns")} AS time, kind, reason AS rule, trade_id, i.pair, m.strategy,
    level, price * {TICK} AS price, quantity * {STEP} AS quantity, value, bound, seq
    FROM notes {UNITS} WHERE kind IN ('denied', 'shrunk')""",
    f"""CREATE VIEW equity_told AS SELECT {clock("time_ns")} AS time, span, balance / 1e8 AS balance,
    equity / 1e8 AS equity, equity_low / 1e8 AS equity_low, open_risk / 1e8 AS open_risk, open_trades FROM equity""",
)  # fmt: skip


def schema() -> list[str]:
    """Every statement that makes an empty projection."""
    return [*(each.create() for each in ALL), *INDEXES, *VIEWS]
