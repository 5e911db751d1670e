package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;

/** Depthwise convolution and pooling in NCHW[c], shared out over the pool. Thread-safe: it holds no state of a call. */
final class BlockedWindow {
  /** For each vector of input or output. */
  private static final double NANOS_PER_VECTOR = 0.7;

  /** For each vector that a vector of output is computed from. */
  private static final double NANOS_PER_TAP = 0.25;

  private final WindowSpec spec;
  private final ConvShape shape;
  private final WindowKernel kernel;
  private final int blocks;
  private final boolean clearPadding;

  BlockedWindow(MicroKernels kernels, WindowSpec spec) {
    this.spec = spec;
    shape = spec.shape();
    kernel = kernels.window(spec);
    blocks = spec.blocks();
    clearPadding = shape.inChannels() % spec.lanes() != 0 && !spec.epilogue().keepsZero();
  }

  /** Bytes of packed depthwise weights, [block][kernel row][kernel column][c]. */
  static long packedBytes(WindowSpec spec) {
    return (long) spec.blocks() * spec.shape().kernelHeight() * spec.shape().kernelWidth() * spec.vectorBytes();
  }

  /** Packs weights [channels, 1, kernelHeight, kernelWidth]; {@code packed} is zero. */
  static void packWeights(WindowSpec spec, MemorySegment weights, MemorySegment packed) {
    ConvShape shape = spec.shape();
    int lanes = spec.lanes();
    int kernel = shape.kernelHeight() * shape.kernelWidth();
    for (int c = 0; c < shape.inChannels(); c++) {
      for (int tap = 0; tap < kernel; tap++) {
        long to = ((long) c / lanes * kernel + tap) * lanes + c % lanes;
        packed.setAtIndex(Memory.FLOAT, to, weights.getAtIndex(Memory.FLOAT, (long) c * kernel + tap));
      }
    }
  }

  /** Runs on the pool; needs no scratch memory. */
  void run(WorkerPool pool, ConvOperands at) {
    int height = shape.outHeight();
    int wanted = Chunks.wanted(nanos(), pool.threads());
    int firstParts = ImageUnits.firstParts((long) height * shape.outWidth(), pool.threads());
    ImageUnits units = ImageUnits.of(shape.batch(), firstParts, wanted, 1, height, blocks);
    pool.run(
        units.count(),
        (unit, _) -> {
          int first = units.image(unit) * blocks;
          int planeFrom = first + units.firstChannel(unit, blocks);
          int planeTo = first + units.endChannel(unit, blocks);
          band(at, planeFrom, planeTo, units.firstPixel(unit, height), units.endPixel(unit, height));
        });
  }

  private double nanos() {
    double planes = (double) shape.batch() * blocks;
    double read = planes * shape.inHeight() * shape.inWidth();
    double written = planes * shape.outHeight() * shape.outWidth();
    double taps = written * shape.kernelHeight() * shape.kernelWidth();
    return (read + written) * NANOS_PER_VECTOR + taps * NANOS_PER_TAP;
  }

  private void band(ConvOperands at, int planeFrom, int planeTo, int rowFrom, int rowTo) {
    kernel.run(at, planeFrom, planeTo, rowFrom, rowTo);
    for (int plane = planeFrom; clearPadding && plane < planeTo; plane++) {
      if (plane % blocks == blocks - 1) {
        clear(at.output(), plane, rowFrom, rowTo);
      }
    }
  }

  /** Clears the channels that the last block has too many. */
  private void clear(long output, int plane, int rowFrom, int rowTo) {
    int valid = shape.inChannels() % spec.lanes();
    long first = (long) plane * shape.outHeight() + rowFrom;
    long pixels = (long) (rowTo - rowFrom) * shape.outWidth();
    for (long x = first * shape.outWidth(); x < first * shape.outWidth() + pixels; x++) {
      long pixel = output + x * spec.vectorBytes();
      Memory.clear(pixel + (long) valid * Float.BYTES, (long) (spec.lanes() - valid) * Float.BYTES);
    }
  }
}
