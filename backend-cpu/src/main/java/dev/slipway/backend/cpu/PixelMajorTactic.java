package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Transposes blocked activations NCHW[c] to contiguous NHWC, as detection heads do: in both the channels of a pixel lie
 * together, so it copies runs of them.
 */
final class PixelMajorTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.pixel_major_f32", 1);
  private static final double NANOS_PER_RUN = 2;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  PixelMajorTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Transpose transpose)) {
      return Requests.unsupported("no transposition");
    }
    TensorType in = request.input(0);
    int rank = in.shape().rank();
    if (rank < 3 || !transpose.perm().equals(channelsLast(rank))) {
      return Requests.unsupported("permutation " + transpose.perm() + " (expected: channels last)");
    }
    if (!Requests.isBlocked(in) || request.output().layout() != Layout.CONTIGUOUS || in.dtype().bits() != Float.SIZE) {
      return Requests.unsupported(
          in + " to " + request.output() + " (expected: 32-bit elements in layout " + Requests.BLOCKED
              + " to contiguous ones)");
    }
    if (Requests.elements(in) == 0) {
      return Requests.unsupported("empty activations");
    }
    Extents extents = Extents.of(in);
    double runs = (double) extents.batch * extents.pixels * extents.blocks();
    return new Support.Supported(1 + runs * NANOS_PER_RUN / 1000 / pool.threads());
  }

  private static List<Long> channelsLast(int rank) {
    List<Long> perm = new ArrayList<>(List.of(0L));
    for (long axis = 2; axis < rank; axis++) {
      perm.add(axis);
    }
    perm.add(1L);
    return perm;
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    Extents extents = Extents.of(request.input(0));
    MatrixMoves moves = kernels.moves();
    int pixels = Math.multiplyExact(extents.batch, extents.pixels);
    Chunks chunks = Chunks.of(pixels, NANOS_PER_RUN * extents.blocks(), pool);
    return (KernelArguments arguments) -> {
      long from = arguments.input(0).address();
      long to = arguments.output().address();
      pool.run(chunks.units(), (unit, worker) -> extents.copy(moves, from, to, chunks.from(unit), chunks.to(unit)));
    };
  }

  private record Extents(int batch, int channels, int pixels) {
    static Extents of(TensorType in) {
      int[] dims = Requests.dims(in);
      int pixels = 1;
      for (int i = 2; i < dims.length; i++) {
        pixels = Math.multiplyExact(pixels, dims[i]);
      }
      return new Extents(dims[0], dims[1], pixels);
    }

    int blocks() {
      return Math.ceilDiv(channels, Memory.LANES);
    }

    /** Copies pixels, counted over all images. */
    void copy(MatrixMoves moves, long from, long to, int first, int end) {
      long step = (long) channels * Float.BYTES;
      for (int at = first; at < end; ) {
        int image = at / pixels;
        int count = Math.min(end, (image + 1) * pixels) - at;
        for (int block = 0; block < blocks(); block++) {
          long source = from + (((long) image * blocks() + block) * pixels + at % pixels) * Memory.VECTOR_BYTES;
          long target = to + ((long) at * channels + (long) block * Memory.LANES) * Float.BYTES;
          int length = Math.min(Memory.LANES, channels - block * Memory.LANES);
          moves.copy(source, Memory.VECTOR_BYTES, target, step, count, length);
        }
        at += count;
      }
    }
  }
}
