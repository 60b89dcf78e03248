"""Html and svg as text that is escaped by construction: only ``tag`` makes markup, all else is content."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

VOID = frozenset({"meta", "br", "hr", "input", "col", "rect", "line", "circle", "path", "polyline"})
"""Elements that may stay empty; closed as xml wants it, so that the page is well-formed either way."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that needs no escaping any more."""

    __slots__ = ()


Child = str | Markup | Iterable["Child"] | None
Attribute = str | float | bool | None


def text(content: str) -> Markup:
    """Content as markup; characters that no document may hold are replaced."""
    return Markup(escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", content), quote=True))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element; ``class_`` is class, other underscores are hyphens; None and False are left out."""
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        shown = key if value is True else fine(value) if isinstance(value, int | float) else value
        parts.append(f' {key.rstrip("_").replace("_", "-")}="{text(shown)}"')
    content = join(*children)
    if not content and name in VOID:
        return Markup("".join(parts) + "/>")
    return Markup(f"{''.join(parts)}>{content}</{name}>")


def join(*children: Child) -> Markup:
    """Children one after the other, strings escaped."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, str):
            parts.append(child if isinstance(child, Markup) else text(child))
        else:
            parts.append(join(*child))
    return Markup("".join(parts))


def fine(value: float) -> str:
    """A coordinate: two decimals, no more zeros than needed."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
