"""Writes the pages of docs/reference from the code that they describe.

python docs/generate.py            # write them
python docs/generate.py --check    # exit with 1, naming the pages, where one is no longer what the code says
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

REFERENCE = Path(__file__).parent / "reference"
NOTICE = (
    "<!-- Written by docs/generate.py from the code: change that, then run `python docs/generate.py`. -->"
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; what Markdown would take for a border or a tag is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in line) + " |"
        for line in lines
    )


def page(title: str, *parts: str) -> str:
    """A page with the notice on top."""
    return "\n\n".join([NOTICE, f"# {title}", *parts]) + "\n"


# Commands: read from the functions behind them, so that no version of the library changes the page.


def commands() -> str:
    """Every command with its arguments and options."""
    from holdfast.cli.app import app

    shown = listed(app)
    summary = table(
        ("command", "what it does"),
        [(f"[`{name}`](#{name.replace(' ', '-')})", sentence(function)) for name, function in shown],
    )
    intro = "Every command has `--help`. Progress and remarks go to stderr: with `--json`, stdout holds data alone."
    exits = table(
        ("exit code", "meaning"),
        [
            ("0", "done"),
            (
                "1",
                "the input cannot be used, or a check did not pass; one sentence says why and how to mend it",
            ),
            ("2", "the command line itself is wrong: an unknown option, a missing argument"),
            ("3", "a bug in Holdfast; please report it with the command and what was printed"),
            ("130", "interrupted with Ctrl-C"),
        ],
    )
    return page(
        "Commands",
        intro,
        summary,
        "## Exit codes",
        exits,
        *(command(name, function) for name, function in shown),
    )


def listed(app: Any, above: str = "") -> list[tuple[str, Any]]:
    """(name as typed, function) of every command, those of groups as `group command`."""
    found = [(f"{above}{each.name}", each.callback) for each in app.registered_commands if not each.hidden]
    for each in app.registered_groups:
        found += listed(each.typer_instance, f"{above}{each.name} ")
    return found


def sentence(function: Any) -> str:
    """The first paragraph of a docstring."""
    return " ".join(inspect.getdoc(function).split("\n\n")[0].split())  # type: ignore[union-attr]


def command(name: str, function: Any) -> str:
    """One command: its docstring and a row for each argument and option."""
    text = "\n\n".join(" ".join(part.split()) for part in (inspect.getdoc(function) or "").split("\n\n"))
    rows = list(parameters(function))
    told = table(("option", "value", "default", "meaning"), rows) if rows else ""
    return "\n\n".join(part for part in (f"## {name}", text, told) if part)


def parameters(function: Any) -> Iterator[tuple[str, str, str, str]]:
    """(names, value, default, help) of what a command takes; hidden options are left out."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        hint, *extras = get_args(hints[name])
        info = extras[0] if get_origin(hints[name]) is Annotated else parameter.default
        if getattr(info, "hidden", False):
            continue
        yield names(name, info), value_of(hint), default_of(parameter, info), about(info)


def names(name: str, info: Any) -> str:
    """`-s`, `--strategy`, or the argument's name."""
    if type(info).__name__ == "ArgumentInfo":
        return f"`{name}`"
    words = (
        info.default,
        *(info.param_decls or ()),
    )  # inside Annotated the first name stands where a default would
    declared = [word for word in words if isinstance(word, str) and word.startswith("-")]
    return ", ".join(f"`{word}`" for word in declared or [f"--{name.strip('_').replace('_', '-')}"])


def value_of(hint: Any) -> str:
    """What kind of value is expected; nothing for switches."""
    inner = [part for part in get_args(hint) if part is not type(None)]
    if type(None) in get_args(hint):
        return value_of(inner[0])
    if get_origin(hint) is list:
        return f"{value_of(inner[0])}, repeatable"
    if get_origin(hint) in (Literal, Union):
        return " or ".join(map(str, inner))
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return " or ".join(str(each.value) for each in hint)
    return {bool: "", str: "text", int: "number", float: "number", Path: "path"}.get(hint, str(hint))


def default_of(parameter: inspect.Parameter, info: Any) -> str:
    """The default in words; required where there is none."""
    default = info.default if parameter.default is info else parameter.default
    if default is inspect.Parameter.empty or default is ...:
        return "required"
    return "" if default is None or default is False else "on" if default is True else f"`{default}`"


def about(info: Any) -> str:
    """The help text, with the environment variable that stands in for the option."""
    text = " ".join((info.help or "").split())
    return f"{text} (`{info.envvar}`)" if info.envvar else text


# Strategies and plans.


def strategies() -> str:
    """Every shipped strategy with its parameters and what ships for single pairs."""
    from holdfast.strategies import catalogue

    parts = [strategy(catalogue.find(name)) for name in catalogue.SHIPPED]
    return page(
        "Shipped strategies",
        "Set a parameter with `--set NAME=VALUE`, or `--set BTC.NAME=VALUE` for one asset or pair. "
        "`holdfast show-strategy NAME -p PAIR` shows the values that apply, and where each comes from.",
        *parts,
    )


def strategy(each: Any) -> str:
    """One strategy: summary, docstring, parameters, values by pair."""
    rows = [(f"`{p.name}`", given(p.default, p.unit), ranged(p), p.doc) for p in each.parameters]
    told = [
        f"## {each.name}",
        f"{each.summary}.",
        "\n\n".join(" ".join(part.split()) for part in (inspect.getdoc(type(each)) or "").split("\n\n")),
        table(("parameter", "default", "range", "meaning"), rows),
    ]
    if each.per_pair:
        own = sorted({name for values in each.per_pair.values() for name in values})
        told += [
            "Other values that ship, by asset or pair:",
            table(
                ("for", *(f"`{name}`" for name in own)),
                [
                    (pair, *(given(values.get(name, ""), "") for name in own))
                    for pair, values in sorted(each.per_pair.items())
                ],
            ),
        ]
    return "\n\n".join(told)


def given(value: Any, unit: str) -> str:
    """A value with its unit."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g} {unit}".strip() if isinstance(value, float) else f"{value} {unit}".strip()


def ranged(p: Any) -> str:
    """What a parameter may be."""
    if p.choices:
        return ", ".join(map(str, p.choices))
    if isinstance(p.default, bool):
        return "on, off"
    return f"{p.low:g} … {p.high:g}" if p.low is not None and p.high is not None else ""


def plan_columns() -> str:
    """The published columns of a plan table."""
    from holdfast.strategies import plan

    groups = {
        "What every row has, and words": plan.OTHERS,
        "Flags (true or false; absent is false)": plan.FLAGS,
        "Prices (in quote units; NaN or absent is none)": plan.PRICES,
        "Numbers (NaN or absent is none)": plan.NUMBERS,
    }
    parts = [
        f"## {title}\n\n"
        + table(("column", "meaning"), [(f"`{name}`", text) for name, text in columns.items()])
        for title, columns in groups.items()
    ]
    intro = inspect.getdoc(plan) or ""
    return page(
        "Plan columns",
        intro.split("\n\n", 1)[1],
        f"Version {plan.PLAN_VERSION}. At most {plan.LEVELS} levels a side and {plan.TARGETS} targets in a plan.",
        *parts,
    )


# Settings and the order table.


def settings() -> str:
    """The keys of a settings file, and the default limits of each class of strategies."""
    from holdfast.settings.backtest import GRID, SINGLE, BacktestSettings, ClassLimits
    from holdfast.settings.promotion import Promotion

    keys = [
        (f"`{name}`", shown(field.default), field.description or "")
        for name, field in BacktestSettings.model_fields.items()
        if name not in ("limits", "promotion")
    ]
    gate = [
        (f"`{name}`", shown(field.default), field.description or "")
        for name, field in Promotion.model_fields.items()
    ]
    limits = [
        (f"`{name}`", off(getattr(SINGLE, name)), off(getattr(GRID, name)), field.description or "")
        for name, field in ClassLimits.model_fields.items()
    ]
    return page(
        "Settings of a backtest",
        "`holdfast backtest -c FILE` reads a YAML file with these keys; `-c NAME` a shipped profile. What is typed on "
        "the command line goes on top. A key that nothing reads is an error.",
        table(("key", "default", "meaning"), keys),
        "## Limits",
        "Under `limits:`, by class of strategy: `setup` (one entry, one stop) and `grid`. Shares of equity (1 = 100 %) "
        "or counts. Why the two classes differ: [decision 0006](../decisions/0006-limits-by-class.md).",
        table(("key", "`setup`", "`grid`", "meaning"), limits),
        "## Promotion",
        "Under `promotion:`, for accounts that `holdfast trade` runs: which pairs of strategy and instrument may open "
        "trades. Without the block all may. [How it decides](../guide/paper.md#promotion). A backtest does not ask.",
        table(("key", "default", "meaning"), gate),
    )


def shown(default: Any) -> str:
    """A default for people."""
    return f"`{default}`" if isinstance(default, str | int | float) and default != "" else ""


def off(value: float) -> str:
    """0 is no limit."""
    return f"{value:g}" if value else "none"


def order_life_cycle() -> str:
    """The one table of legal transitions, as a diagram and in rows."""
    from holdfast.model.order import OrderStatus, as_markdown, as_mermaid

    source = inspect.getsource(OrderStatus).splitlines()
    said = [line.split("#", 1) for line in source if "=" in line and "FREE" not in line]
    rows = [(f"`{line[0].split('=')[0].strip()}`", line[1].strip() if len(line) > 1 else "") for line in said]
    return page(
        "Life of an order",
        "Drawn from `TABLE` in `src/holdfast/model/order.py`, which is also what the core obeys: a report that asks "
        "for a step that is not in the table changes nothing and is counted. *Denied* is our word, *rejected* "
        "the venue's. `IN_DOUBT`, `ABSENT` and `GHOST` happen with a real venue only; a simulated one always answers.",
        f"```mermaid\n{as_mermaid()}\n```",
        as_markdown(),
        "## What the states mean",
        table(("state", "meaning"), rows),
    )


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "strategies.md": strategies,
    "plan-columns.md": plan_columns,
    "settings.md": settings,
    "order-life-cycle.md": order_life_cycle,
}


def stale() -> list[str]:
    """Pages that are no longer what the code says."""
    return [
        name
        for name, write in PAGES.items()
        if not (REFERENCE / name).exists() or (REFERENCE / name).read_text(encoding="utf-8") != write()
    ]


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        old = stale()
        if old:
            print(f"Out of date: {', '.join(old)}. Run: python docs/generate.py", file=sys.stderr)  # noqa: T201
        return 1 if old else 0
    REFERENCE.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (REFERENCE / name).write_text(write(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
