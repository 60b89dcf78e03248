"""One ARIMA for many series: the order by AIC, the forecast as one weight per period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from recx.arrays import Float64

ORDERS = ((0, 1, 1), (1, 1, 0), (0, 1, 2), (1, 1, 1), (2, 1, 0))
"""(p, d, q) to choose from. d is 1 in all: demand of items drifts without a mean to return to, and the
likelihoods of two d are likelihoods of different data (Hyndman & Khandakar 2008)."""
SHORTEST = 4
"""Periods with which these orders can be told apart at all."""
BURN = 2
"""Likelihoods are added up after these periods, which only find out where the series begin."""


@dataclass(frozen=True, eq=False)
class Arima:
    """An order and the coefficients that all series share: those of AR, then those of MA."""

    order: tuple[int, int, int]
    coefficients: Float64  # (p + q,)
    aic: float  # of all series together

    @staticmethod
    def of(series: Float64) -> Arima | None:
        """The order of least AIC for ``series`` (n, periods) and its coefficients by maximum likelihood.

        The coefficients are shared and every series has a variance of its own, so the likelihoods of all are
        added up (a global model, Montero-Manso & Hyndman 2021): a series of a year of weeks says too little
        to be fitted alone. None where no series is long enough, or none moves.
        """
        series = series[np.ptp(np.diff(series), axis=1) > 0] if series.shape[1] >= SHORTEST else series[:0]
        if not len(series):
            return None
        fits = [_fit(series / series.std(axis=1, keepdims=True), order) for order in ORDERS]
        return min(fits, key=lambda fit: fit.aic)

    def weights(self, periods: int, horizon: int) -> Float64:
        """What each of ``periods`` adds to the sum of the next ``horizon``: (periods,).

        With given coefficients a forecast is linear in the series and knows no other scale, so the forecasts
        from a single 1 in each period, by the Kalman filter, give the forecast of any series by a product.
        """
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        total = np.zeros(periods)
        for period, impulse in enumerate(np.eye(periods)):
            model = SARIMAX(impulse, order=self.order, concentrate_scale=True)
            total[period] = model.filter(self.coefficients).forecast(horizon).sum()
        return total


def _fit(series: Float64, order: tuple[int, int, int]) -> Arima:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    models = [SARIMAX(one, order=order, concentrate_scale=True, loglikelihood_burn=BURN) for one in series]
    n_coefficients = order[0] + order[2]

    def loss(free: Float64) -> float:
        total = -sum(float(model.loglike(free, transformed=False)) for model in models)
        return total if np.isfinite(total) else 1e12

    # the free coefficients are unbounded, statsmodels maps them to stationary and invertible ones
    start = np.vstack([np.zeros(n_coefficients), np.eye(n_coefficients)])
    options = {"initial_simplex": start, "xatol": 0.01, "fatol": 0.01, "maxiter": 100}
    # a series that a model foretells without an error has the logarithm of 0 in its likelihood
    with np.errstate(divide="ignore", invalid="ignore"):
        best = minimize(loss, start[0], method="Nelder-Mead", options=options)
    coefficients = np.asarray(models[0].transform_params(best.x), dtype=np.float64)
    return Arima(order, coefficients, 2 * float(best.fun) + 2 * n_coefficients)
