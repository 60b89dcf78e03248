"""Settings of the sequence models."""

from dataclasses import dataclass

from recx.models.base import ModelConfig


@dataclass
class RNNConfig(ModelConfig):
    """Settings of rnn."""

    name: str = "rnn"
    """Which model these settings are for."""
    cell: str = "gru"
    """Recurrent cell: gru or lstm."""
    factors: int = 128
    """Length of the item embeddings."""
    hidden: int = 128
    """Units of the recurrent state."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    dropout: float = 0.4
    """Share of the embeddings read, and of the states, that are set to 0 while training."""
    max_length: int = 50
    """Newest events of a history that are read."""
    taste: bool = True
    """Score by the sum of the items read, too, beside the recurrent state."""
    window: int = 1
    """How many of the next events a state should foretell; 1: the next."""
    stride: int = 1
    """Every how many events the network must foretell while it is trained; 1: after each."""
    negatives: int = 1000
    """Items drawn per step as candidates beside its targets; 0: the softmax runs over the whole catalogue."""
    epochs: int = 30
    """Passes over the users, at most."""
    lr: float = 0.003
    """Step size of Adam, above 0."""
    reg: float = 0.01
    """L2 penalty on what a state says and on the embeddings of its targets, per state."""
    batch_size: int = 256
    """Users per step."""
    patience: int = 3
    """Epochs without a gain on watch before training stops."""
