"""What each verb is for, in a sentence or two."""

PURPOSE = {
    "prepare": "Clean a log, number its users and items, split it. Preparing the same twice does nothing.",
    "train": "Train one base model and show how it does on valid; test stays closed until `recx evaluate`.",
    "fuse": "Stack base models with LightGBM on scores they gave without having seen the labels.",
    "evaluate": "Measure finished runs on test by one protocol, compare them in pairs and write a report.",
    "audit": "Look for leaks in a prepared data set (data=PATH), or in a run, its data set and its bases "
    "(run=PATH). The exit code is 0 where there is none and 5 where there is one; notes do not count.",
    "compare": "Hold two runs against each other on test, metric by metric and user by user: recx compare "
    "A B. Who gains and who loses with B, which items it recommends more and less often, what it finds that "
    "A does not. Writes compare.json and compare.html.",
    "recommend": "Write the best items of some or all users to a file: what a finished run would show them "
    "today, and with explain=3 why.",
    "reproduce": "Run a finished run again from its manifest and compare byte by byte, on CPU: recx "
    "reproduce results/train/als-…. What has changed of its settings, packages, data and runs is named "
    "first. Exit code 0: the same, 6: equal inputs gave other bytes, 7: an input has changed. The old run "
    "is not touched.",
    "sweep": "Train with many settings, rank them on watch and keep the best; a stopped sweep continues. "
    "Several values are written model.factors=32,64 or model.layers=range(1,4) or model=als,ease; with "
    "search=random also model.dropout=interval(0,.5) and, drawn on a logarithmic scale, "
    "'model.reg=tag(log,interval(.001,10))'.",
    "run": "Prepare, train the bases, fuse them and evaluate everything: one command, one report.",
    "metrics": "List the metrics: what each counts, its formula, and what it needs. "
    "recx metrics ndcg@10 explains one; recx metrics doctor run=... says what other libraries would report "
    "for a finished run, and why.",
    "doctor": "What other libraries would report for a finished run, from the same scores, and why their "
    "numbers differ. Opens test; writes nothing.",
    "config": "Print the composed settings of a verb and where each value came from.",
    "models": "List the base models.",
    "datasets": "List the data sets recx can read, and which are prepared.",
    "ls": "List runs and their state.",
}
"""Verb -> help text."""
