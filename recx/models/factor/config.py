"""Settings of the factor models."""

from dataclasses import dataclass
from typing import ClassVar

from recx.models.base import ModelConfig


@dataclass
class SVDConfig(ModelConfig):
    """Settings of svd; factors, epochs, lr and reg are Funk's."""

    name: str = "svd"
    """Which model these settings are for."""
    factors: int = 100
    """Numbers that describe a user, and an item."""
    epochs: int = 20
    """Passes over the ratings, at most."""
    lr: float = 0.005
    """Step size, above 0."""
    reg: float = 0.02
    """L2 penalty on biases and factors, per rating."""
    init_sd: float = 0.05
    """Standard deviation of the factors before the first epoch. Larger, and they begin as noise: rmse on
    ml-100k is .928 at .05, and .935 to .939 by seed at .1."""
    patience: int = 3
    """Epochs without a gain on watch before training stops."""


@dataclass
class SVDppConfig(ModelConfig):
    """Settings of svdpp, tuned on ml-100k (fold 0 and u1); those of Koren's paper are beside them."""

    name: str = "svdpp"
    """Which model these settings are for."""
    factors: int = 50
    """Numbers that describe a user, and an item."""
    both_sides: bool = True
    """Items, too, are described by who has rated them; no: Koren's SVD++."""
    epochs: int = 24
    """Passes over the ratings, at most; with both_sides a pass by user and one by item."""
    lr: float = 0.004
    """Step size, above 0. Koren: .007."""
    reg: float = 0.12
    """L2 penalty on the factors, per rating. Koren: .015."""
    reg_bias: float = 0.01
    """L2 penalty on the biases, per rating. Koren: .005."""
    reg_implicit: float = 0.002
    """L2 penalty on the implicit factors, per rating of everyone who has them: far smaller than reg."""
    init_sd: float = 0.03
    """Standard deviation of the factors before the first epoch; the implicit ones begin at 0."""
    patience: int = 3
    """Epochs without a gain on watch before training stops."""


@dataclass
class NMFConfig(ModelConfig):
    """Settings of nmf."""

    name: str = "nmf"
    """Which model these settings are for."""
    factors: int = 15
    """Parts that a user, and an item, is a sum of."""
    epochs: int = 150
    """Passes, each updating all users and all items, at most."""
    reg: float = 0.1
    """L2 penalty on the factors, per rating. Luo: .06."""
    unobserved: float = 0.0
    """Weight of "0" for pairs not observed, 0 to 1: 0 for ratings, above 0 for implicit feedback."""
    patience: int = 3
    """Epochs without a gain on watch before training stops."""


@dataclass
class ALSConfig(ModelConfig):
    """Settings of als."""

    name: str = "als"
    """Which model these settings are for."""
    factors: int = 64
    """Numbers that describe a user, and an item."""
    epochs: int = 16
    """Passes, each solving all users and all items, at most."""
    solver: str = "cg"
    """How a row is solved while training: cg (conjugate gradients from where it was) or cholesky, exactly."""
    cg_steps: int = 3
    """Steps of conjugate gradients a row takes in an epoch, at least 1."""
    update_epochs: int = 4
    """Passes over the whole log that ``update`` makes from where the items were, each as in training."""
    reg: float = 0.001
    """L2 penalty on a row, times (weight of its entries + unobserved x number of columns) ^ reg_power."""
    reg_power: float = 1.0
    """How the penalty grows with what is known about a row: 0 not at all, 1 in proportion."""
    unobserved: float = 0.1
    """Weight of "does not want it" for every pair; an observed pair adds its value."""
    values: str = "binary"
    """Confidence in an observed pair: binary, log (of the summed values) or sum."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""
    patience: int = 3
    """Epochs without a gain on watch before training stops."""


@dataclass
class FMConfig(ModelConfig):
    """Settings of fm."""

    name: str = "fm"
    """Which model these settings are for."""
    reads_catalogue: ClassVar[bool] = True
    task: str = "ordered"
    """What a rating is: ordered (one of a few grades, by ordered probit) or regression (a number)."""
    factors: int = 10
    """Numbers that describe a feature."""
    burn_in: int = 64
    """Sweeps before the first sample, while the chain still moves to where it stays."""
    samples: int = 512
    """Sweeps after them, over which the predictions are averaged."""
    kept: int = 128
    """How many of these samples are stored, evenly spaced; size and time to score grow with it."""
    sets: bool = True
    """Describe a user by what it has rated and an item by who has rated it (implicit information)."""
    dates: bool = True
    """Describe a rating by its day, where there are dates."""
    features: bool = True
    """Describe users and items by the columns of the catalogue."""
    negatives: int = 4
    """Items not met, per event, taken as disliked on implicit feedback."""


@dataclass
class BPRConfig(ModelConfig):
    """Settings of bpr."""

    name: str = "bpr"
    """Which model these settings are for."""
    factors: int = 64
    """Numbers that describe a user, and an item."""
    optimizer: str = "sgd"
    """sgd: a step for every pair, held against one item. adam: a step of Adam for a batch of pairs, each held
    against many; set epochs=20 with it, of which each takes some 20 times as long."""
    epochs: int = 100
    """Passes over the events, at most."""
    lr: float | None = None
    """Step size, above 0; null: .05 for sgd, .001 for adam."""
    anneal: bool = False
    """Let steps shrink evenly, to nothing after the last epoch. Training then takes all ``epochs`` and is
    measured after the last, whatever ``every`` and ``patience`` say."""
    reg: float | None = None
    """L2 penalty on factors and item biases, per pair; null: .01 for sgd, .001 for adam."""
    reg_power: float = 0.0
    """adam: a row with n events is penalised by n ^ this; 0: all rows alike, 1: all pairs alike (sgd)."""
    batch_size: int = 256
    """adam: pairs in a step. It holds batch_size x negatives x (1 + factors / 64) numbers."""
    negatives: int = 500
    """adam: items that the pairs of a step are held against, all of them against the same."""
    values: str = "binary"
    """How often a pair is a positive in an epoch: binary (once), log (of the summed values) or sum, both
    relative to the mean and on average."""
    popularity: float = 0.0
    """A negative is drawn in proportion to item count ^ this; 0: all items alike."""
    init_sd: float | None = None
    """Standard deviation of the factors before the first epoch, above 0; null: .05 for sgd, .01 for adam."""
    every: int = 5
    """Epochs between two measurements on watch; one of sgd takes less time than a measurement."""
    patience: int = 4
    """Measurements without a gain on watch before training stops."""


@dataclass
class LSAConfig(ModelConfig):
    """Settings of lsa."""

    name: str = "lsa"
    """Which model these settings are for."""
    factors: int = 100
    """Directions kept of the matrix. More of them remember what a user bought, for repeat purchases; fewer
    say what else it may like."""
    values: str = "log"
    """What an event says: binary, log (of the summed values) or sum."""
    user_power: float = 0.0
    """The matrix is divided by user degree ^ this: above 0, users with much say count less."""
    item_power: float = 0.0
    """The matrix and the history are divided by item degree ^ this: above 0, popular items count less."""
    score_power: float = 0.0
    """Scores are multiplied by item degree ^ this; equal to item_power, they are those of the matrix."""
    decay: float = 1.0
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    half_life: float = 0.0
    """Days after which an event of the history that is scored counts half; 0: never."""
