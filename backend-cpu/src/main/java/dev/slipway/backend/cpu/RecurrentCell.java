package dev.slipway.backend.cpu;

/** What recurrent networks make of their gates: LSTM, or GRU, each with its usual functions. */
enum RecurrentCell {
  /** Gates input, output, forget, cell; the state is h and c. */
  LSTM,

  /** Gates update, reset, and what input and state give to the hidden gate; the reset gate multiplies the state. */
  GRU,

  /** The same, but the reset gate multiplies what the state gives to the hidden gate. */
  GRU_LINEAR_BEFORE_RESET;

  /** Gates in ONNX's weights. */
  int gates() {
    return this == LSTM ? 4 : 3;
  }

  /** Where a gate of ONNX's weights goes: a GRU's hidden gate has its own place for the input and for the state. */
  int place(int gate, boolean ofState) {
    return this != LSTM && gate == 2 && ofState ? 3 : gate;
  }
}
