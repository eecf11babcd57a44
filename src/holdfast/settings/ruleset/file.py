"""Finding, reading and naming rulesets: shipped ones by id, own ones by path, one file for all sizes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from holdfast.errors import SettingsError, did_you_mean
from holdfast.settings.ruleset.finding import Finding, RulesetError, schema_findings
from holdfast.settings.ruleset.paths import replaced
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.settings.ruleset.text import Text, read_text

RULESETS = Path(__file__).parents[1] / "rulesets"
SIZES = "sizes"


@dataclass(frozen=True)
class Loaded:
    """A ruleset with the text that it was read from and the digest of its content."""

    ruleset: Ruleset
    text: Text
    hash: str

    @property
    def binding(self) -> dict[str, str]:
        """What an account is bound to: another version or content needs an explicit re-binding."""
        return {"ruleset": self.ruleset.id, "version": str(self.ruleset.version), "hash": self.hash}


def load_ruleset(name: str) -> Loaded:
    """A ruleset by id (`the5ers.high_stakes.20k`) or by path (`FILE` or `FILE#SIZE`), whatever lint says of it.

    Raises SettingsError for a name that leads nowhere, RulesetError for a file that the schema refuses.
    """
    text, size = find_text(name)
    return parse_ruleset(text, size)


def parse_ruleset(text: Text, size: str | None = None) -> Loaded:
    """A ruleset from its text. Raises RulesetError with every finding."""
    values = expand(text, size)
    sized = Text(text.where, values, text.lines)
    try:
        ruleset = Ruleset.model_validate(values)
    except ValidationError as error:
        raise RulesetError(schema_findings(error, sized, Ruleset)) from None
    return Loaded(ruleset, sized, content_hash(ruleset))


def find_text(name: str) -> tuple[Text, str | None]:
    """The text of a ruleset's file and the size that its name chooses."""
    path, _, size = name.partition("#")
    if Path(path).suffix in (".yaml", ".yml") or "/" in path:
        return read_text(Path(path)), size or None
    for own, file in _families().items():
        text = _shipped_text(file) if name == own or name.startswith(f"{own}.") else None
        chosen = name[len(own) + 1 :] or None
        if text is not None and (chosen in sizes_of(text) if chosen else not sizes_of(text)):
            return text, chosen
    raise SettingsError(f"There is no ruleset {name!r}.", did_you_mean(name, shipped_ids()))


@cache
def _families() -> dict[str, Path]:
    """File of each shipped id, sizes left out: one line of each is read, so that a name is found at once."""
    found = {}
    for file in sorted(RULESETS.glob("*.yaml")):
        first = re.search(r"^id: *(\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        found[first.group(1) if first else file.stem] = file
    return found


@cache
def _shipped_text(file: Path) -> Text:
    """A shipped file, read once: it is part of the package and does not change while we run."""
    return read_text(file, file.name)


def shipped_ids() -> dict[str, tuple[Path, str | None]]:
    """Id of every shipped ruleset: its file, and its size where the file has several."""
    found: dict[str, tuple[Path, str | None]] = {}
    for own, file in _families().items():
        sizes = sizes_of(_shipped_text(file))
        if not sizes:
            found[own] = (file, None)
        for size in sizes:
            found[f"{own}.{size}"] = (file, size)
    return found


def shipped() -> Iterator[Loaded]:
    """Every shipped ruleset, one for each size."""
    for name in shipped_ids():
        yield load_ruleset(name)


def sizes_of(text: Text) -> dict[str, Any]:
    """`account.sizes` of a file, empty where it has one size only."""
    account = text.values.get("account")
    sizes = account.get(SIZES) if isinstance(account, dict) else None
    return sizes if isinstance(sizes, dict) else {}


def expand(text: Text, size: str | None) -> dict[str, Any]:
    """The values for one size: its balance, its id, its overrides. Raises SettingsError or RulesetError."""
    sizes = sizes_of(text)
    if not sizes:
        if size is not None:
            raise SettingsError(f"{text.where} has no sizes, so not {size!r} either.", "Leave the size out.")
        return text.values
    if size not in sizes:
        asked = f"has no size {size!r}" if size else "has several sizes"
        raise SettingsError(f"{text.where} {asked}.", f"Name one after a #: {', '.join(sizes)}.")
    return _at_size(text, str(size), sizes[size])


def _at_size(text: Text, size: str, chosen: Any) -> dict[str, Any]:
    """A size is a balance, or `{initial_balance, override: {dotted path: value}}`."""
    own = chosen if isinstance(chosen, Mapping) else {"initial_balance": chosen}
    wrong = [key for key in own if key not in ("initial_balance", "override")]
    if wrong or "initial_balance" not in own:
        raise _refused(
            text, size, "a size has `initial_balance` and may have `override`.", "Write these only."
        )
    account = {key: value for key, value in text.values["account"].items() if key != SIZES}
    account["initial_balance"] = own["initial_balance"]
    values = {**text.values, "id": f"{text.values.get('id')}.{size}", "account": account}
    try:
        return replaced(values, own.get("override") or {})
    except SettingsError as error:
        raise _refused(text, size, f"the override does not fit: {error.problem}", error.mend) from None


def _refused(text: Text, size: str, problem: str, mend: str) -> RulesetError:
    line = text.line(("account", SIZES, size))
    return RulesetError(
        [Finding("error", text.where, line, f"account.sizes.{size}", f"size {size}: {problem}", mend)]
    )


def content_hash(ruleset: Ruleset) -> str:
    """SHA-256 over the content: comments, order of keys and the spelling of a number (5, 5.0) leave it as it is."""
    plain = canonical(ruleset.model_dump(by_alias=True))
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def canonical(value: Any, key: str = "") -> Any:
    """Values in the one form that is hashed: no empty parts, numbers as shortest text, sets in order."""
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        parts = {name: canonical(each, name) for name, each in value.items()}
        return {name: each for name, each in parts.items() if each not in (None, {}, [])}
    if isinstance(value, list | tuple):
        return _ordered([canonical(each) for each in value], key)
    return value


def _ordered(parts: list[Any], key: str) -> list[Any]:
    """Phases and ladders keep their order; words and rules with an id have none."""
    if key in ("phases", "contracts_ladder"):
        return parts
    return sorted(parts, key=lambda each: json.dumps(each, sort_keys=True))
