package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Expression.Function;
import dev.slipway.operators.LogSoftmax;
import dev.slipway.operators.Softmax;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Softmax and LogSoftmax along any axis, float32 contiguous. */
final class SoftmaxTactic implements Tactic {
  private static final TacticId ID = new TacticId("softmax_f32", 2);
  private static final double NANOS_PER_ELEMENT = 0.6;
  private static final double NANOS_PER_TURNED_ELEMENT = 3;

  /** Lines this short are turned, so that a vector holds one element of as many lines. */
  static final int SHORT = Memory.LANES / 2;

  /** Lines that are turned at once. */
  static final int TURNED = 16 * Memory.LANES;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  SoftmaxTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Softmax) && !(request.op() instanceof LogSoftmax)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: Softmax or LogSoftmax)");
    }
    Optional<String> refusal = Contiguous.notFloat32(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    return new Support.Supported(1 + Requests.elements(request.output()) * NANOS_PER_ELEMENT / 1000);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    boolean logarithm = request.op() instanceof LogSoftmax;
    long axis = request.op() instanceof Softmax softmax ? softmax.axis() : ((LogSoftmax) request.op()).axis();
    Contiguous.Lines lines = Contiguous.Lines.of(request.output(), axis);
    PointwiseKernel exp = VectorFunctions.kernel(kernels, Function.EXP);
    return lines.inner() == 1
        ? new Rows(lines, logarithm, pool, exp, kernels.softmax(new SoftmaxSpec(false)))
        : new Columns(lines, logarithm, pool, exp);
  }

  /** Lines whose elements lie behind each other. */
  private record Rows(
      Contiguous.Lines lines, boolean logarithm, WorkerPool pool, PointwiseKernel exp, SoftmaxKernel softmax)
      implements Kernel {
    private static final long TILE_BYTES = (long) SHORT * TURNED * Float.BYTES;

    @Override
    public long workspaceBytes() {
      return lines.length() <= SHORT ? pool.threads() * TILE_BYTES : 0;
    }

    @Override
    public void run(KernelArguments arguments) {
      long bytes = lines.elements() * Float.BYTES;
      long from = Memory.address(arguments.input(0), bytes, "input");
      long to = Memory.address(arguments.output(), bytes, "output");
      long scratch = arguments.workspace().address();
      double nanos = lines.length() <= SHORT ? NANOS_PER_TURNED_ELEMENT : NANOS_PER_ELEMENT;
      Chunks chunks = Chunks.of(lines.outer(), lines.length() * nanos, pool);
      pool.run(
          chunks.units(),
          (unit, worker) -> rows(from, to, scratch + worker * TILE_BYTES, chunks.from(unit), chunks.to(unit)));
    }

    private void rows(long from, long to, long tile, int first, int last) {
      int row = first;
      long rowBytes = (long) lines.length() * Float.BYTES;
      while (lines.length() <= SHORT && row + Memory.LANES <= last) {
        int count = Math.min(TURNED, (last - row) / Memory.LANES * Memory.LANES);
        turned(from + row * rowBytes, to + row * rowBytes, tile, count);
        row += count;
      }
      if (logarithm) {
        for (; row < last; row++) {
          logarithmOfRow(from + row * rowBytes, to + row * rowBytes, lines.length());
        }
      } else if (row < last && rowBytes > 0) {
        softmax.run(from + row * rowBytes, to + row * rowBytes, rowBytes, lines.length(), last - row);
      }
    }

    /** Computes so many whole vectors of lines. */
    private void turned(long from, long to, long tile, int count) {
      int length = lines.length();
      long stride = (long) count * Float.BYTES;
      turn(from, tile, count, length, true);
      if (logarithm) {
        for (long at = tile; at < tile + stride; at += Memory.VECTOR_BYTES) {
          column(exp, at, at, length, stride, Lanes.first(Memory.LANES), true);
        }
      } else {
        subtractHighest(tile, stride, length);
        exp.run(tile, 0, 0, 0, 0, 0, tile, length * count);
        divideBySum(tile, stride, length);
      }
      turn(to, tile, count, length, false);
    }

    private static void subtractHighest(long tile, long stride, int length) {
      for (long at = tile; at < tile + stride; at += Memory.VECTOR_BYTES) {
        FloatVector highest = Memory.load(at);
        for (int i = 1; i < length; i++) {
          highest = highest.max(Memory.load(at + i * stride));
        }
        for (int i = 0; i < length; i++) {
          Memory.store(Memory.load(at + i * stride).sub(highest), at + i * stride);
        }
      }
    }

    private static void divideBySum(long tile, long stride, int length) {
      for (long at = tile; at < tile + stride; at += Memory.VECTOR_BYTES) {
        FloatVector sum = Memory.load(at);
        for (int i = 1; i < length; i++) {
          sum = sum.add(Memory.load(at + i * stride));
        }
        FloatVector factor = Lanes.all(1).div(sum);
        for (int i = 0; i < length; i++) {
          Memory.store(Memory.load(at + i * stride).mul(factor), at + i * stride);
        }
      }
    }

    /** Between [lines][length] in memory and [length][lines] in the tile. */
    private static void turn(long rows, long tile, int count, int length, boolean toTile) {
      long rowBytes = (long) length * Float.BYTES;
      for (int i = 0; i < length; i++) {
        long inRow = rows + (long) i * Float.BYTES;
        long inTile = tile + (long) i * count * Float.BYTES;
        for (int line = 0; line < count; line++, inRow += rowBytes, inTile += Float.BYTES) {
          if (toTile) {
            Memory.set(inTile, Memory.get(inRow));
          } else {
            Memory.set(inRow, Memory.get(inTile));
          }
        }
      }
    }
  }

  /** Lines side by side: a vector holds one element of as many lines. */
  private record Columns(Contiguous.Lines lines, boolean logarithm, WorkerPool pool, PointwiseKernel exp)
      implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      long bytes = lines.elements() * Float.BYTES;
      long from = Memory.address(arguments.input(0), bytes, "input");
      long to = Memory.address(arguments.output(), bytes, "output");
      int vectors = Math.ceilDiv(lines.inner(), Memory.LANES);
      Chunks chunks =
          Chunks.of(lines.outer() * vectors, lines.length() * Memory.LANES * NANOS_PER_ELEMENT, pool);
      long stride = (long) lines.inner() * Float.BYTES;
      pool.run(
          chunks.units(),
          (unit, _) -> {
            for (int i = chunks.from(unit); i < chunks.to(unit); i++) {
              int at = i % vectors * Memory.LANES;
              long offset = i / vectors * lines.length() * stride + (long) at * Float.BYTES;
              VectorMask<Float> mask = Lanes.first(Math.min(Memory.LANES, lines.inner() - at));
              column(exp, from + offset, to + offset, lines.length(), stride, mask, logarithm);
            }
          });
    }
  }

  private static void logarithmOfRow(long from, long to, int length) {
    float max = VectorSoftmax.highest(from, length);
    int whole = length / Memory.LANES;
    VectorMask<Float> tail = Lanes.first(length - whole * Memory.LANES);
    long rest = (long) whole * Memory.VECTOR_BYTES;
    FloatVector last = Lanes.load(from + rest, tail);
    FloatVector sums = Lanes.zero().blend(last.sub(max).lanewise(VectorOperators.EXP), tail);
    for (int i = 0; i < whole; i++) {
      sums = sums.add(Memory.load(from + (long) i * Memory.VECTOR_BYTES).sub(max).lanewise(VectorOperators.EXP));
    }
    float logarithm = (float) Math.log(Lanes.sum(sums));
    for (int i = 0; i < whole; i++) {
      long at = (long) i * Memory.VECTOR_BYTES;
      Memory.store(Memory.load(from + at).sub(max).sub(logarithm), to + at);
    }
    Lanes.store(last.sub(max).sub(logarithm), to + rest, tail);
  }

  /** As many lines side by side as the mask has lanes; {@code from} may be {@code to}. */
  private static void column(
      PointwiseKernel exp,
      long from,
      long to,
      int length,
      long stride,
      VectorMask<Float> mask,
      boolean logarithm) {
    FloatVector max = Lanes.all(Float.NEGATIVE_INFINITY);
    for (int i = 0; i < length; i++) {
      max = max.max(Lanes.load(from + i * stride, mask));
    }
    FloatVector sum = Lanes.zero();
    if (logarithm) {
      for (int i = 0; i < length; i++) {
        sum = sum.add(Lanes.load(from + i * stride, mask).sub(max).lanewise(VectorOperators.EXP));
      }
      FloatVector logarithms = sum.lanewise(VectorOperators.LOG);
      for (int i = 0; i < length; i++) {
        Lanes.store(Lanes.load(from + i * stride, mask).sub(max).sub(logarithms), to + i * stride, mask);
      }
      return;
    }
    for (int i = 0; i < length; i++) {
      Lanes.store(Lanes.load(from + i * stride, mask).sub(max), to + i * stride, mask);
    }
    if (stride == Memory.VECTOR_BYTES) {
      exp.run(to, 0, 0, 0, 0, 0, to, length * Memory.LANES);
    } else {
      int lanes = mask.trueCount();
      for (int i = 0; i < length; i++) {
        exp.run(to + i * stride, 0, 0, 0, 0, 0, to + i * stride, lanes);
      }
    }
    for (int i = 0; i < length; i++) {
      sum = sum.add(Lanes.load(to + i * stride, mask));
    }
    FloatVector factor = Lanes.all(1).div(sum);
    for (int i = 0; i < length; i++) {
      Lanes.store(Lanes.load(to + i * stride, mask).mul(factor), to + i * stride, mask);
    }
  }
}
