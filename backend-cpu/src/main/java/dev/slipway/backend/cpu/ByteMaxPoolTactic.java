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
import java.lang.foreign.MemorySegment;
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
    ByteWindow window = ByteWindow.of(taps, shape.strideWidth() * ChannelBytes.BLOCK, kernels.products());
    return new Planes(shape, input, output, window, pool);
  }

  private record Planes(ConvShape shape, ByteOperand input, ByteOperand output, ByteWindow window, WorkerPool pool)
      implements Kernel {
    private static final int BLOCK = ChannelBytes.BLOCK;

    private int paddedWidth() {
      return shape.inWidth() + shape.padLeft() + shape.padRight();
    }

    /** A block's plane with a border of zeros, which are no larger than any byte. */
    private long scratchBytes() {
      long rows = shape.inHeight() + shape.padTop() + shape.padBottom();
      return shape.padded() ? rows * paddedWidth() * BLOCK : 0;
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
      long inPlane = (long) shape.inHeight() * shape.inWidth() * BLOCK;
      long outRow = (long) shape.outWidth() * BLOCK;
      pool.run(shape.batch() * input.extents().blocks(), (plane, worker) -> {
        long in = from + plane * inPlane;
        if (shape.padded()) {
          long padded = scratch + worker * scratchBytes();
          pad(in, padded);
          in = padded;
        }
        for (int y = 0; y < shape.outHeight(); y++) {
          long row = in + (long) y * shape.strideHeight() * paddedWidth() * BLOCK;
          window.run(row, to + plane * shape.outHeight() * outRow + y * outRow, shape.outWidth());
        }
      });
      output.write(pool, arguments.output(), arguments);
    }

    private void pad(long plane, long padded) {
      AddressSpace.ALL.asSlice(padded, scratchBytes()).fill((byte) 0);
      long row = (long) shape.inWidth() * BLOCK;
      for (int y = 0; y < shape.inHeight(); y++) {
        long to = padded + ((long) (y + shape.padTop()) * paddedWidth() + shape.padLeft()) * BLOCK;
        MemorySegment.copy(AddressSpace.ALL, plane + y * row, AddressSpace.ALL, to, row);
      }
    }
  }
}
