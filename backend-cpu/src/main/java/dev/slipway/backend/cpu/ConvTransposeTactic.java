package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.ConvTranspose;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * ConvTranspose without groups, one or two spatial axes, float32 contiguous, constant weights: one matrix product of
 * the turned weights with an image gives what each input pixel adds to the output, and is then scattered.
 */
final class ConvTransposeTactic implements Tactic {
  private static final TacticId ID = new TacticId("convtranspose_f32", 1);
  private static final double NANOS_PER_FMA = 0.03;
  private static final double NANOS_PER_ADDITION = 1;

  private final WorkerPool pool;
  private final MicroKernels kernels;

  ConvTransposeTactic(WorkerPool pool, MicroKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof ConvTranspose op)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: ConvTranspose)");
    }
    Optional<String> refusal = refusal(request, op);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    Geometry g = Geometry.of(request, op);
    double sums = (double) g.batch * g.rows() * g.pixels();
    double nanos = sums * g.channels * NANOS_PER_FMA + sums * NANOS_PER_ADDITION;
    return new Support.Supported(nanos / 1000 / pool.threads());
  }

  private static Optional<String> refusal(KernelRequest request, ConvTranspose op) {
    Optional<String> type = Contiguous.notFloat32(request);
    if (type.isPresent()) {
      return type;
    }
    int rank = request.input(0).shape().rank();
    if (rank != 3 && rank != 4) {
      return Optional.of("rank " + rank + " (expected: 3 or 4)");
    }
    if (op.group() != 1) {
      return Optional.of("group " + op.group() + " (expected: 1)");
    }
    if (op.window().autoPad() != SpatialWindow.AutoPad.NOTSET || !op.outputShape().isEmpty()) {
      return Optional.of("auto_pad or output_shape (expected: pads)");
    }
    if (request.constant(1).isEmpty()) {
      return Optional.of("weights that are computed (expected: a constant)");
    }
    if (Requests.elements(request.input(0)) == 0 || Requests.elements(request.output()) == 0) {
      return Optional.of("empty activations");
    }
    return Optional.empty();
  }

  /** Sizes in two spatial axes; the first is 1 where there is one. */
  private record Geometry(
      int batch,
      int channels,
      int height,
      int width,
      int outChannels,
      int outHeight,
      int outWidth,
      int kernelHeight,
      int kernelWidth,
      int strideHeight,
      int strideWidth,
      int padTop,
      int padLeft,
      int dilationHeight,
      int dilationWidth) {

    static Geometry of(KernelRequest request, ConvTranspose op) {
      int[] x = Requests.dims(request.input(0));
      int[] w = Requests.dims(request.input(1));
      int[] y = Requests.dims(request.output());
      boolean flat = x.length == 3;
      int last = flat ? 0 : 1;
      SpatialWindow window = op.window();
      return new Geometry(
          x[0],
          x[1],
          flat ? 1 : x[2],
          x[x.length - 1],
          y[1],
          flat ? 1 : y[2],
          y[y.length - 1],
          flat ? 1 : w[2],
          w[w.length - 1],
          flat ? 1 : at(window.strides(), 0, 1),
          at(window.strides(), last, 1),
          flat ? 0 : at(window.pads(), 0, 0),
          at(window.pads(), last, 0),
          flat ? 1 : at(window.dilations(), 0, 1),
          at(window.dilations(), last, 1));
    }

    private static int at(List<Long> values, int index, int otherwise) {
      return values.isEmpty() ? otherwise : Math.toIntExact(values.get(index));
    }

    int taps() {
      return kernelHeight * kernelWidth;
    }

    /** Sums for each input pixel. */
    int rows() {
      return outChannels * taps();
    }

    int pixels() {
      return height * width;
    }
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    Geometry g = Geometry.of(request, (ConvTranspose) request.op());
    Tensor w = request.constant(1).orElseThrow();
    MemorySegment turned = constants.pack(
        1,
        "turned",
        (long) g.rows() * g.channels * Float.BYTES,
        to -> {
          for (int row = 0; row < g.rows(); row++) {
            for (int c = 0; c < g.channels; c++) {
              float value = w.data().get(
                  ValueLayout.JAVA_FLOAT_UNALIGNED, ((long) c * g.rows() + row) * Float.BYTES);
              to.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * g.channels + c, value);
            }
          }
        });
    return new ByImage(g, turned, request.has(2), pool, kernels);
  }

  private static final class ByImage implements Kernel {
    private final Geometry g;
    private final MemorySegment weights;
    private final boolean biased;
    private final WorkerPool pool;
    private final MatrixShape shape;
    private final TileShape tile;
    private final MatrixMoves moves;
    private final PackedMatrixProduct product;
    private final MemorySegment noBias;
    private final long packedBytes;

    ByImage(Geometry g, MemorySegment weights, boolean biased, WorkerPool pool, MicroKernels kernels) {
      this.g = g;
      this.weights = weights;
      this.biased = biased;
      this.pool = pool;
      shape = new MatrixShape(g.rows(), g.pixels(), g.channels);
      tile = kernels.bestTile(TileGrid.of(shape));
      moves = kernels.moves();
      Arena arena = Arena.ofAuto();
      product = new PackedMatrixProduct(
          kernels, shape, tile, g.channels * Float.BYTES, g.pixels() * Float.BYTES, Epilogue.NONE, arena);
      noBias = arena.allocate((long) shape.columnBlocks() * Memory.VECTOR_BYTES, Memory.ALIGNMENT);
      packedBytes = Memory.roundUp(PackedMatrixProduct.packedBytes(shape), Memory.ALIGNMENT);
    }

    @Override
    public long workspaceBytes() {
      return packedBytes + (long) g.rows() * g.pixels() * Float.BYTES;
    }

    @Override
    public void run(KernelArguments arguments) {
      long imageBytes = (long) g.channels * g.pixels() * Float.BYTES;
      long outputBytes = (long) g.outChannels * g.outHeight * g.outWidth * Float.BYTES;
      long from = Memory.address(arguments.input(0), g.batch * imageBytes, "X");
      long bias = biased ? Memory.address(arguments.input(2), (long) g.outChannels * Float.BYTES, "B") : 0;
      long to = Memory.address(arguments.output(), g.batch * outputBytes, "Y");
      long packed = arguments.workspace().address();
      long sums = packed + packedBytes;
      for (int image = 0; image < g.batch; image++) {
        PackedMatrixProduct.pack(
            moves, shape, tile, from + image * imageBytes, (long) g.pixels() * Float.BYTES, Float.BYTES, packed);
        product.run(pool, new TiledProduct.Operands(weights.address(), packed, noBias.address(), 0, 0, 0, sums));
        long output = to + image * outputBytes;
        pool.run(g.outChannels, (channel, _) -> scatter(channel, sums, bias, output));
      }
    }

    private void scatter(int channel, long sums, long bias, long output) {
      long planeBytes = (long) g.outHeight * g.outWidth * Float.BYTES;
      long plane = output + channel * planeBytes;
      float start = bias == 0 ? 0 : Memory.get(bias + (long) channel * Float.BYTES);
      for (long at = plane; at < plane + planeBytes; at += Float.BYTES) {
        Memory.set(at, start);
      }
      for (int tap = 0; tap < g.taps(); tap++) {
        int down = tap / g.kernelWidth * g.dilationHeight - g.padTop;
        int right = tap % g.kernelWidth * g.dilationWidth - g.padLeft;
        long tapSums = sums + (long) (channel * g.taps() + tap) * g.pixels() * Float.BYTES;
        // The input columns whose place in the output exists.
        int first = Math.clamp(Math.ceilDiv(-right, g.strideWidth), 0, g.width);
        int end = Math.clamp(Math.floorDiv(g.outWidth - 1 - right, g.strideWidth) + 1, first, g.width);
        for (int y = 0; y < g.height; y++) {
          int row = y * g.strideHeight + down;
          if (row >= 0 && row < g.outHeight) {
            long target = plane + ((long) row * g.outWidth + right + (long) first * g.strideWidth) * Float.BYTES;
            add(tapSums + ((long) y * g.width + first) * Float.BYTES, target, end - first, g.strideWidth);
          }
        }
      }
    }

    private static void add(long from, long to, int count, int stride) {
      for (int i = 0; i < count; i++) {
        long at = to + (long) i * stride * Float.BYTES;
        Memory.set(at, Memory.get(at) + Memory.get(from + (long) i * Float.BYTES));
      }
    }
  }
}
