"""The protocol: what a report's numbers mean."""

from dataclasses import dataclass, field


@dataclass
class ProtocolConfig:
    """One candidate policy and one set of cut-offs for all models of a report."""

    k: list[int] = field(default_factory=lambda: [5, 10, 20])
    """Cut-offs of the ranking metrics."""
    repeat: str = "auto"
    """allow, new (items in the input are masked), or auto: what the data set says its users do."""
    candidates: str = "catalogue"
    """catalogue (every item available by the cut-off, cold ones included) or train (items someone interacted
    with)."""
    relevant_from: float | None = None
    """Explicit feedback: from which rating on a test item is relevant; null: what the data set says."""
