"""The forms of the files that people write, for their editors."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from holdfast.cli.data_options import print_json


class Form(enum.StrEnum):
    """Files that people write."""

    SETTINGS = "settings"
    RULESET = "ruleset"


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("show-schema")(show_schema)


def show_schema(form: Annotated[Form, typer.Argument(help="Of which file.")] = Form.SETTINGS) -> None:
    """Print the JSON Schema of a settings file or a ruleset, with which an editor completes and checks it."""
    from holdfast.settings.schemas import schema_of

    print_json(schema_of(form.value))
