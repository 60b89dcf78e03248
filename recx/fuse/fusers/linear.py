"""linear: a weighted sum of features, by logistic regression for rankings and ridge for ratings."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from recx.arrays import Float32, Float64
from recx.fuse.fusers.base import Fuser, Lesson, Parts
from recx.fuse.fusers.config import LinearConfig
from recx.fuse.fusers.design import Design
from recx.fuse.table import Rows, Table


class Linear(Fuser[LinearConfig]):
    """score = b + sum over columns of w_j x_j (feature-weighted stacking without products, Sill et al. 2009).

    Rankings: w minimises the mean log loss of taken against not taken, pair by pair, plus reg / 2 |w|^2.
    Ratings: the mean squared error of the correction to the mean of the bases plus reg |w|^2. See Design for
    x.
    """

    learns = True
    rates = True
    design: Design
    weights: Float64  # (columns,)
    constant: float

    def fit(self, table: Table, held_out: Table | None, lesson: Lesson) -> Self:
        """Solve; the held-out users are not looked at."""
        from sklearn.linear_model import LogisticRegression, Ridge

        self.design = Design.of(table)
        columns, start = self.design.matrix(table).astype(np.float64), table.start
        taken, reg = table.labels > 0, self.config.reg * len(table)
        if start is not None:
            model = Ridge(alpha=reg).fit(columns, table.labels - start)
            self.weights, self.constant = np.ravel(model.coef_).astype(np.float64), float(model.intercept_)
        elif taken.any() and not taken.all():
            # with far more pairs than columns Newton's method needs a handful of steps
            solver = LogisticRegression(C=1 / reg, solver="newton-cholesky", max_iter=100)
            solver.fit(columns, taken)
            self.weights, self.constant = np.ravel(solver.coef_), float(np.ravel(solver.intercept_)[0])
        else:
            self.weights, self.constant = np.zeros(columns.shape[1]), 0.0
        return self

    def score(self, rows: Rows) -> Float32:
        """The log odds of being taken, or the rating: (rows,)."""
        return self.parts(rows).total

    def parts(self, rows: Rows) -> Parts:
        """What each feature adds, against its mean."""
        values = self.design.by_feature(self.design.matrix(rows) * self.weights)
        start = np.zeros(len(rows)) if rows.start is None else rows.start.astype(np.float64)
        return Parts(rows.features, values, self.constant + start)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        return {"weights": self.weights, "constant": np.array(self.constant), **self.design.arrays()}

    def restore(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self.design = Design.restored(arrays)
        self.weights, self.constant = arrays["weights"].astype(np.float64), float(arrays["constant"])
