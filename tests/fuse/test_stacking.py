"""What a stack must do with bases whose worth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recx.arrays import Bool, Float32
from recx.fuse.fusers.config import NeuralConfig
from tests.fuse.conftest import N_ITEMS, N_USERS, SMALL, Fused, World, hints, world

Fuse = Callable[..., Fused]
EVEN_ITEMS = np.broadcast_to(np.arange(N_ITEMS) % 2 == 0, (N_USERS, N_ITEMS))
LONG_PAST = np.broadcast_to((np.arange(N_USERS) % 2 == 1)[:, None], (N_USERS, N_ITEMS))
EVERYWHERE = np.ones((N_USERS, N_ITEMS), dtype=np.bool_)


def halves(where: Bool) -> World:
    return world(lambda rng, taken: {"a": hints(rng, taken, where), "b": hints(rng, taken, ~where)})


@pytest.mark.parametrize("where", [EVEN_ITEMS, LONG_PAST], ids=["items", "users"])
def test_a_stack_of_bases_good_on_half_each_beats_the_best_of_them(fused: Fuse, where: Bool) -> None:
    done = fused(halves(where))
    assert done.fusion.note is None
    for base in ("a", "b"):
        assert done.gain(base)[1] > 0
    assert done.gain("rrf")[1] > 0


def test_a_finished_fusion_scores_as_it_did_when_it_was_checked(fused: Fuse) -> None:
    # the columns it reads from disk are those it has learnt from, in the same order
    done = fused(halves(EVEN_ITEMS))
    values = done.fusion.parts["ranking"].sanity.values
    assert done.on_window == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize(("kind", "where"), [("gate", LONG_PAST), ("mlp", EVEN_ITEMS)], ids=["gate", "mlp"])
def test_networks_tell_bases_apart_and_score_as_they_did_when_they_were_checked(
    fused: Fuse, kind: str, where: Bool
) -> None:
    done = fused(halves(where), NeuralConfig(kind=kind, nets=2, epochs=30, lr=0.02))
    values = done.fusion.parts["ranking"].sanity.values
    assert done.on_window == pytest.approx(values, abs=1e-6)
    assert done.fusion.note is None and done.gain("rrf")[1] > 0


def test_both_halves_are_listened_to_and_missed_when_left_out(fused: Fuse) -> None:
    done = fused(halves(EVEN_ITEMS))
    worth = {part.label: part for part in done.fusion.contributions}
    assert sum(part.share or 0 for part in worth.values()) == pytest.approx(1)
    for base in ("a", "b"):
        assert (worth[base].share or 0) > 0.15
        lost = worth[base].without
        assert lost is not None and lost.value > 0.05 and lost.low > 0


def test_copies_of_one_base_are_that_base(fused: Fuse) -> None:
    def copies(rng: np.random.Generator, taken: Bool) -> dict[str, Float32]:
        one = hints(rng, taken, EVERYWHERE)
        return {"one": one, "two": one.copy(), "three": one.copy()}

    done = fused(world(copies), replace(SMALL, features=["base"]))
    assert abs(done.ndcg["stack"].mean() - done.ndcg["one"].mean()) < 0.02
    for blend in ("rrf", "combsum", "mean"):
        assert np.array_equal(done.ndcg[blend], done.ndcg["one"])


def test_a_base_of_noise_changes_nearly_nothing(fused: Fuse) -> None:
    def make(noise: bool) -> World:
        def bases(rng: np.random.Generator, taken: Bool) -> dict[str, Float32]:
            found = {"a": hints(rng, taken, EVEN_ITEMS), "b": hints(rng, taken, ~EVEN_ITEMS)}
            loud = hints(rng, taken, ~EVERYWHERE)
            return found | {"noise": loud} if noise else found

        return world(bases)

    without, with_noise = fused(make(False), name="without"), fused(make(True), name="with")
    assert abs(without.ndcg["stack"].mean() - with_noise.ndcg["stack"].mean()) < 0.02
    worth = {part.label: part for part in with_noise.fusion.contributions}
    assert (worth["noise"].share or 0) < 0.5 * (worth["a"].share or 0)


def test_a_base_that_knows_half_of_the_users_is_used_for_them_alone(fused: Fuse) -> None:
    whole = world(
        lambda rng, taken: {
            "half": hints(rng, taken, EVERYWHERE, 4.0),
            "all": hints(rng, taken, EVERYWHERE, 1.5),
        }
    )
    known = np.arange(N_USERS) % 3 > 0
    done = fused(replace(whole, known={"half": known}))
    users = whole.dataset.split.final.target.active_users
    assert done.gain("all")[1] > 0
    strangers = ~known[users]
    # popularity answers for strangers, and the stack must not take it for the base's word
    assert done.ndcg["stack"][strangers].mean() > 0.9 * done.ndcg["all"][strangers].mean()
    assert done.ndcg["stack"][~strangers].mean() > 0.95 * done.ndcg["half"][~strangers].mean()


def test_a_stack_of_noise_steps_back_and_says_so(fused: Fuse) -> None:
    def bases(rng: np.random.Generator, taken: Bool) -> dict[str, Float32]:
        # all that can be known is in one base, and a stacker of one leaf at a time spoils it
        return {"good": hints(rng, taken, EVERYWHERE, 5.0), "noise": hints(rng, taken, ~EVERYWHERE)}

    done = fused(world(bases), replace(SMALL, trees=1, leaves=2))
    assert done.fusion.note is not None and "good answers" in done.fusion.note
    assert np.array_equal(done.ndcg["stack"], done.ndcg["good"])


def test_everything_outside_the_union_comes_below_it(fused: Fuse) -> None:
    done = fused(halves(EVEN_ITEMS), top=10)
    consensus = sum(
        (said - said.mean(axis=1, keepdims=True)) / said.std(axis=1, keepdims=True)
        for said in (done.scores["a"], done.scores["b"])
    )
    for label in ("stack", "rrf", "combsum", "mean"):
        scores = done.scores[label]
        assert np.isfinite(scores).all()
        # the union is what either base has among its first ten
        places = [(-done.scores[base]).argsort(axis=1).argsort(axis=1) for base in ("a", "b")]
        inside = np.minimum(*places) < 10
        worst = np.where(inside, scores, np.inf).min(axis=1)
        beyond = np.where(inside, -np.inf, scores)
        assert (beyond.max(axis=1) < worst).all()
        behind = np.where(inside, -np.inf, consensus)
        assert np.array_equal(beyond.argmax(axis=1), behind.argmax(axis=1))


def test_the_same_seed_gives_the_same_bytes(fused: Fuse) -> None:
    at = halves(EVEN_ITEMS)
    texts = [(fused(at, name=name).fusion.folder / "meta.txt").read_bytes() for name in ("one", "two")]
    assert texts[0] == texts[1]
    assert b"a.standard" in texts[0]
