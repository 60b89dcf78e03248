"""Top-k lists: what every model returns and every ranking metric reads."""

from dataclasses import dataclass

import numpy as np

from recx.arrays import Float32, Int32


@dataclass(frozen=True, eq=False)
class Rankings:
    """One list per user, best first; a short list is padded with item -1 and score -inf."""

    users: Int32  # (n,)
    items: Int32  # (n, k)
    scores: Float32  # (n, k)

    def __post_init__(self) -> None:
        if self.items.shape != self.scores.shape or len(self.items) != len(self.users):
            raise ValueError("users, items and scores do not fit together")

    def __len__(self) -> int:
        return len(self.users)

    @property
    def k(self) -> int:
        """Length of the lists, padding included."""
        return int(self.items.shape[1])

    def top(self, k: int) -> "Rankings":
        """The first ``k`` of every list."""
        return Rankings(self.users, self.items[:, :k], self.scores[:, :k])

    def block(self, start: int, end: int) -> "Rankings":
        """The lists of the rows ``start`` to ``end``, or of as many of them as there are."""
        return Rankings(self.users[start:end], self.items[start:end], self.scores[start:end])

    @staticmethod
    def concatenate(blocks: "list[Rankings]") -> "Rankings":
        """One Rankings out of blocks of users."""
        return Rankings(
            np.concatenate([block.users for block in blocks]),
            np.concatenate([block.items for block in blocks]),
            np.concatenate([block.scores for block in blocks]),
        )
