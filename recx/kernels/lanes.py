"""The inner loop of sums over factor rows, written in vector instructions.

LLVM makes good code of such loops only where it knows that arrays do not overlap and how long they are, which
numba cannot tell it: as plain loops the same work takes twice the time at 64 factors. The instructions are
LLVM's own, so that any processor runs them, those with eight float lanes at full speed.
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 8
"""Numbers in a vector, and rows taken at once. Rows must be a multiple of it long."""
REACH = 32
"""Entries that ``reaches`` looks at."""
FLOAT, INDEX, BYTE = ir.FloatType(), ir.IntType(64), ir.IntType(8).as_pointer()
VECTOR = ir.VectorType(FLOAT, LANES)
FUSED = ("contract",)  # a x b + c may be one instruction

Code = tuple[Any, Callable[..., Any]]
instruction: Callable[[Callable[..., Code]], Callable[..., Any]] = intrinsic
"""``intrinsic``, called in kernels without the typing context that it puts first."""


@instruction
def add_eight(
    typing: Any,
    indices: Any,
    weights: Any,
    at: Any,
    others: Any,
    x: Any,
    out: Any,
    shift: Any,
    scale: Any,
) -> Code:
    """Entries at .. at + 7 of a sparse row: out += sum_t w_t d_t y_t with d_t = shift + scale (y_t x).

    y_t is the row indices[t] of ``others``. Returns sum_t w_t d_t^2.
    """
    arrays = (indices, weights, types.int64, others, x, out)
    signature = types.float32(*arrays, types.float32, types.float32)

    def code(context: Any, b: ir.IRBuilder, signature: Any, args: Sequence[Any]) -> Any:
        def array(number: int) -> Any:
            return context.make_array(signature.args[number])(context, b, args[number])

        table = array(3)
        length = b.extract_value(table.shape, 1)
        rows = []
        for t in range(LANES):
            place = b.load(b.gep(array(0).data, [b.add(args[2], INDEX(t))]))
            rows.append(b.gep(table.data, [b.mul(b.sext(place, INDEX), length)]))
        weight = _load(b, array(1).data, args[2])

        with _steps(b, length) as loop:
            sums = [loop.carried(VECTOR([0.0] * LANES)) for _ in rows]
            part = _load(b, array(4).data, loop.at)
            loop.carry([_plus(b, s, part, _load(b, y, loop.at)) for s, y in zip(sums, rows, strict=True)])
        d = _plus(b, _spread(b, args[6]), _spread(b, args[7]), _across(b, loop.carries))
        weighted = b.fmul(weight, d)
        factors = [b.shuffle_vector(weighted, weighted, _lanes([t] * LANES)) for t in range(LANES)]

        target = array(5).data
        with _steps(b, length) as loop:
            total = _load(b, target, loop.at)
            for factor, y in zip(factors, rows, strict=True):
                total = _plus(b, total, factor, _load(b, y, loop.at))
            b.store(total, _vector_at(b, target, loop.at)).align = 4
        squares = _across(b, [b.fmul(weighted, d)] * LANES)
        return b.extract_element(squares, ir.IntType(32)(0))

    return signature, code


@instruction
def fetch(typing: Any, indices: Any, at: Any, others: Any) -> Code:
    """Ask for the first 64 numbers of the row indices[at] of ``others``, to be used soon."""
    signature = types.void(indices, types.int64, others)

    def code(context: Any, b: ir.IRBuilder, signature: Any, args: Sequence[Any]) -> Any:
        places = context.make_array(signature.args[0])(context, b, args[0])
        table = context.make_array(signature.args[2])(context, b, args[2])
        place = b.sext(b.load(b.gep(places.data, [args[1]])), INDEX)
        start = b.bitcast(b.gep(table.data, [b.mul(place, b.extract_value(table.shape, 1))]), BYTE)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [BYTE, number, number, number])
        ask = b.module.declare_intrinsic("llvm.prefetch", [BYTE], kind)
        for line in range(4):  # of 64 bytes; asking beyond the table does no harm
            b.call(ask, [b.gep(start, [INDEX(64 * line)]), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return signature, code


@instruction
def reaches(typing: Any, values: Any, at: Any, bound: Any) -> Code:
    """Whether one of the entries at .. at + REACH - 1, counted row by row, is not below ``bound``.

    NaN is not below anything.
    """
    signature = types.boolean(values, types.int64, types.float32)

    def code(context: Any, b: ir.IRBuilder, signature: Any, args: Sequence[Any]) -> Any:
        data = context.make_array(signature.args[0])(context, b, args[0]).data
        bounds = _spread(b, args[2])
        found = None
        for start in range(0, REACH, LANES):
            some = _load(b, data, b.add(args[1], INDEX(start)))
            not_below = b.fcmp_unordered(">=", some, bounds)
            found = not_below if found is None else b.or_(found, not_below)
        return b.icmp_unsigned("!=", b.bitcast(found, ir.IntType(LANES)), ir.IntType(LANES)(0))

    return signature, code


class _steps:
    """A loop over 0, 8, 16 .. below ``length``, which is at least 8; ``at`` is the counter."""

    def __init__(self, b: ir.IRBuilder, length: Any) -> None:
        self.b, self.length = b, length
        self.phis: list[Any] = []
        self.carries: list[Any] = []

    def __enter__(self) -> "_steps":
        self.before = self.b.block
        self.body, self.after = self.b.append_basic_block("step"), self.b.append_basic_block("done")
        self.b.branch(self.body)
        self.b.position_at_end(self.body)
        self.at = self.b.phi(INDEX)
        self.at.add_incoming(INDEX(0), self.before)
        return self

    def carried(self, start: Any) -> Any:
        """A value that every step hands to the next by ``carry``."""
        phi = self.b.phi(start.type)
        phi.add_incoming(start, self.before)
        self.phis.append(phi)
        return phi

    def carry(self, values: list[Any]) -> None:
        """What the carried values are after this step."""
        self.carries = values
        for phi, value in zip(self.phis, values, strict=True):
            phi.add_incoming(value, self.body)

    def __exit__(self, *_: object) -> None:
        following = self.b.add(self.at, INDEX(LANES))
        self.at.add_incoming(following, self.body)
        self.b.cbranch(self.b.icmp_signed("<", following, self.length), self.body, self.after)
        self.b.position_at_end(self.after)


def _vector_at(b: ir.IRBuilder, data: Any, at: Any) -> Any:
    return b.bitcast(b.gep(data, [at]), VECTOR.as_pointer())


def _load(b: ir.IRBuilder, data: Any, at: Any) -> Any:
    loaded = b.load(_vector_at(b, data, at))
    loaded.align = 4
    return loaded


def _plus(b: ir.IRBuilder, total: Any, factor: Any, other: Any) -> Any:
    return b.fadd(total, b.fmul(factor, other, flags=FUSED), flags=FUSED)


def _lanes(numbers: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), LANES), numbers)


def _spread(b: ir.IRBuilder, number: Any) -> Any:
    one = b.insert_element(ir.Constant(VECTOR, ir.Undefined), number, ir.IntType(32)(0))
    return b.shuffle_vector(one, one, _lanes([0] * LANES))


def _across(b: ir.IRBuilder, vectors: list[Any]) -> Any:
    """The sums over the lanes of eight vectors, as one vector."""
    halves = (
        ([0, 8, 2, 10, 4, 12, 6, 14], [1, 9, 3, 11, 5, 13, 7, 15]),
        ([0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]),
        ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]),
    )
    for left, right in halves:
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [
            b.fadd(b.shuffle_vector(p, q, _lanes(left)), b.shuffle_vector(p, q, _lanes(right)))
            for p, q in pairs
        ]
    return vectors[0]
