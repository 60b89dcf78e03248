"""The documentation of settings: read from the string below each dataclass field."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """One line of a verb's help."""

    key: str
    value: str  # as it would be typed
    doc: str


def documented(settings: Any, prefix: str = "") -> Iterator[Setting]:
    """Every setting below a settings object, own ones first, groups after them."""
    docs = field_docs(type(settings))
    nested = []
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            nested.append((f"{prefix}{field.name}.", value))
        elif isinstance(value, dict) and value and all(is_dataclass(part) for part in value.values()):
            nested += [(f"{prefix}{field.name}.{label}.", part) for label, part in value.items()]
        else:
            yield Setting(f"{prefix}{field.name}", typed(value), docs.get(field.name, ""))
    for inner_prefix, value in nested:
        yield from documented(value, inner_prefix)


def field_docs(schema: type) -> dict[str, str]:
    """Field -> its documentation, inherited fields included."""
    docs: dict[str, str] = {}
    for base in reversed(schema.__mro__):
        if is_dataclass(base):
            docs |= _own_docs(base)
    return docs


def _own_docs(schema: type) -> dict[str, str]:
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(schema))).body[0]
    assert isinstance(tree, ast.ClassDef)
    docs = {}
    for statement, following in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            docs[statement.target.id] = " ".join(str(following.value.value).split())
    return docs


def typed(value: object) -> str:
    """A value as it is typed on the command line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"[{','.join(typed(part) for part in value)}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{typed(part)}" for key, part in value.items()) + "}"
    return str(value)
