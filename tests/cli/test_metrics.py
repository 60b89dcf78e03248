"""`recx metrics`: the list, one metric, and the doctor of a run made by the real command."""

from tests.cli.conftest import Recx


def test_metrics_are_listed_with_their_formulas_and_explained_one_by_one(recx: Recx) -> None:
    listed = recx("metrics").stdout
    assert "  map                 Sum of the precision at each hit's rank / min(k, R)." in listed
    assert "from lists and what users took, and an item column 'price':" in listed
    one = recx("metrics", "ndcg@10").stdout
    assert one.startswith("ndcg@10/v1\n")
    assert "variants  ndcg_exp" in one
    assert "metrics=[ndcg] k=[10]" in one
    assert "variant   of map" in recx("metrics", "map_r").stdout
    assert "better    lower" in recx("metrics", "rmse").stdout


def test_a_mistyped_metric_is_one_line(recx: Recx) -> None:
    assert "did you mean 'ndcg'" in recx("metrics", "ndgc@10", code=2).stderr
    assert "metrics takes one name" in recx("metrics", "ndcg", "map", code=2).stderr
    assert "name a run" in recx("metrics", "doctor", code=2).stderr
    assert "no run in nowhere" in recx("metrics", "doctor", "run=nowhere", code=2).stderr


def test_the_doctor_says_what_other_libraries_would_report_and_a_report_is_cut_as_asked(recx: Recx) -> None:
    folder = recx.last_line("train", "model=popular", "dataset=synthetic", "threads=1")
    run = f"run={folder.relative_to(recx.folder)}"
    told = recx("metrics", "doctor", run, "k=5", "threads=1").stdout
    heads = told.splitlines()[2].split()
    assert heads == [
        "recx", "RecBole", "LensKit", "RecTools", "RePlay", "Elliot", "ranx", "implicit", "DaisyRec",
    ]  # fmt: skip
    row = next(line.split() for line in told.splitlines() if line.startswith("map "))
    assert row[4] == row[7] != row[1]  # RecTools and ranx divide by R
    assert "  map: over R, not min(k, R)" in told
    settings = ("k=[5]", "metrics=[auc,diversity]", "slices=[activity,category]", "threads=1")
    page = recx.last_line("evaluate", f"runs=[{folder.relative_to(recx.folder)}]", *settings).read_text()
    assert "By activity: NDCG@5 of popular." in page
    assert "By category: NDCG@5 of popular." in page
    assert "AUC" in page
    assert "By popularity" not in page
    assert "Recall@5" not in page.partition("Parts of users and items")[0]
