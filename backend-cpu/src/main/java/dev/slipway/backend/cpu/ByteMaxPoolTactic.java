package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.MaxPool;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;

/** Maximum pooling of {@link ChannelBytes}. */
final class ByteMaxPoolTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.max_pool_u8_blocked", 1);
  private static final double BYTES_PER_MICRO = 8000;
  private static final int MAX_TAPS = 256;

  private final WorkerPool pool;
  private final ByteKernels kernels;

  ByteMaxPoolTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof MaxPool max) || request.outputs().size() != 1) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: MaxPool without indices)");
    }
    TensorType in = request.input(0);
    TensorType out = request.output();
    int rank = in.shape().rank();
    if (in.dtype() != DType.UINT8 || rank != 3 && rank != 4) {
      return Requests.unsupported("input " + in + " (expected: uint8 of rank 3 or 4)");
    }
    if (!ChannelBytes.isTaken(in) || !ChannelBytes.isTaken(out)) {
      return Requests.unsupported("layouts " + in.layout() + " to " + out.layout() + " (expected: contiguous or "
          + ChannelBytes.LAYOUT + ")");
    }
    ConvShape shape = shape(request, max);
    int taps = shape.kernelHeight() * shape.kernelWidth();
    if (Requests.elements(in) == 0 || Requests.elements(out) == 0 || taps > MAX_TAPS || !ByteConvolution.fits(shape)) {
      return Requests.unsupported("input " + in + " under " + taps + " taps (expected: not empty, 1 to " + MAX_TAPS
          + " taps, less than 2 GiB)");
    }
    double micros = Requests.elements(out) * taps / BYTES_PER_MICRO + ByteRequests.copyMicros(request);
    return new Support.Supported(1 + micros / pool.threads());
  }

  private static ConvShape shape(KernelRequest request, MaxPool max) {
    int channels = Requests.dims(request.input(0))[1];
    return Requests.convShape(request.input(0), request.output(), max.window(), channels);
  }

  @Override
  public boolean warmsUp() {
    return kernels.products().isEmpty();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ConvShape shape = shape(request, (MaxPool) request.op());
    ByteOperand input = ByteOperand.of(request.input(0), 0);
    ByteOperand output = ByteOperand.of(request.output(), input.workspaceEnd());
    int[] taps = new int[shape.kernelHeight() * shape.kernelWidth()];
    int row = (shape.inWidth() + shape.padLeft() + shape.padRight()) * ChannelBytes.BLOCK;
    Arrays.setAll(taps, i -> i / shape.kernelWidth() * shape.dilationHeight() * row
        + i % shape.kernelWidth() * shape.dilationWidth() * ChannelBytes.BLOCK);
    ByteWindow window = kernels.window(taps, shape.strideWidth() * ChannelBytes.BLOCK);
    return new Planes(shape, new PaddedRows(shape), input, output, window, pool);
  }

  private record Planes(
      ConvShape shape,
      PaddedRows padded,
      ByteOperand input,
      ByteOperand output,
      ByteWindow window,
      WorkerPool pool)
      implements Kernel {
    private static final int BLOCK = ChannelBytes.BLOCK;
    private static final double NANOS_PER_BYTE = 0.02;

    private ImageUnits units() {
      ChannelBytes pixels = output.extents();
      double bytes = (double) pixels.bytes() * shape.kernelHeight() * shape.kernelWidth();
      return pixels.units(pool.threads(), shape.outHeight(), bytes * NANOS_PER_BYTE);
    }

    /** A band of a block's rows with a border of zeros, which are no larger than any byte. */
    private long scratchBytes() {
      return shape.padded() ? padded.bytes(Math.ceilDiv(shape.outHeight(), units().parts())) : 0;
    }

    @Override
    public long workspaceBytes() {
      return output.workspaceEnd() + scratchBytes() * pool.threads();
    }

    @Override
    public void run(KernelArguments arguments) {
      long from = input.read(pool, arguments.input(0), arguments);
      long to = output.address(arguments.output(), arguments);
      long scratch = arguments.workspace().address() + output.workspaceEnd();
      ImageUnits units = units();
      int blocks = output.extents().blocks();
      pool.run(units.count(), (unit, worker) -> {
        int row = units.firstPixel(unit, shape.outHeight());
        int count = units.endPixel(unit, shape.outHeight()) - row;
        long image = (long) units.image(unit) * blocks;
        for (int block = units.firstChannel(unit, blocks); block < units.endChannel(unit, blocks); block++) {
          rows(from, to, image + block, row, count, scratch + worker * scratchBytes());
        }
      });
      output.write(pool, arguments.output(), arguments);
    }

    private void rows(long from, long to, long plane, int row, int count, long scratch) {
      long in = from + plane * shape.inHeight() * shape.inWidth() * BLOCK;
      long step = (long) shape.strideHeight() * padded.width() * BLOCK;
      if (shape.padded()) {
        padded.copy(in, row, count, 0, scratch);
        in = scratch;
      } else {
        in += row * step;
      }
      long outRow = (long) shape.outWidth() * BLOCK;
      long out = to + (plane * shape.outHeight() + row) * outRow;
      for (int y = 0; y < count; y++) {
        window.run(in + y * step, out + y * outRow, shape.outWidth());
      }
    }
  }
}
