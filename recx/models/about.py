"""What the models say about themselves, read without importing them: some need a second to load torch."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

from recx.models import all_models


def family(name: str) -> str:
    """The folder a model lives in, such as graph."""
    return all_models()[name].partition(":")[0].split(".")[-2]


def summary(name: str) -> str:
    """First line of the model's docstring."""
    module, _, attribute = all_models()[name].partition(":")
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return f"{module} cannot be found"
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == attribute:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return f"{module} has no {attribute}"
