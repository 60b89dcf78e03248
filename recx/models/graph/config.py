"""Settings of the graph models."""

from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class LightGCNConfig(ModelConfig):
    """Settings of gcn."""

    name: str = "gcn"
    """Which model these settings are for."""
    factors: int = 64
    """Length of the embeddings."""
    layers: int = 3
    """Steps of smoothing over the graph; 0 leaves a matrix factorisation."""
    values: str = "binary"
    """Weight of an edge: binary, log (of the summed values) or sum."""
    half_life: float = 0.0
    """Days after which an event counts half in its edge; 0: never."""
    loss: str = "bpr"
    """bpr (a pair against items drawn at random) or softmax (a user's items against the whole catalogue)."""
    negatives: int = 1
    """bpr: items drawn against each pair."""
    temperature: float = 0.0
    """Logits are cosines divided by this, about .1 to .3; 0: they are inner products."""
    epochs: int = 100
    """Passes over the edges (bpr) or the users (softmax), at most."""
    lr: float = 0.01
    """Step size of Adam, above 0."""
    reg: float = 1e-4
    """L2 penalty on the embeddings before smoothing, per edge."""
    batch_size: int = 8192
    """Edges (bpr) or users (softmax) per step; each step smooths the whole graph, so large is fast."""
    patience: int = 5
    """Epochs without a gain on watch before training stops."""
