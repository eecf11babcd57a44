"""Records and kernels of every shape, for the tests of the machinery."""

from __future__ import annotations

import enum

from holdfast.records import Rows, clear_record, copy_record, kernel, record, rows


class Colour(enum.IntEnum):
    """Any enumeration."""

    NONE = 0
    RED = 1
    BLUE = -2


@record
class Point:
    """Every scalar, with a bool between wider fields."""

    x: int
    seen: bool
    weight: float
    colour: Colour


@record
class Line:
    """A record in a record, scalars before, between and after, and two columns."""

    number: int
    start: Point
    drawn: bool
    end: Point
    filled: int
    points: Rows[Point] = rows(4, used="filled")
    rest: Rows[Point] = rows(2)
    last: int


@record
class Page:
    """Columns of records that have columns."""

    count: int
    lines: Rows[Line] = rows(3)


@kernel
def shuffle(page: Page) -> int:
    """Copies and clears of nested records, of rows, and of rows within rows."""
    copy_record(page.lines[0], page.lines[1])
    copy_record(page.lines[1].start, page.lines[2].points[3])
    copy_record(page.lines[2].points[0], page.lines[0].end)
    clear_record(page.lines[2].points[3])
    clear_record(page.lines[1].rest[1])
    page.lines[0].points[1].x += 5
    page.count += 1
    return page.lines[0].points[1].x


@kernel
def shuffle_all(pages: Rows[Page]) -> int:
    """An entry."""
    return shuffle(pages[0])
