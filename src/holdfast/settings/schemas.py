"""JSON Schemas of the files that people write, for editors: from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from holdfast.settings.backtest import BacktestSettings
from holdfast.settings.ruleset.ruleset import Ruleset

MODELS: dict[str, type[BaseModel]] = {"settings": BacktestSettings, "ruleset": Ruleset}
SIZE: dict[str, Any] = {  # of a file for several; `file.expand` takes it out before the model sees it
    "anyOf": [
        {"type": "number"},
        {
            "type": "object",
            "properties": {"initial_balance": {"type": "number"}, "override": {"type": "object"}},
            "required": ["initial_balance"],
            "additionalProperties": False,
        },
    ]
}


BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def bounded(part: Any) -> Any:
    """Bounds of exact numbers come out under pydantic's own names, which no editor knows."""
    if isinstance(part, list):
        return [bounded(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    return {BOUNDS.get(key, key): bounded(inner) for key, inner in part.items()}


def schema_of(form: str) -> dict[str, Any]:
    """What a file of this form may hold: its keys, their types, ranges and meanings (JSON Schema 2020-12)."""
    schema = MODELS[form].model_json_schema()
    if form == "ruleset":
        schema["$defs"]["Account"]["properties"]["sizes"] = {
            "type": "object",
            "additionalProperties": SIZE,
            "description": "one file for several accounts: the balance of each, and what is different there",
        }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **bounded(schema)}
