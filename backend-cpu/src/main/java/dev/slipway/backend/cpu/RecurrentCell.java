package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;

/** What a recurrent network makes of the gates of one vector of hidden units: LSTM or GRU with their usual functions. */
enum RecurrentCell {
  /** Gates input, output, forget, cell; the state is h and c. */
  LSTM {
    @Override
    void update(VectorFunctions functions, long gates, long peepholes, long cell, long before, long after) {
      boolean peeps = peepholes != 0;
      long output = gates + Memory.VECTOR_BYTES;
      if (peeps) {
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
      if (peeps) {
        peep(gates, 1, peepholes, cell);
        functions.sigmoid(output, output, Memory.LANES);
      }
      functions.tanh(cell, candidate, Memory.LANES);
      Memory.store(gate(gates, 1).mul(gate(gates, 3)), after);
    }
  },

  /** Gates update, reset, and what input and state give to the hidden gate; the state is h. */
  GRU {
    @Override
    void update(VectorFunctions functions, long gates, long peepholes, long cell, long before, long after) {
      functions.sigmoid(gates, gates, 2 * Memory.LANES);
      long hidden = gates + 2L * Memory.VECTOR_BYTES;
      Memory.store(gate(gates, 1).fma(gate(gates, 3), gate(gates, 2)), hidden);
      functions.tanh(hidden, hidden, Memory.LANES);
      FloatVector candidate = gate(gates, 2);
      // (1 - z) candidate + z h
      FloatVector h = Memory.load(before);
      Memory.store(gate(gates, 0).fma(h.sub(candidate), candidate), after);
    }
  };

  /**
   * Computes the next state of a vector of hidden units.
   *
   * @param gates what goes into the functions, [gates][lanes]; overwritten
   * @param peepholes what the gates add of the cell state, [gates][lanes]; 0 where there are none
   * @param cell the second state, replaced; not read where there is none
   * @param before the hidden state
   * @param after the next hidden state
   */
  abstract void update(
      VectorFunctions functions, long gates, long peepholes, long cell, long before, long after);

  private static void peep(long gates, int index, long peepholes, long cell) {
    FloatVector sum = gate(peepholes, index).fma(Memory.load(cell), gate(gates, index));
    Memory.store(sum, gates + (long) index * Memory.VECTOR_BYTES);
  }

  private static FloatVector gate(long gates, int index) {
    return Memory.load(gates + (long) index * Memory.VECTOR_BYTES);
  }
}
