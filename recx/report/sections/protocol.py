"""How it was measured."""

from __future__ import annotations

from recx.report import tables
from recx.report.markup import Child, Markup, join, tag
from recx.report.sections.frame import Frame, sentence
from recx.report.words import count, meaning, title


def protocol(frame: Frame) -> Markup:
    """What the numbers mean."""
    protocol = frame.task.protocol
    words = [sentence(str(each)) for each in protocol.get("words", [])]
    words.append(
        f"Measured over all {count(frame.task.n_users)} users with something to be found; a user without "
        "a list counts as 0."
    )
    if protocol.get("hash"):
        words.append(
            f"Protocol {protocol['hash']}, definitions {protocol.get('version', '')}: results with "
            "another protocol do not belong in this table."
        )
    mse = str(protocol.get("mse", "ratings"))
    metrics = dict.fromkeys(
        name.partition("@")[0]
        for k in frame.chapter.panes
        for name in (*frame.chapter.columns(k), *frame.chapter.beyond(k), *frame.chapter.variants(k))
    )
    meanings: list[tuple[str, Child]] = [
        (title(each), meaning(each, mse)) for each in metrics if meaning(each, mse)
    ]
    return join(
        frame.part("How it was measured"),
        tag("ul", [tag("li", each) for each in words]),
        tag("details", tag("summary", "What every metric counts"), tables.pairs_table(meanings)),
    )
