"""YAML as the person wrote it: every scalar stays text, and every key knows its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from holdfast.errors import SettingsError

Path_ = tuple[str | int, ...]
NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Text:
    """A file's values and the line of each key path; `where` is how messages name the file."""

    where: str
    values: dict[str, Any]
    lines: dict[Path_, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of the longest known beginning of a path, parts that the file does not have left out."""
        found: Path_ = ()
        for part in path:
            if (*found, part) in self.lines:
                found = (*found, part)
        return self.lines.get(found, 1)


class _Plain(yaml.SafeLoader):
    """Nothing is guessed from the look of a word: 0.1 stays the text 0.1, and `on` stays `on`."""

    yaml_implicit_resolvers = {}  # noqa: RUF012

    def compose_node(self, parent: Any, index: Any) -> Any:
        """An alias would give one value two lines, and can make a small file huge."""
        if self.check_event(yaml.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not read", problem_mark=event.start_mark)
        return super().compose_node(parent, index)


def read_text(path: Path, where: str = "") -> Text:
    """A file as values with lines. Raises SettingsError with file, line and mend."""
    try:
        return parse_text(path.read_text(encoding="utf-8"), where or str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}.", "Check the path and its permissions."
        ) from None


def parse_text(text: str, where: str) -> Text:
    """YAML text as values with lines. Raises SettingsError with file, line and mend."""
    try:
        node = yaml.compose(text, Loader=_Plain)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SettingsError(
            f"{where}:{mark.line + 1 if mark else 1}: this is not readable YAML: {error.problem}.",
            "Mend the line; write values out instead of anchors and aliases.",
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise SettingsError(f"{where}:1: this is not readable YAML: {said}.", "Mend the file.") from None
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{where}:1: it holds no ruleset.", "Begin with `schema: holdfast.ruleset/1`.")
    lines: dict[Path_, int] = {}
    return Text(where, _mapping(node, (), lines, where), lines)


def _value(node: Any, path: Path_, lines: dict[Path_, int], where: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, where)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, (*path, i), lines, where) for i, each in enumerate(node.value)]
    return None if node.style is None and node.value in NULLS else node.value


def _mapping(node: Any, path: Path_, lines: dict[Path_, int], where: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            raise SettingsError(f"{where}:{line}: a key has to be a plain word.", "Write `name: value`.")
        if key.value in values:
            first = lines[(*path, key.value)]
            raise SettingsError(
                f"{where}:{line}: {key.value!r} stands here twice, first in line {first}.",
                "Remove one: the first would be lost without a word.",
            )
        lines[(*path, key.value)] = line
        values[key.value] = _value(value, (*path, key.value), lines, where)
    return values
