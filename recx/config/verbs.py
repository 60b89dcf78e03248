"""Which settings each verb takes: its dataclass, its config groups, and the dataclass behind every option."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

SETTINGS: dict[str, str] = {
    "prepare": "recx.prepare.config:PrepareConfig",
    "train": "recx.train.config:TrainConfig",
    "fuse": "recx.fuse.config:FuseConfig",
    "evaluate": "recx.evaluate.config:EvaluateConfig",
    "compare": "recx.evaluate.compare.config:CompareConfig",
    "doctor": "recx.evaluate.doctor.config:DoctorConfig",
    "audit": "recx.audit.config:AuditConfig",
    "recommend": "recx.recommend.config:RecommendConfig",
    "reproduce": "recx.reproduce.config:ReproduceConfig",
    "sweep": "recx.sweep.config:SweepConfig",
    "run": "recx.run.config:RunConfig",
}
"""Verb -> "module:dataclass" of its settings; conf/<verb>.yaml holds their defaults."""


@dataclass(frozen=True)
class Group:
    """A config group: conf/<name>/*.yaml."""

    name: str
    noun: str  # how messages call one of its options
    schema: Callable[[dict[str, Any]], type]  # the dataclass of an option with these values


def _model(node: dict[str, Any]) -> type:
    from recx.models import config_class

    return config_class(str(node.get("name", "")))


def _dataset(node: dict[str, Any]) -> type:
    from recx.prepare.sources import source_config_class

    return source_config_class(str(node.get("source", "")))


def _split(node: dict[str, Any]) -> type:
    from recx.prepare.split.config import split_config_class

    return split_config_class(str(node.get("method", "")))


def _windows(node: dict[str, Any]) -> type:
    from recx.prepare.split.config import windows_config_class

    return windows_config_class(str(node.get("method", "")))


def _fuser(node: dict[str, Any]) -> type:
    from recx.fuse.fusers import config_class

    return config_class(str(node.get("name", "")))


def _gate(node: dict[str, Any]) -> type:
    from recx.evaluate.gate.config import gate_config_class

    return gate_config_class(node)


def _offline(node: dict[str, Any]) -> type:
    from recx.evaluate.offline.config import offline_config_class

    return offline_config_class(node)


GROUPS: dict[str, Group] = {
    group.name: group
    for group in (
        Group("dataset", "data set", _dataset),
        Group("split", "split", _split),
        Group("windows", "way to cut windows", _windows),
        Group("model", "model", _model),
        Group("fuser", "fuser", _fuser),
        Group("gate", "gate", _gate),
        Group("offline", "offline test", _offline),
    )
}
BASES = "bases"
"""The group whose options are mappings of labels to models; it may be a list on the command line."""


def settings_class(verb: str) -> type:
    """The dataclass of a verb's settings."""
    module, _, name = SETTINGS[verb].partition(":")
    loaded: type = getattr(import_module(module), name)
    return loaded
