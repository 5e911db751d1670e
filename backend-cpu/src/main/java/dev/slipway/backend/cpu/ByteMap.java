package dev.slipway.backend.cpu;

/** Computes bytes from those at the same places of one or two arrays. Thread-safe. */
interface ByteMap {
  /** The second address is ignored where there is one array only; arrays may be the output. */
  void run(long a, long b, long output, long count);
}
