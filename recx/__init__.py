"""recx: prepare, train, fuse, evaluate and sweep e-commerce recommenders."""

__version__ = "0.1.0"
