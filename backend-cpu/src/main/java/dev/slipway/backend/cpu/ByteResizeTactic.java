package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Resize;
import dev.slipway.operators.ResizedAxis;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Nearest-neighbour resizing of {@link ChannelBytes}. */
final class ByteResizeTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.resize_u8_blocked", 1);
  private static final double BYTES_PER_MICRO = 4000;
  private static final int HEIGHT = 2;
  private static final int WIDTH = 3;

  private final WorkerPool pool;

  ByteResizeTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Resize resize) || resize.mode() != Resize.Mode.NEAREST) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: Resize, nearest)");
    }
    TensorType in = request.input(0);
    TensorType out = request.output();
    if (in.dtype() != DType.UINT8 || in.shape().rank() != 4) {
      return Requests.unsupported("input " + in + " (expected: uint8 of rank 4)");
    }
    if (!ChannelBytes.isTaken(in) || !ChannelBytes.isTaken(out)) {
      return Requests.unsupported("layouts " + in.layout() + " to " + out.layout() + " (expected: contiguous or "
          + ChannelBytes.LAYOUT + ")");
    }
    int[] from = Requests.dims(in);
    int[] to = Requests.dims(out);
    boolean isKnown = request.inputs().stream().skip(1).allMatch(
        argument -> argument.type().isEmpty() || argument.constant().isPresent());
    if (!isKnown || from[0] != to[0] || from[1] != to[1] || Requests.elements(in) == 0 || Requests.elements(out) == 0) {
      return Requests.unsupported(in + " to " + out + " (expected: constant sizes, batch and channels as they are)");
    }
    if (sources(request, HEIGHT).isEmpty() || sources(request, WIDTH).isEmpty()) {
      return Requests.unsupported("pixels outside of the input (expected: none)");
    }
    double micros = out.bytes() / BYTES_PER_MICRO + ByteRequests.copyMicros(request);
    return new Support.Supported(1 + micros / pool.threads());
  }

  /** For each position of the output that of the input; empty where one lies outside. */
  private static Optional<int[]> sources(KernelRequest request, int axis) {
    Resize resize = (Resize) request.op();
    ResizedAxis resized = resize
        .axes(request.input(0).shape().known(), request.output().shape().known(), request::constant)
        .get(axis);
    List<Optional<ResizedAxis.Taps>> taps = resized.taps(resize);
    return taps.stream().allMatch(Optional::isPresent)
        ? Optional.of(taps.stream().mapToInt(tap -> tap.orElseThrow().indices()[0]).toArray())
        : Optional.empty();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    ByteOperand input = ByteOperand.of(request.input(0), 0);
    ByteOperand output = ByteOperand.of(request.output(), input.workspaceEnd());
    int[] in = Requests.dims(request.input(0));
    int[] rows = sources(request, HEIGHT).orElseThrow();
    int[] columns = sources(request, WIDTH).orElseThrow();
    return new Planes(input, output, in[HEIGHT], in[WIDTH], rows, columns, pool);
  }

  private record Planes(
      ByteOperand input,
      ByteOperand output,
      int height,
      int width,
      int[] rows,
      int[] columns,
      WorkerPool pool)
      implements Kernel {
    private static final int BLOCK = ChannelBytes.BLOCK;
    private static final double NANOS_PER_BYTE = 0.1;

    @Override
    public long workspaceBytes() {
      return output.workspaceEnd();
    }

    @Override
    public void run(KernelArguments arguments) {
      long from = input.read(pool, arguments.input(0), arguments);
      long to = output.address(arguments.output(), arguments);
      ChannelBytes pixels = output.extents();
      ImageUnits units = pixels.units(pool.threads(), rows.length, pixels.bytes() * NANOS_PER_BYTE);
      pool.run(units.count(), (unit, _) -> {
        int first = units.firstPixel(unit, rows.length);
        int end = units.endPixel(unit, rows.length);
        long image = (long) units.image(unit) * pixels.blocks();
        for (int i = units.firstChannel(unit, pixels.blocks()); i < units.endChannel(unit, pixels.blocks()); i++) {
          rows(from, to, image + i, first, end);
        }
      });
      output.write(pool, arguments.output(), arguments);
    }

    private void rows(long from, long to, long plane, int first, int end) {
      long in = from + plane * height * width * BLOCK;
      long outRow = (long) columns.length * BLOCK;
      long out = to + plane * rows.length * outRow;
      for (int y = first; y < end; y++) {
        if (y > first && rows[y] == rows[y - 1]) {
          MemorySegment.copy(AddressSpace.ALL, out + (y - 1) * outRow, AddressSpace.ALL, out + y * outRow, outRow);
        } else {
          row(in + (long) rows[y] * width * BLOCK, out + y * outRow);
        }
      }
    }

    private void row(long from, long to) {
      for (int x = 0; x < columns.length; x++) {
        long source = from + (long) columns[x] * BLOCK;
        long target = to + (long) x * BLOCK;
        AddressSpace.setLong(target, AddressSpace.getLong(source));
        AddressSpace.setLong(target + Long.BYTES, AddressSpace.getLong(source + Long.BYTES));
      }
    }
  }
}
