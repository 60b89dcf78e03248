"""recx: prepare, train, fuse, evaluate and sweep e-commerce recommenders."""

import os

# Read by OpenMP and OpenBLAS when they load, which nothing here has done yet. Work goes back and forth
# between the threads of both, block by block: those that wait sleep instead of spinning on the other's cores.
# Top lists of gowalla take 1.6 s in blocks of 12 MB on two cores, and 4 to 5 s where they spin.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

__version__ = "0.1.0"
