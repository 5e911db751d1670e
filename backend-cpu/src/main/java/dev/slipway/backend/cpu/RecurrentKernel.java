package dev.slipway.backend.cpu;

/** A step of a recurrent network over one sequence: the state's share of the gates, and the next state. */
interface RecurrentKernel {
  /**
   * Addresses are absolute. Vectors of hidden units have whole blocks of lanes, zeros behind the last unit.
   *
   * @param gates what the input gives to them, [blocks][gates][lanes]; overwritten
   * @param weights of the state, packed as {@link GateProduct} says
   * @param peepholes [blocks][gates][lanes]; not read where there are none
   * @param before the hidden state
   * @param after the next hidden state
   * @param state the cell state, replaced; of a cell without one, scratch of the same size
   * @param scratch for the gates of one block
   */
  void step(long gates, long weights, long peepholes, long before, long after, long state, long scratch);
}
