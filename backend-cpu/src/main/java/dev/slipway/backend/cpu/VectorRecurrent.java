package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;

/** {@link RecurrentKernel} over the Vector API. */
final class VectorRecurrent implements RecurrentKernel {
  private final RecurrentSpec spec;
  private final VectorFunctions functions;

  VectorRecurrent(RecurrentSpec spec, VectorFunctions functions) {
    this.spec = spec;
    this.functions = functions;
  }

  @Override
  public void step(long gates, long weights, long peepholes, long before, long after, long state, long scratch) {
    switch (spec.cell()) {
      case LSTM -> {
        for (int block = 0; block < spec.blocks(); block++) {
          long at = multiply(gates, weights, before, block, block(gates, block));
          long peeps = spec.peepholes() ? block(peepholes, block) : 0;
          lstm(at, peeps, units(state, block), units(after, block));
        }
      }
      case GRU_LINEAR_BEFORE_RESET -> {
        for (int block = 0; block < spec.blocks(); block++) {
          long at = multiply(gates, weights, before, block, block(gates, block));
          functions.sigmoid(at, at, 2 * Memory.LANES);
          FloatVector hidden = gate(at, 1).fma(gate(at, 3), gate(at, 2));
          update(hidden, at, units(before, block), units(after, block));
        }
      }
      case GRU -> {
        for (int block = 0; block < spec.blocks(); block++) {
          multiply(gates, weights, before, block, scratch);
          functions.sigmoid(scratch, scratch, 2 * Memory.LANES);
          Memory.store(gate(scratch, 0), block(gates, block));
          Memory.store(gate(scratch, 1).mul(Memory.load(units(before, block))), units(state, block));
        }
        for (int block = 0; block < spec.blocks(); block++) {
          multiply(gates, weights, state, block, scratch);
          FloatVector hidden = gate(scratch, 2).add(gate(scratch, 3));
          update(hidden, block(gates, block), units(before, block), units(after, block));
        }
      }
    }
  }

  private static long block(long gates, int block) {
    return gates + (long) block * GateProduct.BLOCK_BYTES;
  }

  private static long units(long vector, int block) {
    return vector + (long) block * Memory.VECTOR_BYTES;
  }

  private static FloatVector gate(long gates, int index) {
    return Memory.load(gates + (long) index * Memory.VECTOR_BYTES);
  }

  /** Gives the address of the sums. */
  private long multiply(long gates, long weights, long vector, int block, long to) {
    long panel = weights + (long) block * spec.hidden() * GateProduct.BLOCK_BYTES;
    GateProduct.one(block(gates, block), panel, vector, spec.hidden(), to);
    return to;
  }

  private void lstm(long gates, long peepholes, long cell, long after) {
    long output = gates + Memory.VECTOR_BYTES;
    if (peepholes != 0) {
      peep(gates, 0, peepholes, cell);
      peep(gates, 2, peepholes, cell);
      // The output gate sees the next cell state, so its function waits.
      functions.sigmoid(gates, gates, Memory.LANES);
      functions.sigmoid(output + Memory.VECTOR_BYTES, output + Memory.VECTOR_BYTES, Memory.LANES);
    } else {
      functions.sigmoid(gates, gates, 3 * Memory.LANES);
    }
    long candidate = gates + 3L * Memory.VECTOR_BYTES;
    functions.tanh(candidate, candidate, Memory.LANES);
    FloatVector c = gate(gates, 2).fma(Memory.load(cell), gate(gates, 0).mul(gate(gates, 3)));
    Memory.store(c, cell);
    if (peepholes != 0) {
      peep(gates, 1, peepholes, cell);
      functions.sigmoid(output, output, Memory.LANES);
    }
    functions.tanh(cell, candidate, Memory.LANES);
    Memory.store(gate(gates, 1).mul(gate(gates, 3)), after);
  }

  private static void peep(long gates, int index, long peepholes, long cell) {
    FloatVector sum = gate(peepholes, index).fma(Memory.load(cell), gate(gates, index));
    Memory.store(sum, gates + (long) index * Memory.VECTOR_BYTES);
  }

  /** (1 - z) tanh(hidden) + z h; overwrites the third gate. */
  private void update(FloatVector hidden, long gates, long before, long after) {
    long candidates = gates + 2L * Memory.VECTOR_BYTES;
    Memory.store(hidden, candidates);
    functions.tanh(candidates, candidates, Memory.LANES);
    FloatVector candidate = gate(gates, 2);
    Memory.store(gate(gates, 0).fma(Memory.load(before).sub(candidate), candidate), after);
  }
}
