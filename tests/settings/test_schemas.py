"""What an editor is told about settings and rulesets is what their readers take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from holdfast.settings.backtest import PROFILES
from holdfast.settings.ruleset.file import RULESETS
from holdfast.settings.schemas import MODELS, schema_of

GUESSED = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


class Editor(yaml.SafeLoader):
    """YAML 1.2, as editors read it: `off` is a word, and a day is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, form) for tag, form in found if tag not in GUESSED]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Editor.add_implicit_resolver(GUESSED[0], re.compile("^(true|false)$"), list("tf"))


def opened(path: Path) -> dict[str, Any]:
    """A file in an editor."""
    values: dict[str, Any] = yaml.load(path.read_text(), Loader=Editor)
    return values


def said(form: str, values: dict[str, Any]) -> list[str]:
    """What an editor marks: the dotted place of each."""
    errors = Draft202012Validator(schema_of(form)).iter_errors(values)
    return [".".join(map(str, error.absolute_path)) for error in errors]


@pytest.mark.parametrize("form", MODELS)
def test_it_is_a_schema_in_which_every_key_says_what_it_means_or_what_it_takes(form: str) -> None:
    schema = schema_of(form)
    Draft202012Validator.check_schema(schema)
    for part in (schema, *schema["$defs"].values()):
        for key, told in part.get("properties", {}).items():
            assert told.keys() & {"description", "$ref", "type", "anyOf", "enum", "const"}, key


@pytest.mark.parametrize("path", sorted(RULESETS.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_shipped_ruleset_fits(path: Path) -> None:
    assert said("ruleset", opened(path)) == []


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_shipped_profile_fits(path: Path) -> None:
    assert said("settings", opened(path)) == []


@pytest.mark.parametrize(
    "form, values, place",
    [
        ("settings", {"timefram": "1h"}, ""),
        ("settings", {"dry_run_wallet": "much"}, "dry_run_wallet"),
        ("settings", {"margin_mode": "crossed"}, "margin_mode"),
    ],
)
def test_what_the_reader_refuses_is_marked(form: str, values: dict[str, Any], place: str) -> None:
    assert said(form, values) == [place]


@pytest.mark.parametrize(
    "path, value",
    [
        (("guard", "auto_trims"), True),
        (("guard", "reduce_multiplier"), 2),
        (("account", "sizes", "5k"), "small"),
        (("conduct", "martingale"), "perhaps"),
        (("limits", 0, "observed"), "colour"),
    ],
)
def test_a_wrong_value_in_a_ruleset_is_marked(path: tuple[str | int, ...], value: Any) -> None:
    values = opened(RULESETS / "the5ers_high_stakes.yaml")
    part = values
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    assert said("ruleset", values) != []
