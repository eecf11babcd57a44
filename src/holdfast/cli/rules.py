"""Commands about rulesets: list them, explain one, and lint a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json, print_table

if TYPE_CHECKING:
    from holdfast.settings.ruleset.finding import Finding
    from holdfast.settings.ruleset.ruleset import Ruleset
    from holdfast.settings.ruleset.words import Line

Name = Annotated[str, typer.Argument(help="Id of a ruleset, a path, or PATH#SIZE.")]
group = typer.Typer(
    help="Rulesets of prop firms and of own money: list, show, lint.", no_args_is_help=True
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    group.command("list")(list_rules)
    group.command("show")(show_rules)
    group.command("lint")(lint_rules)
    app.add_typer(group, name="rules")


def list_rules(json: Json = False) -> None:
    """List the shipped rulesets: programme, size, phases, version, and the lowest confidence of their limits."""
    from holdfast.settings.ruleset.file import shipped

    rows = [_row(each.ruleset, each.hash) for each in shipped()]
    if json:
        print_json(rows)
        return
    cells = (
        (
            r["id"],
            r["title"],
            " ".join(r["phases"]) or "-",
            r["version"],
            r["confidence"] or "-",
            r["hash"][:12],
        )
        for r in rows
    )
    print_table("", ("id", "programme", "phases", "version", "confidence", "hash"), cells)


def _row(ruleset: Ruleset, content: str) -> dict[str, Any]:
    from holdfast.settings.ruleset.provenance import provenance

    marks = {provenance(ruleset, f"limits.{each.id}", each).confidence for each in ruleset.limits} - {None}
    return {
        "id": ruleset.id,
        "title": ruleset.title,
        "initial_balance": ruleset.account.initial_balance,
        "currency": ruleset.account.currency,
        "phases": [each.id for each in ruleset.phases],
        "version": ruleset.version,
        "confidence": max((str(mark) for mark in marks), default=None),
        "hash": content,
    }


def show_rules(
    name: Name,
    phase: Annotated[
        str | None, typer.Option("--phase", help="Phase whose rules are shown; absent: the first.")
    ] = None,
    balance: Annotated[
        str | None, typer.Option("--balance", help="Balance for the levels of an own account.")
    ] = None,
    json: Json = False,
) -> None:
    """Explain a ruleset: each rule in a sentence with its source, levels of the first day, next day boundaries."""
    from holdfast.settings.ruleset.lint import checked_ruleset
    from holdfast.settings.ruleset.phases import resolve
    from holdfast.settings.ruleset.words import explain

    loaded, report = checked_ruleset(name)
    ruleset = resolve(loaded.ruleset, phase)
    lines = list(explain(ruleset, _money(balance)))
    head = {
        **loaded.binding,
        "title": ruleset.title,
        "phase": ruleset.phases[0].id if ruleset.phases else None,
        "phases": [each.id for each in loaded.ruleset.phases],
        "boundaries": _boundaries(ruleset),
    }
    if json:
        print_json(
            {
                **head,
                "rules": [_as_data(each) for each in lines],
                "guard": ruleset.guard.model_dump(mode="json"),
                "unknown": [each.model_dump() for each in ruleset.unknown],
                "sources": [each.model_dump(mode="json") for each in ruleset.sources],
                "findings": [vars(each) for each in report.findings],
            }
        )
        return
    _print_head(head)
    _print_lines(lines, ruleset.account.currency)
    _print_doubts(ruleset, report.warnings)


def _money(text: str | None) -> Any:
    from decimal import Decimal, InvalidOperation

    from holdfast.errors import SettingsError

    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise SettingsError(f"--balance is {text!r}.", "Write a positive amount, e.g. 10000.")
    return value


def _boundaries(ruleset: Ruleset) -> list[dict[str, str]]:
    """The next instant of each reading of the day boundary."""
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return [
        {"zone": each.zone, "at": each.at, "next": each.next_after(now).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for each in ruleset.clock.boundaries
    ]


def _as_data(line: Line) -> dict[str, Any]:
    return {
        "path": line.path, "sentence": line.sentence, "levels": line.levels, "note": line.note,
        "source": line.origin.url, "as_of": line.origin.as_of, "confidence": line.origin.confidence,
    }  # fmt: skip


def _print_head(head: dict[str, Any]) -> None:
    title = f"{head['title'] or head['ruleset']}, phase {head['phase']}" if head["phase"] else head["title"]
    typer.echo(f"{title}\nbound as {head['ruleset']}, version {head['version']}, sha256 {head['hash']}")
    if head["phases"]:
        typer.echo(f"phases: {' '.join(head['phases'])}")
    for each in head["boundaries"]:
        typer.echo(f"the day begins at {each['at']} {each['zone']}, next at {each['next']}")


def _print_lines(lines: list[Line], currency: str) -> None:
    cells = (
        (
            each.path,
            each.sentence + (f" [{each.note}]" if each.note else ""),
            " / ".join(f"{name} {level:,.2f}" for name, level in each.levels.items()),
            each.origin.confidence or "-",
            f"{each.origin.url} ({each.origin.as_of})" if each.origin.url else "ours",
        )
        for each in lines
    )
    columns = ("rule", "says", f"first day, {currency}", "conf.", "source")
    print_table("", columns, cells)


def _print_doubts(ruleset: Ruleset, warnings: tuple[Finding, ...]) -> None:
    for each in ruleset.unknown:
        ask = f" Ask: {each.ask}?" if each.ask else ""
        typer.echo(f"unknown: {each.field}, assumed: {each.assume}.{ask}")
    for warning in warnings:
        typer.echo(str(warning), err=True)
    typer.echo("Every figure has to be checked against the firm before money is at risk.", err=True)


def lint_rules(name: Name, json: Json = False) -> None:
    """Lint a ruleset at every size it has: one line for each finding; exit code 1 where it is refused."""
    from holdfast.settings.ruleset.lint import lint_file

    report = lint_file(name)
    if json:
        print_json({"findings": [vars(each) for each in report.findings], "skipped": list(report.skipped)})
    else:
        for each in report.findings:
            typer.echo(str(each))
        for reason in report.skipped:
            typer.echo(f"not checked: {reason}", err=True)
        typer.echo(f"{len(report.errors)} errors, {len(report.warnings)} warnings.", err=True)
    if report.errors:
        raise typer.Exit(1)
