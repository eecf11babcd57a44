"""What a person types."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `holdfast` command."""
    from holdfast.cli.app import run

    run()
