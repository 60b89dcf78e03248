from dataclasses import dataclass, field

from recx.config.docs import documented, field_docs, typed


@dataclass
class Outer:
    """Of a base class."""

    seed: int = 7
    """Every random
    choice."""


@dataclass
class Inner(Outer):
    names: list[str] = field(default_factory=lambda: ["a", "b"])
    """Some names."""
    undocumented: float | None = None


def test_documentation_is_what_stands_below_a_field_inherited_ones_included() -> None:
    assert field_docs(Inner) == {"seed": "Every random choice.", "names": "Some names."}


def test_settings_are_listed_as_they_are_typed() -> None:
    assert [(s.key, s.value) for s in documented(Inner())] == [
        ("seed", "7"),
        ("names", "[a,b]"),
        ("undocumented", "null"),
    ]


def test_values_read_as_they_are_typed() -> None:
    assert [typed(v) for v in (True, None, [1, 2.5], {"view": 1.0})] == [
        "yes",
        "null",
        "[1,2.5]",
        "{view:1.0}",
    ]
