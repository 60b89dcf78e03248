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
    """What the docstring of the model's module says it is, after its name and a colon."""
    module = all_models()[name].partition(":")[0]
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return f"{module} cannot be found"
    told = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    first = " ".join(told.partition("\n\n")[0].split())
    return first.partition(": ")[2] or first
