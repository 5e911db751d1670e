package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.graph.Op;
import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedMul;
import dev.slipway.operators.TableLookup;
import dev.slipway.tensor.TensorType;

/** Tables, sums and products of bytes, element by element, in any layout that all of them have: {@link ByteMap}. */
final class ByteMapTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.map_u8", 1);
  private static final double BYTES_PER_MICRO = 8000;
  private static final int LARGEST = 255;

  private final WorkerPool pool;
  private final ByteKernels kernels;

  ByteMapTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    boolean isTable = request.op() instanceof TableLookup;
    if (!isTable && !(request.op() instanceof QuantizedAdd) && !(request.op() instanceof QuantizedMul)) {
      return Requests.unsupported(
          "operator " + request.op().schema().name() + " (expected: TableLookup, QuantizedAdd or QuantizedMul)");
    }
    if (isTable && request.constant(1).isEmpty()) {
      return Requests.unsupported("a table that is computed (expected: a constant)");
    }
    TensorType output = request.output();
    if (!request.input(0).equals(output) || !isTable && !request.input(1).equals(output)
        || !ChannelBytes.isTaken(output)) {
      return Requests.unsupported("inputs " + request.inputTypes() + " (expected: " + output + " contiguous or in "
          + ChannelBytes.LAYOUT + ")");
    }
    if (!(largest(request.op()) < Integer.MAX_VALUE)) {
      return Requests.unsupported("results up to " + largest(request.op()) + " steps (expected: within int32)");
    }
    return new Support.Supported(1 + output.bytes() / BYTES_PER_MICRO / pool.threads());
  }

  private static double largest(Op op) {
    return switch (op) {
      case QuantizedAdd add -> LARGEST * (Math.abs((double) add.aScale()) + Math.abs((double) add.bScale()));
      case QuantizedMul multiply -> LARGEST * LARGEST * Math.abs((double) multiply.scale());
      default -> 0;
    };
  }

  @Override
  public boolean warmsUp() {
    return kernels.products().isEmpty();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    TensorType output = request.output();
    ByteMap map = switch (request.op()) {
      case QuantizedAdd add -> kernels.add(add);
      case QuantizedMul multiply -> kernels.multiply(multiply);
      default -> kernels.table(request.constant(1).orElseThrow());
    };
    return new Pixels(map, pixels(output), output.bytes(), !(request.op() instanceof TableLookup), pool);
  }

  /** The extents of bytes in blocks; those in order are one image of a block, the last pixel being cut short. */
  private static ChannelBytes pixels(TensorType output) {
    return ChannelBytes.isBlocked(output)
        ? ChannelBytes.of(output)
        : new ChannelBytes(1, ChannelBytes.BLOCK, Math.toIntExact(Math.ceilDiv(output.bytes(), ChannelBytes.BLOCK)), 1);
  }

  private record Pixels(ByteMap map, ChannelBytes extents, long bytes, boolean two, WorkerPool pool)
      implements Kernel {
    private static final double NANOS_PER_BYTE = 0.05;

    @Override
    public void run(KernelArguments arguments) {
      long a = AddressSpace.address(arguments.input(0), bytes, "input");
      long b = two ? AddressSpace.address(arguments.input(1), bytes, "input") : a;
      long to = AddressSpace.address(arguments.output(), bytes, "output");
      int blocks = extents.blocks();
      ImageUnits units = extents.units(pool.threads(), extents.spatial(), bytes * NANOS_PER_BYTE);
      pool.run(units.count(), (unit, _) -> {
        int first = units.firstPixel(unit, extents.spatial());
        int end = units.endPixel(unit, extents.spatial());
        int last = units.endChannel(unit, blocks);
        for (int block = units.firstChannel(unit, blocks); block < last; block++) {
          long plane = ((long) units.image(unit) * blocks + block) * extents.spatial();
          long at = (plane + first) * ChannelBytes.BLOCK;
          long count = Math.min(bytes, (plane + end) * ChannelBytes.BLOCK) - at;
          map.run(a + at, b + at, to + at, count);
        }
        if (last == blocks && extents.channels() % ChannelBytes.BLOCK != 0) {
          extents.clearPadding(to + units.image(unit) * (extents.bytes() / extents.batch()), first, end);
        }
      });
    }
  }
}
