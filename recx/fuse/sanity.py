"""Is the stack worth it? It answers if it beats the best base and rrf on users it has not learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recx.metrics import parse


@dataclass(frozen=True)
class Sanity:
    """Everyone's metric on the window's held-out users."""

    metric: str
    users: int
    values: dict[str, float]  # label -> mean over the users, or over their ratings
    fuser: str
    best_base: str
    rival: str  # the better of the best base and the plain blend: rrf for rankings, mean for ratings

    @staticmethod
    def of(
        metric: str, users: int, values: Mapping[str, float], bases: tuple[str, ...], fuser: str
    ) -> Sanity:
        """Find the stack's rival."""
        sign = 1 if parse(metric).higher_is_better else -1
        best_base = max(bases, key=lambda label: sign * values[label])
        rival = max((best_base, "rrf" if sign > 0 else "mean"), key=lambda label: sign * values[label])
        return Sanity(metric, users, dict(values), fuser, best_base, rival)

    @property
    def sign(self) -> int:
        """1 where higher is better, else -1."""
        return 1 if parse(self.metric).higher_is_better else -1

    @property
    def fallback(self) -> str | None:
        """Who answers instead of the stack; None where the stack has earned its place."""
        return (
            None if self.sign * self.values[self.fuser] > self.sign * self.values[self.rival] else self.rival
        )

    @property
    def note(self) -> str | None:
        """What a reader must know where the stack does not answer."""
        if self.fallback is None:
            return None
        return (
            f"{self.metric} on {self.users:,} held-out users is {self.values[self.fuser]:.4f} for the stack "
            f"and {self.values[self.rival]:.4f} for {self.rival}, so {self.rival} answers"
        )
