"""Strategies by name: those that ship, and a user's own from a folder."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType

from holdfast.errors import SettingsError, did_you_mean
from holdfast.strategies.strategy import Parameter, Strategy

# name -> module: class. The module is imported when the strategy is asked for.
SHIPPED = {
    "grid_atr": "holdfast.strategies.grid_atr:GridAtr",
    "grid_boltrend": "holdfast.strategies.grid_boltrend:GridBoltrend",
    "confluence": "holdfast.strategies.confluence:Confluence",
    "ma_cross": "holdfast.strategies.moving_average_cross:MovingAverageCross",
}


def names(path: Path | None = None) -> tuple[str, ...]:
    """Names of all strategies: the shipped ones, then those that the files of `path` declare."""
    return (*SHIPPED, *sorted(_declared(path)))


def find(name: str, path: Path | None = None) -> Strategy:
    """The strategy of this name; `path` is a folder with the user's own (`--strategy-path`).

    Raises SettingsError for an unknown name, with a suggestion, and for an unusable file, with its line.
    """
    own = _declared(path)
    if name in SHIPPED:
        if name in own:
            raise SettingsError(
                f"{own[name]} declares {name}, which ships with Holdfast.", "Rename your strategy."
            )
        module, _, kind = SHIPPED[name].partition(":")
        return _built(getattr(importlib.import_module(module), kind), module)
    if name in own:
        return _from_file(name, own[name])
    hint = did_you_mean(name, [*SHIPPED, *own])
    where = "" if path else " Your own are found with --strategy-path."
    raise SettingsError(f"There is no strategy {name}.", hint + where)


def _declared(path: Path | None) -> dict[str, Path]:
    """Strategy name -> file, read from the source text: looking for a name must not run every file."""
    if path is None:
        return {}
    if not path.is_dir():
        raise SettingsError(
            f"The strategy path {path} is not a folder.", "Name the folder that holds your .py files."
        )
    found: dict[str, Path] = {}
    for file in sorted(path.glob("*.py")):
        for name in _names_in(file):
            if name in found:
                raise SettingsError(f"{found[name]} and {file} both declare {name}.", "Rename one of them.")
            found[name] = file
    return found


def _names_in(file: Path) -> list[str]:
    """Texts assigned to `name` in class bodies; of a file that is no Python its own name, to tell why."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return [file.stem]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return [text for each in classes for statement in each.body if (text := _assigned_name(statement))]


def _assigned_name(statement: ast.stmt) -> str | None:
    """The text of `name = "…"` or `name: ClassVar[str] = "…"`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    value = getattr(statement, "value", None)
    if any(isinstance(each, ast.Name) and each.id == "name" for each in targets) and isinstance(
        value, ast.Constant
    ):
        return value.value if isinstance(value.value, str) else None
    return None


def _from_file(name: str, file: Path) -> Strategy:
    module = _imported(file)
    own = [
        kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__
    ]
    kinds = [kind for kind in own if issubclass(kind, Strategy) and getattr(kind, "name", None) == name]
    if not kinds:
        problem = f"{file} has no class named '{name}' that derives from Strategy."
        raise SettingsError(problem, "Write class Mine(Strategy), or start from `holdfast new-strategy`.")
    return _built(kinds[0], str(file))


def _imported(file: Path) -> ModuleType:
    """Run the file as a module of its own. Whatever it raises is told with file and line."""
    name = f"holdfast_user_strategy_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{file} cannot be loaded as Python.", "It must be a readable .py file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look the module up by name
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise SettingsError(f"{file} line {error.lineno}: {error.msg}.", "Mend the file.") from error
    except Exception as error:
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)
        ]
        line = f" line {lines[-1]}" if lines else ""
        raise SettingsError(f"{file}{line}: {type(error).__name__}: {error}.", "Mend the file.") from error
    return module


def _built(kind: type[Strategy], where: str) -> Strategy:
    """An instance, after a look at what every strategy must say about itself."""
    missing = sorted(getattr(kind, "__abstractmethods__", ()))
    missing += [word for word in ("name", "summary", "parameters") if not hasattr(kind, word)]
    if missing:
        raise SettingsError(f"{where}: {kind.__name__} lacks {', '.join(missing)}.", "Add what is missing.")
    names_seen: set[str] = set()
    for each in kind.parameters:
        if not isinstance(each, Parameter):
            raise SettingsError(
                f"{where}: parameters of {kind.__name__} must be Parameter(...), found {each!r}."
            )
        if each.name in names_seen:
            raise SettingsError(f"{where}: {kind.__name__} declares the parameter {each.name} twice.")
        names_seen.add(each.name)
    return kind()
