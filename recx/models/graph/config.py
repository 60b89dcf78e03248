"""Settings of the graph models."""

from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class LightGCNConfig(ModelConfig):
    """Settings of gcn."""

    name: str = "gcn"
    """Which model these settings are for."""
    factors: int = 128
    """Length of the embeddings."""
    layers: int = 1
    """Steps of smoothing over the graph; 0 leaves a matrix factorisation."""
    values: str = "sum"
    """Weight of an edge: binary, log (of the summed values) or sum."""
    half_life: float = 0.0
    """Days after which an event counts half in its edge; 0: never."""
    decay: float = 1.0
    """Factor per later event of the history that is scored, above 0 up to 1 (off)."""
    learnt: bool = True
    """Add what was learnt of a fitted user to what its history says. Good where people buy again (ndcg@10 on
    valid of complete_journey .39, else .35), bad where taste moves on (amazon-beauty .047, else .057 with a
    decay of .6)."""
    loss: str = "softmax"
    """softmax (a user's items against the whole catalogue) or bpr (the paper's: a pair against items drawn,
    which is slower and finds less)."""
    negatives: int = 1
    """bpr: items drawn against each pair."""
    temperature: float = 0.0
    """Logits are cosines divided by this, about .1 to .3; 0: they are inner products."""
    epochs: int = 40
    """Passes over the edges (bpr) or the users (softmax), at most."""
    lr: float = 0.03
    """Step size of Adam, above 0."""
    reg: float = 0.03
    """L2 penalty on the embeddings before smoothing, per edge."""
    batch_size: int = 512
    """Edges (bpr) or users (softmax) per step; each step smooths the whole graph, so large is fast."""
    patience: int = 5
    """Epochs without a gain on watch before training stops."""
