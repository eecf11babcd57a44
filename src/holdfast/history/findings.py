"""What a check of bars says: findings with a severity, and the refusal that the errors among them make."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from holdfast.errors import DataError


@dataclass(frozen=True)
class Finding:
    """One rule that the bars break."""

    rule: str
    severity: Literal["error", "warning"]
    text: str  # what is wrong, as the end of the sentence "<file> …"
    mend: str
    count: int = 1
    row: int | None = None  # first offending row, from 0
    ts: str | None = None  # its opening time, UTC


@dataclass(frozen=True)
class QualityReport:
    """All findings about the bars of one file or series."""

    where: str
    rows: int
    first: str = ""
    last: str = ""
    findings: tuple[Finding, ...] = ()
    missing: int = 0  # bars that an open market would have given
    longest_gap_hours: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "warning")

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def refuse_if_broken(report: QualityReport) -> None:
    """Raise DataError for the first error: file, rule, first offending row and the mend in one sentence."""
    if report.errors:
        worst = report.errors[0]
        place = f" at row {worst.row} ({worst.ts} UTC)" if worst.row is not None else ""
        more = f", and {worst.count - 1} more" if worst.count > 1 else ""
        raise DataError(f"{report.where} {worst.text}{place}{more}.", worst.mend)
