"""What cleaning cost: one row per rule."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """One line of the cleaning table."""

    rule: str
    lost: int  # rows
    rows: int  # after it
    users: int  # after it
    items: int  # after it


class Ledger:
    """Rules in the order they were applied."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, rule: str, rows: int, users: int, items: int) -> None:
        """Note what is left after ``rule``; the first line says what was read."""
        before = self.rules[-1].rows if self.rules else rows
        self.rules.append(Rule(rule, before - rows, rows, users, items))

    def plain(self) -> list[dict[str, Any]]:
        """As JSON."""
        return [asdict(rule) for rule in self.rules]
