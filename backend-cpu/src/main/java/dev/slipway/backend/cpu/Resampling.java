package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.operators.Resize;
import dev.slipway.operators.ResizedAxis;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * Resamples planes row by row: rows of the input are blended into one in scratch memory, and its pixels into a row of
 * the output. Where each row is one of the input's it is read in place, and rows that repeat are copied.
 */
final class Resampling implements Kernel {
  private static final double NANOS_PER_ELEMENT = 0.25;

  /** Sums along one axis; a kernel and for each position its taps. */
  private record Axis(BlendKernel kernel, MemorySegment table, int taps) {

    /** The taps of a position. */
    long at(int position) {
      return table.address() + (long) position * taps * BlendKernel.TAP_BYTES;
    }

    int firstOffset(int position) {
      return AddressSpace.getInt(at(position));
    }
  }

  private final WorkerPool pool;
  private final Optional<Axis> down;
  private final Optional<Axis> across;
  private final int blocks;
  private final int planes;
  private final int outHeight;
  private final int outWidth;
  private final int pixel;
  private final int width;
  private final long inPlaneBytes;
  private final ImageUnits units;

  /**
   * @param axes of the request's input; batch and channels keep their size
   */
  Resampling(WorkerPool pool, MicroKernels kernels, KernelRequest request, List<ResizedAxis> axes) {
    this.pool = pool;
    Resize resize = (Resize) request.op();
    int[] in = Requests.dims(request.input(0));
    int[] out = Requests.dims(request.output());
    int rank = in.length;
    pixel = Requests.isBlocked(request.input(0)) ? Memory.LANES : 1;
    blocks = Math.ceilDiv(in[1], pixel);
    planes = in[0] * blocks;
    width = in[rank - 1];
    outWidth = out[rank - 1];
    int height = rank == 3 ? 1 : in[2];
    outHeight = rank == 3 ? 1 : out[2];
    inPlaneBytes = (long) height * width * pixel * Float.BYTES;
    Arena arena = Arena.ofAuto();
    down = rank == 3 ? Optional.empty() : axis(kernels, resize, axes.get(2), width * pixel, arena);
    across = axis(kernels, resize, axes.get(rank - 1), pixel, arena);
    long pixels = (long) outHeight * outWidth;
    int wanted = Chunks.wanted((double) planes * pixels * pixel * NANOS_PER_ELEMENT, pool.threads());
    units = ImageUnits.of(in[0], ImageUnits.firstParts(pixels, pool.threads()), wanted, 1, outHeight, blocks);
  }

  /** Empty where nothing changes. */
  private static Optional<Axis> axis(
      MicroKernels kernels, Resize resize, ResizedAxis axis, int stride, Arena arena) {
    if (axis.isIdentity(resize)) {
      return Optional.empty();
    }
    List<Optional<ResizedAxis.Taps>> positions = axis.taps(resize);
    int taps = positions.getFirst().orElseThrow().indices().length;
    MemorySegment table =
        arena.allocate((long) positions.size() * taps * BlendKernel.TAP_BYTES, Memory.ALIGNMENT);
    long at = 0;
    for (Optional<ResizedAxis.Taps> position : positions) {
      for (int tap = 0; tap < taps; tap++, at += BlendKernel.TAP_BYTES) {
        int index = position.orElseThrow().indices()[tap];
        table.set(ValueLayout.JAVA_INT, at, Math.toIntExact((long) index * stride * Float.BYTES));
        table.set(ValueLayout.JAVA_FLOAT, at + Integer.BYTES, (float) position.orElseThrow().weights()[tap]);
      }
    }
    return Optional.of(new Axis(kernels.blend(taps), table, taps));
  }

  private long scratchBytes() {
    return Memory.roundUp((long) width * pixel * Float.BYTES, Memory.ALIGNMENT);
  }

  @Override
  public long workspaceBytes() {
    return pool.threads() * scratchBytes();
  }

  @Override
  public void run(KernelArguments arguments) {
    long rowBytes = (long) outWidth * pixel * Float.BYTES;
    long in = Memory.address(arguments.input(0), planes * inPlaneBytes, "input");
    long out = Memory.address(arguments.output(), planes * outHeight * rowBytes, "output");
    long scratch = arguments.workspace().address();
    pool.run(
        units.count(),
        (unit, worker) -> {
          for (int i = units.firstChannel(unit, blocks); i < units.endChannel(unit, blocks); i++) {
            int plane = units.image(unit) * blocks + i;
            rows(
                in + plane * inPlaneBytes,
                out + plane * outHeight * rowBytes,
                units.firstPixel(unit, outHeight),
                units.endPixel(unit, outHeight),
                scratch + worker * scratchBytes());
          }
        });
  }

  private void rows(long in, long out, int from, int to, long scratch) {
    long rowBytes = (long) outWidth * pixel * Float.BYTES;
    for (int y = from; y < to; y++) {
      long target = out + y * rowBytes;
      if (y > from && repeats(y)) {
        Memory.copy(target - rowBytes, target, rowBytes);
      } else {
        row(source(in, y, across.isEmpty() ? target : scratch), target);
      }
    }
  }

  /** Whether a row of output is the one before again. */
  private boolean repeats(int y) {
    return down.isPresent()
        && down.get().taps() == 1
        && down.get().firstOffset(y) == down.get().firstOffset(y - 1);
  }

  /** The row of input pixels that a row of output is made from, if need be computed at the address given. */
  private long source(long in, int y, long blended) {
    if (down.isEmpty()) {
      return in + (long) y * width * pixel * Float.BYTES;
    }
    if (down.get().taps() == 1) {
      return in + down.get().firstOffset(y);
    }
    down.get().kernel().run(in, down.get().at(y), blended, 1, width * pixel);
    return blended;
  }

  private void row(long source, long target) {
    if (across.isPresent()) {
      across.get().kernel().run(source, across.get().at(0), target, outWidth, pixel);
    } else if (source != target) {
      Memory.copy(source, target, (long) outWidth * pixel * Float.BYTES);
    }
  }
}
