"""Whole runs against a baseline, through evaluate."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from recx.data import Dataset
from recx.errors import DataError, UsageError
from recx.evaluate import evaluate
from recx.evaluate.config import EvaluateConfig
from recx.evaluate.files import read_report
from recx.evaluate.gate.config import MarginGate
from recx.evaluate.result import Check, GateResult
from recx.report.gate import lines
from recx.report.junit import junit
from recx.report.markdown import markdown
from tests.evaluate.conftest import Shop
from tests.evaluate.test_evaluate import Open, planted
from tests.synthetic import dataset

N_USERS, N_ITEMS = 400, 30


def market() -> Dataset:
    """Users with few events and users with many, so that there are parts by activity."""
    random = np.random.default_rng(0)
    rows = [(user, int(item)) for user in range(N_USERS) for item in random.permutation(N_ITEMS)[:9]]
    more = [row for row in rows[::3] if row[0] >= N_USERS // 2]
    extra = [
        (user, int(item)) for user in range(N_USERS // 2, N_USERS) for item in random.permutation(N_ITEMS)[:2]
    ]
    return dataset(rows[::3] + more + extra, rows[1::3], rows[2::3], N_USERS, N_ITEMS, repeats=True)


def table(shop: Shop, worse: np.ndarray | None = None, seed: int = 1) -> np.ndarray:
    """A good model; the users that ``worse`` marks get nothing but noise."""
    found = planted(2.0, seed, shop.dataset)
    if worse is not None:
        found[worse] = planted(0.0, seed, shop.dataset)[worse]
    return found


def asked(shop: Shop, run: str | list[str], **settings: object) -> EvaluateConfig:
    return EvaluateConfig(
        runs=run if isinstance(run, list) else [],
        run="" if isinstance(run, list) else run,
        results=str(shop.folder / "results"),
        threads=1,
        slices=["activity"],
        **settings,  # type: ignore[arg-type]
    )


def gated(shop: Shop, run: str | list[str], **settings: object) -> GateResult:
    gate = MarginGate(**settings)  # type: ignore[arg-type]
    config = asked(shop, run, gate=gate, baseline=str(shop.folder / "b.parquet"))
    report = evaluate(config)
    assert report.gate is not None
    assert read_report(Path(report.folder)) == report
    return report.gate


def by_part(gate: GateResult) -> dict[tuple[str, str], Check]:
    return {(each.metric, each.part): each for each in gate.checks}


@pytest.fixture
def shop(open_shop: Open) -> Shop:
    """With a baseline of als."""
    found = open_shop(market())
    run = found.train("als", table(found))
    evaluate(asked(found, run), save_baseline=found.folder / "b.parquet")
    return found


def test_the_same_model_passes_to_the_bit(shop: Shop) -> None:
    gate = gated(shop, shop.train("als", table(shop)))
    assert gate.verdict == "pass"
    assert {each.difference.value for each in gate.checks} == {0}
    assert next(part for metric, part in by_part(gate) if metric == "ndcg@10") == "everybody"
    assert len(gate.checks) > 4


def test_float_differences_between_machines_do_not_matter(shop: Shop) -> None:
    nearly = table(shop) * (1 + 1e-6 * np.random.default_rng(0).normal(size=(N_USERS, N_ITEMS)))
    assert gated(shop, shop.train("als", nearly)).verdict == "pass"


def test_a_worse_model_fails_and_says_where_and_by_how_much(shop: Shop) -> None:
    gate = gated(shop, shop.train("als", table(shop, np.ones(N_USERS, bool))))
    assert gate.verdict == "fail"
    whole = by_part(gate)["ndcg@10", "everybody"]
    assert whole.verdict == "fail"
    assert whole.difference.high < -whole.margin
    assert whole.margin == pytest.approx(0.02 * whole.baseline)
    told = lines(gate)
    assert told[0].startswith("Gate regression: ")
    assert any(line.startswith("FAIL   als ndcg@10, everybody: ") and "400 users" in line for line in told)
    assert "--save-baseline" in told[-1]


def test_a_loss_in_one_part_is_found_there(shop: Shop) -> None:
    busy = np.arange(N_USERS) >= N_USERS // 2
    gate = gated(shop, shop.train("als", table(shop, busy)), margin=0.9)
    failed = {part for (_, part), each in by_part(gate).items() if each.verdict == "fail"}
    parts = {part for (_, part) in by_part(gate)} - {"everybody"}
    assert failed
    assert failed < parts
    assert gate.verdict == "fail"


def test_noise_is_no_regression_but_may_leave_it_open(shop: Shop) -> None:
    gate = gated(shop, shop.train("als", table(shop, seed=5)), margin=0.001, slices=False)
    assert {each.part for each in gate.checks} == {"everybody"}
    assert gate.verdict == "inconclusive"
    (line, *_) = [line for line in lines(gate) if line.startswith("unsure")]
    assert "would decide it if the difference is as it looks" in line


def test_several_seeds_are_one_candidate(shop: Shop) -> None:
    runs = [shop.train("als", table(shop), seed=seed) for seed in (1, 2)]
    gate = gated(shop, runs)
    assert gate.verdict == "pass"
    assert {each.entrant for each in gate.checks} == {"als"}


def test_a_fusion_is_gated_and_not_its_bases(open_shop: Open) -> None:
    shop = open_shop(market())
    base = shop.train("good", planted(1, 0, shop.dataset))
    fused = shop.fuse({"good": base}, {"stack": table(shop), "rrf": table(shop, seed=3)}, repeat="allow")
    evaluate(asked(shop, fused), save_baseline=shop.folder / "b.parquet")
    assert {each.entrant for each in gated(shop, fused).checks} == {"stack"}
    # another model under another name takes its place where there is one of each
    assert {each.entrant for each in gated(shop, base).checks} == {"good"}


def test_several_models_are_held_against_their_own(open_shop: Open) -> None:
    shop = open_shop(market())
    runs = [shop.train(name, table(shop, seed=seed)) for seed, name in enumerate(("als", "ease"))]
    evaluate(asked(shop, runs), save_baseline=shop.folder / "b.parquet")
    worse = shop.train("ease", table(shop, np.ones(N_USERS, bool)))
    gate = gated(shop, [runs[0], worse])
    assert {each.entrant for each in gate.checks if each.verdict == "fail"} == {"ease"}
    new = gated(shop, [*runs, shop.train("gcn", table(shop))])
    assert new.verdict == "pass"
    assert "gcn: not in the baseline" in new.skipped
    with pytest.raises(UsageError, match="holds ease, the runs do not"):
        gated(shop, runs[0])


def test_ratings_are_gated_by_their_errors(open_shop: Open) -> None:
    rows = [(user, item, float(1 + (user * item) % 5)) for user in range(60) for item in range(6)]
    data = dataset(rows[::3], rows[1::3], rows[2::3], 60, 6, value_range=(1, 5), relevant_from=4.0)
    shop = open_shop(data)
    truth = np.array([[1 + (user * item) % 5 for item in range(6)] for user in range(60)], float)
    noise = np.random.default_rng(0).normal(size=truth.shape)
    run = shop.train("svd", truth + 0.5 * noise)
    evaluate(asked(shop, run, k=[2]), save_baseline=shop.folder / "b.parquet")

    def verdict(made: np.ndarray) -> GateResult:
        config = asked(shop, shop.train("svd", made), k=[2], baseline=str(shop.folder / "b.parquet"))
        found = evaluate(config).gate
        assert found is not None
        return found

    assert {each.metric for each in verdict(truth + 0.5 * noise).checks} == {"rmse", "mae"}
    assert verdict(truth + 0.5 * noise).verdict == "pass"
    assert verdict(truth + 1.5 * noise).verdict == "fail"
    assert verdict(truth + 0.1 * noise).verdict == "pass"
    with pytest.raises(UsageError, match="could never fail"):
        gate = MarginGate(margins={"rmse": 0.999}, metrics=["rmse"])
        worst = shop.train("worst", np.where(truth > 2, 1.0, 5.0))
        evaluate(asked(shop, worst, k=[2]), save_baseline=shop.folder / "w.parquet")
        evaluate(asked(shop, worst, k=[2], gate=gate, baseline=str(shop.folder / "w.parquet")))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"margin": 1.0}, "gate.margin=1: as large as the metric itself, the gate could never fail"),
        ({"slice_margin": 3.0}, "gate.slice_margin=3: as large as the metric"),
        ({"margins": {"ndcg@10": 2.0}}, "gate.margins.ndcg@10=2: as large as"),
        ({"margin": 0.0}, "gate.margin=0: without a tolerated loss no run passes"),
        ({"margins": {"ndgc@10": 0.1}}, "no metric called 'ndgc'; did you mean 'ndcg'"),
        ({"metrics": ["ndcg@7"]}, r"gate.metrics=\[ndcg@7\]: not measured; add k=\[5,10,20,7\]"),
        ({"metrics": ["gini@10"]}, "more of it is not better in itself"),
        ({"metrics": ["rmse"]}, "nobody has rated anything"),
        ({"metrics": ["map@10"]}, r"holds ndcg@10, recall@10 and not map@10"),
        ({"inconclusive": "never"}, "gate.inconclusive=never; there is all, everybody"),
    ],
)
def test_settings_that_make_no_gate_are_refused(shop: Shop, settings: dict[str, object], words: str) -> None:
    run = shop.train("als", table(shop))
    with pytest.raises(UsageError, match=words):
        gated(shop, run, **settings)


def test_a_metric_of_nothing_makes_no_gate(open_shop: Open) -> None:
    shop = open_shop(market())
    hopeless = -planted(50.0, 0, shop.dataset)
    run = shop.train("als", hopeless)
    evaluate(asked(shop, run, k=[1]), save_baseline=shop.folder / "b.parquet")
    with pytest.raises(UsageError, match=r"ndcg@1 of als is 0 in .*: nothing can be lost"):
        evaluate(asked(shop, run, k=[1], baseline=str(shop.folder / "b.parquet")))


def test_a_gate_needs_a_baseline_and_one_table(shop: Shop) -> None:
    run = shop.train("als", table(shop))
    with pytest.raises(UsageError, match=r"a gate needs baseline=PATH; make one: .* --save-baseline PATH"):
        evaluate(asked(shop, run, gate=MarginGate()))
    with pytest.raises(UsageError, match="run the gate first"):
        evaluate(asked(shop, run, baseline="b.parquet"), save_baseline=Path("c.parquet"))
    both = [shop.fuse({"als": run}, {"stack": table(shop)}, repeat) for repeat in ("allow", "new")]
    with pytest.raises(UsageError, match="the runs make 2 tables, one per repeat; a gate takes one"):
        evaluate(asked(shop, both), save_baseline=shop.folder / "c.parquet")


def test_another_protocol_is_an_error_before_anything_is_scored(shop: Shop) -> None:
    with pytest.raises(DataError, match="made with candidates=catalogue, not candidates=train"):
        evaluate(
            asked(
                shop,
                shop.train("als", table(shop)),
                candidates="train",
                baseline=str(shop.folder / "b.parquet"),
            )
        )


def test_what_build_servers_and_pull_requests_read(shop: Shop) -> None:
    busy = np.arange(N_USERS) >= N_USERS // 2
    config = asked(shop, shop.train("als", table(shop, busy)), baseline=str(shop.folder / "b.parquet"))
    report = evaluate(config)
    gate = report.gate
    assert gate is not None
    suite = ElementTree.fromstring(junit(gate).encode())
    verdicts = [each.verdict for each in gate.checks]
    assert suite.get("tests") == str(len(gate.checks))
    assert len(suite.findall(".//failure")) == int(suite.get("failures", "")) == verdicts.count("fail") > 0
    assert len(suite.findall(".//skipped")) == verdicts.count("inconclusive")
    text = markdown(report)
    assert text.index("Gate regression") < text.index("What will users choose")
    assert "| ❌ `als` NDCG@10, everybody |" in text
    assert len(text) < 60_000  # a comment on GitHub holds 65,536
