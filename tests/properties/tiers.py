"""How many examples a property gets."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import settings

LONG = os.environ.get("HOLDFAST_LONG") == "1"


def examples(quick: int) -> Callable[[Any], Any]:
    """`quick` examples for `make test`, ten times as many for `make test-long`."""
    decorate: Callable[[Any], Any] = settings(max_examples=quick * 10 if LONG else quick)
    return decorate
