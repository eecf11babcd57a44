"""Commands about the journal of an account: verify, show, export, copy, compact it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json, print_table

Folder = Annotated[Path, typer.Argument(help="The folder of an account's journal.")]
Kind = Annotated[str, typer.Option(help="Only rows of this kind, such as Price or OrderReport.")]
Since = Annotated[int, typer.Option(help="From this row on.")]
Until = Annotated[int, typer.Option(help="Up to this row; 0 = to the end.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many rows.")]
group = typer.Typer(
    help="The journal of an account: verify, read, copy, rebuild, compact.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    group.command("verify")(verify_journal)
    group.command("query")(query_journal)
    group.command("export")(export_journal)
    group.command("backup")(backup_journal)
    group.command("rebuild")(rebuild_projection)
    group.command("compact")(compact_journal)
    app.add_typer(group, name="journal")


def verify_journal(folder: Folder, json: Json = False) -> None:
    """Verify every file of a journal: each row, the chain between files, and that no end is missing."""
    from dataclasses import asdict

    from msgspec import to_builtins

    from holdfast.journal.archive import verify
    from holdfast.journal.removal import read_removed

    parts, damage = verify(folder)
    gone = [] if damage else read_removed(folder)
    if json:
        segments = [asdict(part) for part in parts]
        print_json(
            {"sound": not damage, "damage": damage, "segments": segments, "removed": to_builtins(gone)}
        )
    else:
        if parts:
            print_parts(parts)
        if gone:
            typer.echo(f"{len(gone)} older files, up to row {gone[-1].last:,}, were removed for their age.")
        typer.echo(damage or "Every row is as it was written, and none is missing.")
    if damage:
        raise typer.Exit(1)


def print_parts(parts: list[Any]) -> None:
    """The files of a journal as a table."""
    rows = ((p.file, str(p.epoch), f"{p.first:,}", f"{p.last:,}", f"{p.rows:,}", p.product) for p in parts)
    print_table("", ("file", "start", "first row", "last row", "rows", "written by"), rows)


def query_journal(
    folder: Folder, kind: Kind = "", since: Since = 0, until: Until = 0, limit: Limit = 50, json: Json = False
) -> None:
    """Show rows of a journal: what happened, and what was decided."""
    import itertools

    from holdfast.journal.archive import told
    from holdfast.journal.rows import as_json

    rows = list(itertools.islice(told(folder, kind, since, until), limit))
    if json:
        print_json(rows)
        return
    cells = (
        (f"{row['seq']:,}", row["kind"], as_json(row["body"]).decode()[:90], str(len(row["decided"])))
        for row in rows
    )
    print_table("", ("row", "kind", "what happened", "decided"), cells)


def export_journal(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="The file to write; one JSON object in each line.")],
    kind: Kind = "",
    since: Since = 0,
    until: Until = 0,
    json: Json = False,
) -> None:
    """Write rows of a journal to a file, one JSON object in each line."""
    from holdfast.errors import JournalError
    from holdfast.journal.archive import told
    from holdfast.journal.rows import as_json

    if out.exists():
        raise JournalError(f"{out} exists.", "Name a new file: an export never writes over another.")
    scratch = out.with_name(out.name + ".part")
    count = 0
    try:
        with scratch.open("wb") as file:
            for row in told(folder, kind, since, until):
                file.write(as_json(row) + b"\n")
                count += 1
        scratch.rename(out)
    except OSError as error:
        raise JournalError(f"{out} cannot be written: {error.strerror}.", "Choose another place.") from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
    if json:
        print_json({"file": str(out), "rows": count})
    else:
        typer.echo(f"{count:,} rows written to {out}.")


def backup_journal(
    folder: Folder, target: Annotated[Path, typer.Argument(help="A new folder.")], json: Json = False
) -> None:
    """Copy a journal whole into a new folder, and verify the copy."""
    from dataclasses import asdict

    from holdfast.journal.archive import backup

    parts = backup(folder, target)
    if json:
        print_json({"target": str(target), "segments": [asdict(part) for part in parts]})
    else:
        typer.echo(f"Copied to {target} and verified: {sum(part.rows for part in parts):,} rows.")


def rebuild_projection(folder: Folder, json: Json = False) -> None:
    """Build what status, orders, trades and why read (projection.sqlite) anew from the journal."""
    from holdfast.journal.archive import rebuild

    with counting("Folding rows") as progress:
        built = rebuild(folder, progress)
    if json:
        print_json({"rows": built.seq, "events": built.events, "corrected": built.corrected})
        return
    typer.echo(f"Built anew from {built.seq:,} rows ({built.events:,} events).")
    if built.corrected:
        typer.echo(
            f"{built.corrected} times a snapshot differed from what this version makes of the rows before it: they "
            "were written by another version, and details between may differ from what was decided then."
        )


def compact_journal(
    folder: Folder,
    keep_days: Annotated[int, typer.Option(help="Remove files older than this; at least 400.")] = 400,
    json: Json = False,
) -> None:
    """Compress closed files that are a week old, and remove those that are older than --keep-days."""
    from holdfast.journal.compaction import as_data, compact
    from holdfast.model.units import DAY

    with counting("Compressing files") as progress:
        done = compact(folder, keep_days * DAY, progress=progress)
    if json:
        print_json(as_data(done))
    elif not done.packed and not done.removed:
        typer.echo("Nothing is a week old yet, or all of it is compressed already.")
    else:
        typer.echo(
            f"{len(done.packed)} files compressed, {len(done.removed)} removed: {done.before / 1e6:,.1f} MB before, "
            f"{done.after / 1e6:,.1f} MB now. `holdfast journal verify` still proves every row and what was removed."
        )


@contextlib.contextmanager
def counting(title: str) -> Iterator[Callable[[int, int], None]]:
    """Progress on stderr, for what may take more than a second."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
