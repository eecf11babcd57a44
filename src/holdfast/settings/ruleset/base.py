"""What every part of a ruleset shares: exact numbers, where a figure comes from, and how an unknown is said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Confidence = Literal["A", "B", "C", "D"]
StrategyClass = Literal["setup", "grid"]


class Part(BaseModel):
    """Unknown keys are errors and nothing changes after loading: a rule that nobody reads is a trap."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _exact(value: Any) -> Any:
    """A float has lost its digits already; a bool is no number."""
    if isinstance(value, float | bool):
        raise ValueError("write the number as text, an integer or a Decimal: a float is not exact")
    return value


Number = Annotated[Decimal, BeforeValidator(_exact)]
Positive = Annotated[Number, Field(gt=0)]
Percent = Annotated[Number, Field(gt=0, le=100)]
Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]


class Sourced(Part):
    """Where a figure comes from. What is missing here is looked up in the file's `sources`."""

    source: str | None = Field(default=None, description="page or person that says so")
    as_of: date | None = Field(default=None, description="day on which the source was read")
    confidence: Confidence | None = Field(
        default=None,
        description="A the firm's own page, B several reviewers agree, C one reviewer, D contradicted",
    )
    note: str | None = Field(default=None, description="what a reader should know about this figure")


class Rule(Sourced):
    """A rule with a name of its own, which phases switch on and off."""

    id: Name = Field(description="name of the rule, once in the file")


class ByClass(Part):
    """A number for each class of strategies; a plain number means both."""

    setup: Number | None = Field(default=None, ge=0, description="strategies with one entry and one stop")
    grid: Number | None = Field(default=None, ge=0, description="grids, all levels filled and stopped")


def by_class(value: Any) -> Any:
    """A plain number stands for both classes."""
    if value is None or isinstance(value, dict | ByClass):
        return value
    return {"setup": value, "grid": value}


ForEachClass = Annotated[ByClass, BeforeValidator(by_class, json_schema_input_type=ByClass | Number)]
