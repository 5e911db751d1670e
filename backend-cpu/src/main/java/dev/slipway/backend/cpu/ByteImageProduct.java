package dev.slipway.backend.cpu;

/** A convolution of {@link ChannelBytes} with constant weights. */
interface ByteImageProduct {
  /** Bytes of scratch memory that each thread needs. */
  long scratchBytes();

  /** Runs on the pool; the scratch memory has {@link #scratchBytes} for each of its threads. */
  void run(WorkerPool pool, ByteConvolution.Operands at);
}
