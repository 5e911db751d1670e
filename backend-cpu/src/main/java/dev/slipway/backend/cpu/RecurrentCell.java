package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;

/** What a recurrent network makes of the gates of one vector of hidden units: LSTM or GRU with their usual functions. */
enum RecurrentCell {
  /** Gates input, output, forget, cell; the state is h and c. */
  LSTM {
    @Override
    void update(long gates, long cell, long before, long after) {
      FloatVector in = sigmoid(gates, 0);
      FloatVector out = sigmoid(gates, 1);
      FloatVector forget = sigmoid(gates, 2);
      FloatVector candidate = VectorMath.tanh(Memory.SPECIES, gate(gates, 3));
      FloatVector c = forget.mul(Memory.load(cell)).add(in.mul(candidate));
      Memory.store(c, cell);
      Memory.store(out.mul(VectorMath.tanh(Memory.SPECIES, c)), after);
    }
  },

  /** Gates update, reset, and what input and state give to the hidden gate; the state is h. */
  GRU {
    @Override
    void update(long gates, long cell, long before, long after) {
      FloatVector z = sigmoid(gates, 0);
      FloatVector reset = sigmoid(gates, 1);
      FloatVector candidate = VectorMath.tanh(Memory.SPECIES, reset.fma(gate(gates, 3), gate(gates, 2)));
      // (1 - z) candidate + z h
      FloatVector h = Memory.load(before);
      Memory.store(z.fma(h.sub(candidate), candidate), after);
    }
  };

  /**
   * Computes the next state of a vector of hidden units.
   *
   * @param gates what goes into the functions, [gates][lanes]
   * @param cell the second state, replaced; not read where there is none
   * @param before the hidden state
   * @param after the next hidden state
   */
  abstract void update(long gates, long cell, long before, long after);

  private static FloatVector gate(long gates, int index) {
    return Memory.load(gates + (long) index * Memory.VECTOR_BYTES);
  }

  private static FloatVector sigmoid(long gates, int index) {
    return VectorMath.sigmoid(Memory.SPECIES, gate(gates, index));
  }
}
