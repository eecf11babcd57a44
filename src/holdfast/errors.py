"""Errors that a person is meant to read: what is wrong, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HoldfastError(Exception):
    """A refusal in one sentence. The command line prints it without a traceback and exits with 1."""

    def __init__(self, problem: str, mend: str = "") -> None:
        self.problem = problem
        self.mend = mend
        super().__init__(f"{problem} {mend}".strip())


class DataError(HoldfastError):
    """Market data that cannot be trusted or read."""


class SettingsError(HoldfastError):
    """A name or value that the user gave and that cannot be used."""


class JournalError(HoldfastError):
    """A journal that cannot be written, read or trusted. Nothing may be opened on it before a person has looked."""


class InUseError(JournalError):
    """Another process holds the journal."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a mistyped name: the nearest known ones, else a few of them."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5) or difflib.get_close_matches(
        word.upper(), [name.upper() for name in names], n=3, cutoff=0.5
    )
    if near:
        return f"Did you mean {' or '.join(near)}?"
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"Known: {listed}." if listed else "None is known."
