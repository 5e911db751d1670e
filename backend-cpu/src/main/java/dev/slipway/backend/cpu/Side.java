package dev.slipway.backend.cpu;

/** How a further operand of an epilogue lies beside the output of a kernel. */
enum Side {
  /** One element for each element of the output, laid out as it. */
  FULL,
  /** One vector for each block of output channels, the same for all pixels. */
  CHANNEL,
  /** One element for all. */
  SCALAR
}
