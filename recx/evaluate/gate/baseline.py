"""The baseline file: every user's numbers of the entrants that were good enough, and what they mean.

Parquet: a row per entrant, part and user, a column per metric; of parts of users only everybody is kept, for
who belongs to them is known. Its metadata holds the protocol, the split and a checksum of all of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from recx import __version__, store
from recx.arrays import Float32, Int32
from recx.errors import DataError
from recx.evaluate.gate.samples import SUMS, Place, Sample, Samples
from recx.metrics.protocol import Protocol
from recx.metrics.statistics import Chance

FORMAT = 1
META = b"recx.baseline"
COUNTS = "ratings"
WORDS = ("entrant", "group", "part")
SAME_PROTOCOL = ("repeat", "candidates", "relevant_from", "seed")
"""What must be equal for two numbers of one name to mean the same; cut-offs are part of the name."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """What a file of --save-baseline holds."""

    path: Path
    facts: store.Json
    samples: Samples

    @property
    def entrants(self) -> list[str]:
        """In the order they were saved."""
        return list(dict.fromkeys(place.entrant for place in self.samples))

    @property
    def metrics(self) -> list[str]:
        """In the order they were saved."""
        return list(dict.fromkeys(place.metric for place in self.samples))


def identity(facts: Mapping[str, Any], fingerprint: str) -> store.Json:
    """What says that two data sets and their splits are the same, of the facts of a prepared one."""
    settings = facts.get("settings", {})
    return {
        "fingerprint": fingerprint,
        "name": facts.get("name"),
        "rows": [file["sha256"] for file in facts.get("source", [])],
        "dataset": settings.get("dataset"),
        "split": settings.get("split"),
        "windows": settings.get("windows"),
    }


def save(path: Path, samples: Samples, data: store.Json, protocol: Protocol, runs: Mapping[str, str]) -> None:
    """Write ``samples`` of ``runs`` (entrant -> folder), atomically; DataError where that cannot be done."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = _columns(samples)
    facts = {
        "format": FORMAT,
        "recx": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "runs": dict(runs),
        "data": data,
        "protocol": protocol.plain,
        "spread": [
            [*vars(place).values(), [[each.variance, each.df] for each in sample.spread]]
            for place, sample in samples.items()
            if sample.spread
        ],
    }
    facts["sha256"] = _digest(columns, facts)
    arrays = {
        name: pa.DictionaryArray.from_arrays(column.codes, pa.array(column.words, pa.string()))
        if isinstance(column, Words)
        else pa.array(column, from_pandas=True)
        for name, column in columns.items()
    }
    table = pa.table(arrays).replace_schema_metadata({META: json.dumps(facts).encode()})
    with store.atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=9)


def load(path: Path) -> Baseline:
    """The baseline in ``path``; DataError where there is none, or it is not what was written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    again = "make it again: recx evaluate run=… --save-baseline " + str(path)
    if not path.is_file():
        raise DataError(f"no baseline in {path}; {again}")
    try:
        table = pq.read_table(path)
        facts = json.loads((table.schema.metadata or {})[META])
        columns = {name: _column(table[name]) for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise DataError(f"{path} is no baseline, or damaged; {again}") from None
    if facts.get("format") != FORMAT:
        raise DataError(f"{path} was written by another recx ({facts.get('recx')}); {again}")
    if facts.get("sha256") != _digest(columns, {k: v for k, v in facts.items() if k != "sha256"}):
        raise DataError(f"{path} was changed after it had been written; restore it, or {again}")
    return Baseline(path, facts, _samples(columns, facts))


def check_same(baseline: Baseline, data: store.Json, protocol: Protocol) -> None:
    """DataError that says which, where the baseline is of another split, protocol or version of metrics."""
    path, was = baseline.path, baseline.facts["data"]
    if was["fingerprint"] != data["fingerprint"]:
        raise DataError(f"{path} is of {in_what(was, data)}: no comparison; {_save_again(path)}")
    made = baseline.facts["protocol"]
    if made["version"] != protocol.version:
        raise DataError(
            f"{path} holds metrics by definition {made['version']}, this recx measures {protocol.version}; "
            f"{_save_again(path)}"
        )
    for name in SAME_PROTOCOL:
        if made[name] != getattr(protocol, name):
            raise DataError(
                f"{path} was made with {name}={made[name]}, not {name}={getattr(protocol, name)}: another "
                f"protocol is no comparison; add {name}={made[name]}, or {_save_again(path)}"
            )


def in_what(was: store.Json, now: store.Json) -> str:
    """In what two data sets, by their ``identity``, differ."""
    if was["name"] != now["name"]:
        return f"the data set {was['name']}, not of {now['name']}"
    if was["rows"] != now["rows"]:
        return f"other files of {was['name']}"
    for kind, words in (
        ("split", "another split"),
        ("windows", "other windows"),
        ("dataset", "other settings of the data"),
    ):
        before, after = was[kind] or {}, now[kind] or {}
        for name in {**before, **after}:
            if before.get(name) != after.get(name):
                return f"{words} ({kind}.{name}={before.get(name)}, here {after.get(name)})"
    return f"another split (fingerprint {was['fingerprint']}, here {now['fingerprint']}; a seed or a version)"


def _save_again(path: Path) -> str:
    return f"save it again: --save-baseline {path}"


@dataclass(frozen=True, eq=False)
class Words:
    """A column of few different words."""

    codes: Int32  # (rows,)
    words: list[str]

    def __getitem__(self, row: int) -> str:
        return self.words[int(self.codes[row])]


Column = Words | Float32 | Int32


def _columns(samples: Samples) -> dict[str, Column]:
    """Samples of one entrant and part share their rows where they share their users."""
    rows: dict[tuple[str, str, str, bytes], dict[str, Sample]] = {}
    for place, sample in samples.items():
        key = place.entrant, place.group, place.part, sample.users.tobytes()
        rows.setdefault(key, {})[place.metric] = sample
    firsts = [next(iter(found.values())) for found in rows.values()]
    lengths = [len(first.users) for first in firsts]
    columns: dict[str, Column] = {}
    for at, name in enumerate(WORDS):
        each = [str(key[at]) for key in rows]
        words = list(dict.fromkeys(each))
        codes = np.array([words.index(word) for word in each], dtype=np.int32)
        columns[name] = Words(np.repeat(codes, lengths), words)
    columns["user"] = np.concatenate([first.users.astype(np.int32) for first in firsts])
    metrics = list(dict.fromkeys(place.metric for place in samples))
    parts: dict[str, list[Float32]] = {name: [] for name in (COUNTS, *metrics)}
    for found, length in zip(rows.values(), lengths, strict=True):
        nothing = np.full(length, np.nan, dtype=np.float32)
        counts = [each.counts for each in found.values() if each.counts is not None]
        parts[COUNTS].append(counts[0].astype(np.float32) if counts else nothing)
        for metric in metrics:
            parts[metric].append(found[metric].values.astype(np.float32) if metric in found else nothing)
    return columns | {name: np.concatenate(each) for name, each in parts.items()}


def _samples(columns: Mapping[str, Any], facts: store.Json) -> Samples:
    spread = {
        Place(*words): tuple(Chance(float(variance), int(df)) for variance, df in chances)
        for *words, chances in facts["spread"]
    }
    changes = np.any([np.diff(columns[name].codes) != 0 for name in WORDS], axis=0)
    starts = [0, *(np.flatnonzero(changes) + 1), len(columns["user"])]
    found: Samples = {}
    for start, end in pairwise(starts):
        entrant, group, part = (columns[name][start] for name in WORDS)
        for metric in columns:
            if metric in (*WORDS, "user", COUNTS):
                continue
            values = columns[metric][start:end].astype(np.float64)
            known = ~np.isnan(values)
            if known.any():
                place = Place(entrant, group, part, metric)
                counts = columns[COUNTS][start:end][known].astype(np.float64)
                found[place] = Sample(
                    columns["user"][start:end][known],
                    values[known],
                    counts if metric in SUMS else None,
                    spread.get(place, ()),
                )
    return found


def _column(column: Any) -> Column:
    import pyarrow as pa

    whole = column.combine_chunks()
    if pa.types.is_dictionary(whole.type):
        codes = whole.indices.to_numpy().astype(np.int32)
        return Words(codes, [str(word) for word in whole.dictionary.to_pylist()])
    found: Float32 = whole.to_numpy(zero_copy_only=False)
    return found


def _digest(columns: Mapping[str, Column], facts: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name, column in columns.items():
        array = column
        if isinstance(column, Words):
            digest.update("\n".join([name, *column.words]).encode())
            array = column.codes
        digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def described(facts: store.Json) -> dict[str, Any]:
    """What a report says of a baseline."""
    return {name: facts[name] for name in ("made", "recx", "runs")}
