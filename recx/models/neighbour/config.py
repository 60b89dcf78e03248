"""Settings of the neighbour models."""

from dataclasses import dataclass

from recx.models.base import HistoryConfig, ModelConfig


@dataclass
class ItemKNNConfig(HistoryConfig):
    """Settings of item_knn."""

    name: str = "item_knn"
    """Which model these settings are for."""
    similarity: str = "cosine"
    """cosine, jaccard, pearson (items centred on their mean), adjusted (users centred on their mean) or
    baseline (values less mean + b_u + b_i: the one to rate with)."""
    weighting: str = "none"
    """How the cosine sees items described by their users: none, tfidf or bm25."""
    neighbours: int = 200
    """Neighbours kept per item."""
    rated: int = 40
    """Most similar items of the history that a rating is made of."""
    shrink: float = 0.0
    """Added to the denominator of a similarity: trust in pairs seen together once or twice, in users."""
    user_power: float = 0.0
    """a, cosine: co-occurrences count degree(user) ^ -a; 0 to about 1."""
    history_power: float = 0.5
    """h, cosine: they are divided by degree ^ h of the history's item; the higher, the more rare ones say."""
    item_power: float = 0.5
    """b, cosine: and by degree ^ b of the item to be scored; below .5 popular items gain."""


@dataclass
class UserKNNConfig(HistoryConfig):
    """Settings of user_knn."""

    name: str = "user_knn"
    """Which model these settings are for."""
    similarity: str = "cosine"
    """cosine, jaccard, pearson (users centred on their mean), adjusted (items centred on their mean) or
    baseline (values less mean + b_u + b_i: the one to rate with)."""
    weighting: str = "bm25"
    """How the cosine sees users described by their items: none, tfidf or bm25."""
    neighbours: int = 100
    """Neighbours whose items are added up; for ratings, the nearest users that rated the item."""
    shrink: float = 0.0
    """cosine and jaccard: added to the denominator; else, common items at which a correlation counts half."""
    decay: float = 1.0
    """Factor per later event, for the user as for the neighbours, above 0 up to 1 (off)."""
    half_life: float = 0.0
    """Days after which an event counts half, for the user as for the neighbours; 0: never."""
    own: float = 0.0
    """Similarity of a user with itself, above 0 where people buy the same again."""


@dataclass
class MarkovConfig(HistoryConfig):
    """Settings of markov."""

    name: str = "markov"
    """Which model these settings are for."""
    values: str = "binary"
    """What an event says, as a follower and in the history: binary, log (of the value) or sum."""
    window: int = 3
    """Events behind an item that count as followers, each 1 / gap."""
    decay: float = 0.6
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    history_power: float = 0.2
    """h: counts are divided by degree ^ h of the history's item; the higher, the more rare ones say."""
    item_power: float = 0.3
    """b: and by degree ^ b of the item to be scored; below .5 popular items gain."""
    shrink: float = 1.0
    """Added to the product of the two: trust in pairs that followed each other once or twice, in counts."""


@dataclass
class SlopeOneConfig(ModelConfig):
    """Settings of slope_one."""

    name: str = "slope_one"
    """Which model these settings are for."""
    weighted: bool = True
    """Differences count by how many rated both (weighted Slope One); off: all alike."""
    min_common: int = 1
    """Fewer users that rated both say nothing about a pair."""
    neighbours: int = 2000
    """Items kept per item, those with most users that rated both."""
