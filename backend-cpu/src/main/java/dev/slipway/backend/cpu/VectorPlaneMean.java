package dev.slipway.backend.cpu;

import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/** A {@link WindowKernel} over the Vector API: the mean of each plane. */
final class VectorPlaneMean implements WindowKernel {
  private final WindowSpec spec;
  private final int pixels;
  private final Optional<EpiloguePass> pass;

  VectorPlaneMean(WindowSpec spec, MicroKernels kernels) {
    this.spec = spec;
    pixels = spec.shape().inHeight() * spec.shape().inWidth();
    pass = spec.epilogue().equals(Epilogue.NONE)
        ? Optional.empty()
        : Optional.of(new EpiloguePass(kernels, spec.epilogue(), PointwiseSpec.Motion.VECTOR));
  }

  @Override
  public void run(ConvOperands at, int planeFrom, int planeTo, int rowFrom, int rowTo) {
    for (int plane = planeFrom; plane < planeTo; plane++) {
      long out = (long) plane * Memory.VECTOR_BYTES;
      mean(at.input() + out * pixels, pixels, at.output() + out);
      if (pass.isPresent()) {
        int block = plane % spec.blocks();
        pass.get().run(
            at.output() + out,
            at.side0() + spec.sideOffset(0, out, block),
            at.side1() + spec.sideOffset(1, out, block),
            at.side2() + spec.sideOffset(2, out, block),
            Memory.LANES);
      }
    }
  }

  /** Four sums hide the latency of an addition. */
  private static void mean(long from, int count, long to) {
    FloatVector a = FloatVector.zero(Memory.SPECIES);
    FloatVector b = FloatVector.zero(Memory.SPECIES);
    FloatVector c = FloatVector.zero(Memory.SPECIES);
    FloatVector d = FloatVector.zero(Memory.SPECIES);
    long at = from;
    int i = 0;
    for (; i + 4 <= count; i += 4, at += 4L * Memory.VECTOR_BYTES) {
      a = a.add(Memory.load(at));
      b = b.add(Memory.load(at + Memory.VECTOR_BYTES));
      c = c.add(Memory.load(at + 2L * Memory.VECTOR_BYTES));
      d = d.add(Memory.load(at + 3L * Memory.VECTOR_BYTES));
    }
    for (; i < count; i++, at += Memory.VECTOR_BYTES) {
      a = a.add(Memory.load(at));
    }
    Memory.store(a.add(b).add(c.add(d)).mul(1f / count), to);
  }
}
