package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;

/** What a recurrent network makes of the gates of one vector of hidden units: LSTM or GRU with their usual functions. */
enum RecurrentCell {
  /** Gates input, output, forget, cell; the state is h and c. */
  LSTM {
    @Override
    void update(long gates, long cell, long before, long after) {
      sigmoid(gates, 3);
      FloatVector candidate = VectorMath.tanh(Memory.SPECIES, gate(gates, 3));
      FloatVector c = gate(gates, 2).fma(Memory.load(cell), gate(gates, 0).mul(candidate));
      Memory.store(c, cell);
      Memory.store(gate(gates, 1).mul(VectorMath.tanh(Memory.SPECIES, c)), after);
    }
  },

  /** Gates update, reset, and what input and state give to the hidden gate; the state is h. */
  GRU {
    @Override
    void update(long gates, long cell, long before, long after) {
      sigmoid(gates, 2);
      FloatVector candidate = VectorMath.tanh(Memory.SPECIES, gate(gates, 1).fma(gate(gates, 3), gate(gates, 2)));
      // (1 - z) candidate + z h
      FloatVector h = Memory.load(before);
      Memory.store(gate(gates, 0).fma(h.sub(candidate), candidate), after);
    }
  };

  /**
   * Computes the next state of a vector of hidden units.
   *
   * @param gates what goes into the functions, [gates][lanes]; overwritten
   * @param cell the second state, replaced; not read where there is none
   * @param before the hidden state
   * @param after the next hidden state
   */
  abstract void update(long gates, long cell, long before, long after);

  private static FloatVector gate(long gates, int index) {
    return Memory.load(gates + (long) index * Memory.VECTOR_BYTES);
  }

  /** Replaces the first gates by their sigmoids; a loop, as C2 inlines only so many exponentials into one method. */
  private static void sigmoid(long gates, int count) {
    for (int index = 0; index < count; index++) {
      FloatVector value = VectorMath.sigmoid(Memory.SPECIES, gate(gates, index));
      Memory.store(value, gates + (long) index * Memory.VECTOR_BYTES);
    }
  }
}
