"""A family is what a model's arrays are said to depend on, beside what all models share."""

import ast
from pathlib import Path

import recx.models

ROOM = Path(recx.models.__file__).parent


def test_no_family_reads_the_code_of_another() -> None:
    """For a fit is used again as long as the files of its own family stay the same."""
    for family in (path for path in ROOM.iterdir() if (path / "__init__.py").is_file()):
        for file in family.glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                for module in imported(node):
                    if module.startswith("recx.models."):
                        part = module.split(".")[2]
                        assert part == family.name or not (ROOM / part).is_dir(), f"{file}: {module}"


def imported(node: ast.AST) -> list[str]:
    """Names of modules, or of what is in them, that a statement imports."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{name.name}" for name in node.names]
    return []
