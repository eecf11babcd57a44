"""The command line: one application, its commands in the modules beside this one."""

from __future__ import annotations

import sys

import typer

from holdfast.cli import (
    account,
    backtest,
    chaos,
    control,
    data,
    demo,
    journal,
    limits,
    promotion,
    replay,
    results,
    rules,
    schema,
    strategies,
    trade,
    why,
)
from holdfast.errors import HoldfastError

EXIT_CODES = """Exit codes: 0 done · 1 the input cannot be used, and one sentence says why · 2 wrong usage of the
command line · 3 a bug in Holdfast · 130 interrupted."""

app = typer.Typer(
    name="holdfast",
    help="Trades leveraged accounts unattended. Start with `holdfast demo`.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from holdfast import __version__

        typer.echo(f"holdfast {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _: bool = typer.Option(
        False, "-V", "--version", callback=version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Trades leveraged accounts unattended."""


for module in (
    backtest, demo, trade, account, why, promotion, control, results, limits, strategies, rules, data, journal, replay,
    chaos, schema,
):  # fmt: skip
    module.register(app)


def run() -> None:
    """Run the command line; an error that a person can mend is one sentence, without a traceback."""
    try:
        app()
    except HoldfastError as error:
        print(f"holdfast: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        print("holdfast: interrupted", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception:
        import traceback

        traceback.print_exc()
        print("holdfast: this is a bug. Nothing was saved; please report the lines above.", file=sys.stderr)  # noqa: T201
        sys.exit(3)
