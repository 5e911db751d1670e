package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An elementwise expression over operands that broadcast: an outer walk over axes, an inner run that has no gaps in the
 * output. Thread-safe: it holds no state of a call.
 *
 * <p>A blocked tensor counts as [N, C/c, H x W, c]; an operand with one element for each channel then repeats a vector
 * along H x W.
 */
final class Pointwise {
  private static final double NANOS_PER_ELEMENT = 0.4;

  private final PointwiseKernel kernel;
  private final long[] outer;
  private final long[][] outerSteps;
  private final boolean[] advances;
  private final int run;
  private final int runs;
  private final int images;
  private final int pixels;

  /**
   * @param expression over {@code Input(i)}, the elements of operand i
   * @param dims axes of the output, which is contiguous over them
   * @param blocked whether they are those of images in NCHW[c]: the batch, blocks of channels, pixels, and the block
   * @param strides for each operand the elements that it moves along each axis; along the last one 0 or 1
   */
  Pointwise(MicroKernels kernels, Expression expression, long[] dims, boolean blocked, List<long[]> strides) {
    Axes axes = blocked ? new Axes(dims, strides) : Axes.merged(dims, strides);
    int inner = axes.dims.length - 1;
    boolean vectors = blocked || axes.repeatsVectors();
    int first = vectors ? inner - 1 : inner;
    long length = vectors ? axes.dims[inner] * axes.dims[inner - 1] : axes.dims[inner];
    List<PointwiseSpec.Motion> motions = new ArrayList<>();
    advances = new boolean[strides.size()];
    outerSteps = new long[strides.size()][];
    for (int i = 0; i < strides.size(); i++) {
      long[] steps = axes.strides.get(i);
      PointwiseSpec.Motion motion =
          steps[inner] == 0
              ? PointwiseSpec.Motion.SCALAR
              : vectors && steps[inner - 1] == 0 ? PointwiseSpec.Motion.VECTOR : PointwiseSpec.Motion.ADVANCE;
      motions.add(motion);
      advances[i] = motion == PointwiseSpec.Motion.ADVANCE;
      outerSteps[i] = Arrays.copyOf(steps, first);
    }
    outer = Arrays.copyOf(axes.dims, first);
    run = Math.toIntExact(length);
    runs = Math.toIntExact(Arrays.stream(outer).reduce(1, Math::multiplyExact));
    images = blocked ? Math.toIntExact(dims[0]) : 1;
    pixels = blocked ? Math.toIntExact(dims[2]) : 0;
    kernel = kernels.pointwise(
        new PointwiseSpec(Memory.SPECIES.vectorBitSize(), expression, motions));
  }

  /**
   * Runs on the pool. The output may be an operand that has an element for each of its elements.
   *
   * @param operands address of each operand
   */
  void run(WorkerPool pool, long[] operands, long output) {
    if (run == 0 || runs == 0) {
      return;
    }
    int runsOfImage = runs / images;
    int vectors = Math.ceilDiv(run, Memory.LANES);
    int wanted = Chunks.wanted((double) runs * run * NANOS_PER_ELEMENT, pool.threads());
    int firstParts = ImageUnits.firstParts(pixels, pool.threads());
    ImageUnits units = ImageUnits.of(images, firstParts, wanted, 1, vectors, runsOfImage);
    pool.run(units.count(), (unit, _) -> {
      int from = units.firstPixel(unit, vectors) * Memory.LANES;
      int to = Math.min(run, units.endPixel(unit, vectors) * Memory.LANES);
      for (int i = units.firstChannel(unit, runsOfImage); i < units.endChannel(unit, runsOfImage); i++) {
        piece(operands, output, units.image(unit) * runsOfImage + i, from, to);
      }
    });
  }

  private void piece(long[] operands, long output, int r, int from, int to) {
    kernel.run(
        address(operands, 0, r, from),
        address(operands, 1, r, from),
        address(operands, 2, r, from),
        address(operands, 3, r, from),
        address(operands, 4, r, from),
        address(operands, 5, r, from),
        output + ((long) r * run + from) * Float.BYTES,
        to - from);
  }

  private long address(long[] operands, int i, int r, int from) {
    if (i >= operands.length) {
      return 0;
    }
    long offset = advances[i] ? from : 0;
    int rest = r;
    for (int axis = outer.length - 1; axis >= 0; axis--) {
      offset += rest % outer[axis] * outerSteps[i][axis];
      rest = (int) (rest / outer[axis]);
    }
    return operands[i] + offset * Float.BYTES;
  }

  /** Axes of the output and what operands move along them; at least one axis. */
  private record Axes(long[] dims, List<long[]> strides) {

    /** Without axes of one element, and with neighbours as one where all operands run through both without a gap. */
    static Axes merged(long[] dims, List<long[]> strides) {
      List<Long> sizes = new ArrayList<>();
      List<List<Long>> steps = new ArrayList<>();
      strides.forEach(_ -> steps.add(new ArrayList<>()));
      for (int axis = 0; axis < dims.length; axis++) {
        if (dims[axis] == 1) {
          continue;
        }
        boolean joins = !sizes.isEmpty();
        for (int i = 0; i < strides.size() && joins; i++) {
          joins = steps.get(i).getLast() == strides.get(i)[axis] * dims[axis];
        }
        if (joins) {
          sizes.set(sizes.size() - 1, sizes.getLast() * dims[axis]);
        } else {
          sizes.add(dims[axis]);
        }
        for (int i = 0; i < strides.size(); i++) {
          long step = strides.get(i)[axis];
          if (joins) {
            steps.get(i).set(steps.get(i).size() - 1, step);
          } else {
            steps.get(i).add(step);
          }
        }
      }
      if (sizes.isEmpty()) {
        sizes.add(1L);
        steps.forEach(list -> list.add(0L));
      }
      return new Axes(array(sizes), steps.stream().map(Axes::array).toList());
    }

    private static long[] array(List<Long> list) {
      return list.stream().mapToLong(Long::longValue).toArray();
    }

    /** Whether the last axis is one vector that some operand repeats along the axis before, as others advance. */
    boolean repeatsVectors() {
      int last = dims.length - 1;
      if (last < 1 || dims[last] != Memory.LANES) {
        return false;
      }
      boolean repeats = false;
      for (long[] steps : strides) {
        boolean scalar = steps[last] == 0 && steps[last - 1] == 0;
        boolean vector = steps[last] == 1 && steps[last - 1] == 0;
        boolean full = steps[last] == 1 && steps[last - 1] == Memory.LANES;
        if (!scalar && !vector && !full) {
          return false;
        }
        repeats |= vector;
      }
      return repeats;
    }
  }
}
