import numpy as np
from numpy.testing import assert_allclose
from statsmodels.tsa.arima.model import ARIMA

from recx.models.trend.arima import ORDERS, Arima, _fit


def walks(n: int, periods: int, ma: float, seed: int = 0) -> np.ndarray:
    """Series of an ARIMA(0, 1, 1)."""
    shocks = np.random.default_rng(seed).normal(size=(n, periods + 1))
    return 50 + np.cumsum(shocks[:, 1:] + ma * shocks[:, :-1], axis=1)


def test_the_coefficients_of_a_planted_series_are_found() -> None:
    found = _fit(walks(8, 120, -0.6), (0, 1, 1))
    assert abs(found.coefficients[0] + 0.6) < 0.1
    chosen = Arima.of(walks(8, 120, -0.6))
    assert chosen is not None and chosen.order in ORDERS and chosen.aic <= found.aic + 1


def test_weights_times_a_series_are_the_forecast_of_statsmodels() -> None:
    series = walks(1, 40, -0.5)[0]
    arima = Arima((0, 1, 1), np.array([-0.5]), 0.0)
    model = ARIMA(series, order=(0, 1, 1), concentrate_scale=True)
    expected = model.filter(np.array([-0.5])).forecast(4).sum()
    assert_allclose(arima.weights(40, 4) @ series, expected, rtol=1e-3)


def test_series_that_never_move_have_no_order() -> None:
    assert Arima.of(np.ones((3, 20))) is None
    assert Arima.of(np.ones((3, 2))) is None
