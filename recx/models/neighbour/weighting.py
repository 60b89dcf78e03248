"""tf-idf and BM25: how much an entry says about its row, by how common its column is."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recx.arrays import Float32
from recx.errors import UsageError, did_you_mean
from recx.models.recency import row_sums

WEIGHTINGS = ("none", "tfidf", "bm25")
K1, B = 1.2, 0.75


@dataclass(frozen=True, eq=False)
class Weighting:
    """Weights learnt from one matrix, applicable to further rows of the same columns.

    tfidf: sqrt(x) idf_c.  bm25: x (k1 + 1) / (x + k1 (1 - b + b length / mean length)) idf_c, with the usual
    k1 = 1.2 and b = .75 (Robertson & Zaragoza 2009), length the sum of a row.  idf_c = log(1 + rows / rows
    with column c).
    """

    kind: str
    idf: Float32  # (n_columns,)
    mean_length: float

    @staticmethod
    def of(matrix: csr_array, kind: str, model: str) -> "Weighting":
        """Learn from ``matrix``; UsageError where there is no such ``kind``."""
        if kind not in WEIGHTINGS:
            raise UsageError(f"{model}: no weighting called '{kind}'{did_you_mean(kind, WEIGHTINGS)}")
        rows = matrix.shape[0]
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
        lengths = row_sums(matrix.indptr, matrix.data)
        filled = lengths > 0
        return Weighting(
            kind,
            np.log1p(rows / np.maximum(counts, 1)).astype(np.float32),
            float(lengths[filled].mean()) if filled.any() else 1.0,
        )

    def apply(self, matrix: csr_array) -> csr_array:
        """The rows of ``matrix``, weighted."""
        if self.kind == "none":
            return matrix
        idf = self.idf[matrix.indices]
        if self.kind == "tfidf":
            data = np.sqrt(np.maximum(matrix.data, 0)) * idf
        else:
            lengths = np.repeat(row_sums(matrix.indptr, matrix.data), np.diff(matrix.indptr))
            norm = K1 * (1 - B + B * lengths / self.mean_length)
            data = matrix.data * (K1 + 1) / (matrix.data + norm) * idf
        return csr_array((data.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
