"""One declaration, two memories: what goes in comes out, and a wrong declaration is told at once."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_records import Colour, Line, Page, Point, shuffle, shuffle_all

from holdfast.model.state import State
from holdfast.records import (
    Rows,
    as_dict,
    blank_array,
    clear_record,
    compiled,
    copy_record,
    digest,
    layout_digest,
    packed,
    record,
    rows,
    unpack_into,
)

whole = st.integers(-(1 << 63), (1 << 63) - 1)
points = st.builds(
    Point,
    x=whole,
    seen=st.booleans(),
    weight=st.floats(allow_nan=False),
    colour=st.sampled_from(list(Colour)),
)


@st.composite
def lines(draw: Any) -> Line:
    """Any line."""
    line = Line(
        number=draw(whole), drawn=draw(st.booleans()), filled=draw(st.integers(0, 3)), last=draw(whole)
    )
    for place in (line.start, line.end, *line.points, *line.rest):
        copy_record(place, draw(points))
    return line


@st.composite
def pages(draw: Any) -> Page:
    """Any page."""
    page = Page(count=draw(st.integers(0, 1000)))
    for row in page.lines:
        copy_record(row, draw(lines()))
        for point in row.points:  # the kernel adds to them
            point.x >>= 1
    return page


@given(line=lines())
def test_what_is_packed_comes_back(line: Line) -> None:
    """Through a one-row array, field by field, nested ones too."""
    again = Line()
    unpack_into(again, packed(line))
    assert again == line
    row = packed(line)
    assert row["start"]["x"][0] == line.start.x
    assert row["points"]["weight"][0].tolist() == [point.weight for point in line.points]


@given(line=lines(), other=lines())
def test_a_copy_is_deep_and_leaves_its_source(line: Line, other: Line) -> None:
    """Nothing is shared afterwards."""
    before = copy.deepcopy(other)
    copy_record(line, other)
    assert line == other == before
    line.points[2].x ^= 1
    line.start.seen = not line.start.seen
    assert other == before


@given(line=lines())
def test_a_cleared_record_is_a_new_one(line: Line) -> None:
    """Every field at zero."""
    clear_record(line)
    assert line == Line()
    assert not packed(line).view(np.uint8).any()


@settings(deadline=None)  # the first example compiles
@given(page=pages())
def test_copy_and_clear_are_the_same_in_both_modes(page: Page) -> None:
    """Compiled they are blocks of memory, interpreted they are fields."""
    row = packed(page)
    assert compiled(shuffle_all)(row) == shuffle(page)
    again = Page()
    unpack_into(again, row)
    assert again == page
    assert digest(Page, row) == digest(Page, packed(page))


@given(line=lines())
def test_a_digest_sees_used_rows_only(line: Line) -> None:
    """A row beyond the watermark does not count, every other field does."""
    line.filled = 1
    before = digest(Line, packed(line))
    line.points[3].x ^= 1
    assert digest(Line, packed(line)) == before
    line.points[1].x ^= 1
    assert digest(Line, packed(line)) != before


@given(line=lines(), field=st.sampled_from(["number", "filled", "last"]))
def test_a_digest_sees_every_field(line: Line, field: str) -> None:
    """One bit is enough."""
    before = digest(Line, packed(line))
    setattr(line, field, getattr(line, field) ^ 1)
    assert digest(Line, packed(line)) != before


def test_a_layout_has_a_name() -> None:
    """Equal for equal layouts, another for any other."""
    names = {layout_digest(kind) for kind in (Point, Line, Page, State)}
    assert len(names) == 4
    assert layout_digest(Point) == layout_digest(Point)


def test_rows_of_another_layout_are_refused() -> None:
    """A snapshot of another version is recognised."""
    with pytest.raises(TypeError, match="another layout"):
        unpack_into(Point(), packed(Line()))


def test_a_row_cannot_be_assigned() -> None:
    """It would be an alias interpreted and a copy compiled."""
    with pytest.raises(TypeError, match="copy_record"):
        Line().points[0] = Point()


def test_blank_rows_are_zero() -> None:
    """As many as asked for."""
    made = blank_array(Point, 3)
    assert len(made) == 3
    assert not made["x"].any()


def test_a_record_as_plain_data() -> None:
    """For journals and screens."""
    assert as_dict(Point(x=3, colour=Colour.RED)) == {"x": 3, "seen": False, "weight": 0.0, "colour": 1}
    assert as_dict(Line())["points"] == [as_dict(Point())] * 4


def test_a_field_of_a_wrong_type_is_named() -> None:
    """When the class is made, not when it is used."""
    with pytest.raises(TypeError, match="field name is <class 'str'>"):

        @record
        class Wrong:
            name: str


def test_a_name_that_the_class_needs_is_refused() -> None:
    """It would hide what `record` adds."""
    with pytest.raises(TypeError, match="no field can be called used"):

        @record
        class Wrong:
            used: int


def test_a_column_without_a_length_is_named() -> None:
    """A column is bounded."""
    with pytest.raises(TypeError, match="column points needs a length"):

        @record
        class Wrong:
            points: Rows[Point]


def test_a_type_that_is_not_there_yet_is_named() -> None:
    """Definitions go bottom-up."""
    with pytest.raises(TypeError, match="Define the field's type above"):

        @record
        class Wrong:
            points: Rows[NotYet] = rows(3)  # type: ignore[name-defined] # noqa: F821
