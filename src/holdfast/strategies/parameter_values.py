"""One value of one parameter: its type, its range, and the sentence where it does not fit."""

from __future__ import annotations

import math
from typing import Any

from holdfast.errors import SettingsError, did_you_mean
from holdfast.strategies.strategy import Parameter

_SWITCHES = {
    **dict.fromkeys(("true", "on", "yes", "1"), True),
    **dict.fromkeys(("false", "off", "no", "0"), False),
}


def checked(owner: str, parameter: Parameter, value: Any) -> Any:
    """The value in the parameter's type. Raises SettingsError where it does not fit; text is read."""
    if parameter.choices:
        return _choice(owner, parameter, value)
    converted = _converted(parameter.default, value)
    if converted is None:
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(
            type(parameter.default), "text"
        )
        raise SettingsError(f"{owner}: {parameter.name} is {value!r}; it must be {kind}{_range(parameter)}.")
    low, high = parameter.low, parameter.high
    if (low is not None and converted < low) or (high is not None and converted > high):
        unit = f" {parameter.unit}" if parameter.unit else ""
        raise SettingsError(
            f"{owner}: {parameter.name} is {converted}{unit}; it must be a value{_range(parameter)}."
        )
    return converted


def _choice(owner: str, parameter: Parameter, value: Any) -> Any:
    for choice in parameter.choices:
        if value == choice or str(value) == str(choice):
            return choice
    listed = [str(choice) for choice in parameter.choices]
    raise SettingsError(
        f"{owner}: {parameter.name} is {value!r}; it must be one of {', '.join(listed)}.",
        did_you_mean(str(value), listed),
    )


def _converted(default: Any, value: Any) -> Any:
    """The value as the type of the default, or None where that would lose or invent something."""
    if isinstance(default, bool):
        return value if isinstance(value, bool) else _SWITCHES.get(str(value).lower())
    if isinstance(default, str):
        return value if isinstance(value, str) else None
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    if isinstance(default, int):
        return int(number) if number == int(number) else None
    return number


def _range(parameter: Parameter) -> str:
    unit = f" {parameter.unit}" if parameter.unit else ""
    if parameter.low is not None and parameter.high is not None:
        return f" from {parameter.low:g} to {parameter.high:g}{unit}"
    if parameter.low is not None:
        return f" of at least {parameter.low:g}{unit}"
    return f" of at most {parameter.high:g}{unit}" if parameter.high is not None else unit and f" in{unit}"
