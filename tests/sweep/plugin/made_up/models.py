import os
import signal
import time

import numpy as np

from made_up.config import ToldConfig
from recx.errors import UsageError
from recx.models.base import Recommender

DIARY = "MADE_UP_DIARY"
"""Environment variable: a file that gets a line whenever a fit begins and one whenever it ends."""


class Told(Recommender[ToldConfig]):
    rates = True

    def _fit(self, data, run, watch):
        self.diary("begins")
        time.sleep(self.config.pause)
        match self.config.ending:
            case "error":
                raise RuntimeError("a bug\nin two lines")
            case "usage":
                raise UsageError("told: item is out of stock")
            case "memory":
                raise MemoryError
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exit":
                os._exit(7)
        self.diary("ends")

    def score(self, batch):
        order = (np.arange(self.n_items) - self.config.item) % self.n_items
        return np.tile(-order.astype(np.float32), (len(batch), 1))

    def rate(self, batch, pairs):
        value = np.nan if self.config.ending == "nan" else self.config.item
        return np.full(len(pairs), value, np.float32)

    def knows(self, batch):
        return np.ones(len(batch), bool)

    def arrays(self):
        return {"nothing": np.zeros(1, np.float32)}

    def restore(self, arrays):
        pass

    def diary(self, what):
        if path := os.environ.get(DIARY):
            with open(path, "a") as file:
                file.write(f"{what} {self.config.item}\n")
