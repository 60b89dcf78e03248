"""Ways to divide the past.

To add one: its file, its settings in config.py, one line here, conf/split/<name>.yaml.
"""

METHODS: dict[str, str] = {
    "time": "recx.prepare.split.by_time:ByTime",
    "last": "recx.prepare.split.last:LeaveLastOut",
    "random": "recx.prepare.split.at_random:AtRandom",
    "kfold": "recx.prepare.split.kfold:KFold",
    "users": "recx.prepare.split.users:HeldOutUsers",
    "files": "recx.prepare.split.files:GivenFiles",
}
"""Method -> "module:Class"."""
