package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Gather;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Gather as bulk copies of the elements behind the axis: rows of an embedding table, for one. */
final class GatherRuns implements Tactic {
  private static final TacticId ID = new TacticId("gather_runs", 1);
  private static final double BYTES_PER_MICRO = 4000;
  private static final double NANOS_PER_RUN = 20;
  private static final double NANOS_PER_BYTE = 0.1;

  private final WorkerPool pool;

  GatherRuns(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Gather)) {
      return new Support.Unsupported("operator " + request.op().schema().name() + " (expected: Gather)");
    }
    if (request.inputTypes().stream().anyMatch(type -> type.layout() != Layout.CONTIGUOUS)
        || request.output().layout() != Layout.CONTIGUOUS) {
      return new Support.Unsupported("blocked layout (expected: contiguous)");
    }
    if (request.output().dtype().bits() < 8) {
      return new Support.Unsupported("element type " + request.output().dtype() + " (expected: whole bytes)");
    }
    return new Support.Supported(1 + request.output().bytes() / BYTES_PER_MICRO);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    TensorType data = request.input(0);
    long[] dims = data.shape().known();
    long given = ((Gather) request.op()).axis();
    int axis = (int) (given < 0 ? given + dims.length : given);
    return new Runs(
        pool,
        Shape.product(Arrays.copyOf(dims, axis)),
        dims[axis],
        data.dtype().bytes(Shape.product(Arrays.copyOfRange(dims, axis + 1, dims.length))),
        request.input(1).shape().elementCount(),
        request.input(1).dtype() == DType.INT64);
  }

  /** @param runBytes bytes of the elements behind one index */
  private record Runs(WorkerPool pool, long outer, long size, long runBytes, long count, boolean wide)
      implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      long rows = outer * count;
      long data = AddressSpace.address(arguments.input(0), outer * size * runBytes, "data");
      long indices = AddressSpace.address(arguments.input(1), count * (wide ? Long.BYTES : Integer.BYTES), "indices");
      long out = AddressSpace.address(arguments.output(), rows * runBytes, "output");
      Chunks chunks = Chunks.of(Math.toIntExact(rows), NANOS_PER_RUN + runBytes * NANOS_PER_BYTE, pool);
      pool.run(chunks.units(), (unit, _) -> {
        for (long i = chunks.from(unit); i < chunks.to(unit); i++) {
          long from = data + (i / count * size + checked(index(indices, i % count))) * runBytes;
          MemorySegment.copy(AddressSpace.ALL, from, AddressSpace.ALL, out + i * runBytes, runBytes);
        }
      });
    }

    private long index(long indices, long i) {
      return wide ? AddressSpace.getLong(indices + i * Long.BYTES) : AddressSpace.getInt(indices + i * Integer.BYTES);
    }

    private long checked(long index) {
      if (index < -size || index >= size) {
        throw new SlipwayException("index: " + index + " (expected: " + -size + " to " + (size - 1) + ")");
      }
      return index < 0 ? index + size : index;
    }
  }
}
