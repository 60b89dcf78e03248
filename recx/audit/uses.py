"""Rows with two uses: what is to be found may not be learnt, nor stop a fit, nor be a label of a stacker."""

from __future__ import annotations

from dataclasses import dataclass

from recx.arrays import Bool
from recx.audit.finding import Check, Finding, Rows
from recx.audit.folder import FINAL, LEARNT, SELECT, Block, Folder
from recx.prepare.stored import INTERACTIONS

AGAIN = "prepare the data set again; where the division is your own, give each row one part"


@dataclass(frozen=True)
class Overlap:
    """Two uses of rows that exclude each other."""

    check: str
    one: str  # fold whose rows are asked for
    other: str  # fold that uses them too
    learnt: bool  # by learning from them; else by asking for them
    words: str

    def bad(self, block: Block) -> Bool:
        """The rows with both."""  # (n,)
        asked = block.asked(self.one)
        if self.learnt:
            return asked & ((block.roles(self.other) & LEARNT) > 0)
        return asked & block.asked(self.other)


def check_uses(data: Folder) -> list[Check]:
    """The checks two-uses, stacker-labels and selection of a data set."""
    overlaps = _overlaps(data)
    found = [Rows() for _ in overlaps]
    for block in data.blocks():
        for overlap, rows in zip(overlaps, found, strict=True):
            rows.add(block.numbers[overlap.bad(block)])
    on_valid = data.settings["split"].get("watch") == "valid"
    findings: dict[str, list[Finding]] = {"two-uses": [], "stacker-labels": [], "selection": []}
    for overlap, rows in zip(overlaps, found, strict=True):
        if not rows.count:
            continue
        # split.watch=valid exists to reproduce papers: fuse refuses it, test is not touched by it
        meant = on_valid and (overlap.one, overlap.other) == (SELECT, data.windows[-1])
        findings[overlap.check].append(
            Finding(
                "note" if meant else "leak",
                f"{rows.count:,} {overlap.words}{' (split.watch=valid)' if meant else ''}",
                f"{INTERACTIONS}, columns fold:{overlap.one} and fold:{overlap.other}",
                "give split.watch=inner before anything is fused" if meant else AGAIN,
                {"rows": rows.count},
                rows.first,
            )
        )
    windows = ", ".join(data.windows)
    looked = {
        "two-uses": f"what select, {windows} and final ask for against what they learn or are given",
        "stacker-labels": f"labels of {windows} against watch and test",
        "selection": "watch, which stops fits and chooses settings, against test",
    }
    return [Check(name, data.name, looked[name], tuple(each)) for name, each in findings.items()]


def _overlaps(data: Folder) -> list[Overlap]:
    pairs = [
        Overlap("two-uses", FINAL, fold, True, f"rows of test are learnt or given in {fold}")
        for fold in data.folds
    ]
    pairs += [
        Overlap("two-uses", fold, fold, True, f"rows that {fold} asks for are learnt or given in it")
        for fold in data.folds
        if fold != FINAL
    ]
    for window in data.windows:
        pairs.append(Overlap("stacker-labels", FINAL, window, False, f"labels of {window} are rows of test"))
        pairs.append(
            Overlap("stacker-labels", SELECT, window, False, f"labels of {window} stop the bases: watch")
        )
    return [*pairs, Overlap("selection", FINAL, SELECT, False, "rows of watch are rows of test")]
