package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizeRows;
import java.util.Optional;

/** QuantizeRows: the range of a row, then its quantisation while it is in the nearest cache. */
final class QuantizeRowsTactic implements Tactic {
  private static final TacticId ID = new TacticId("cpu.quantize_rows_f32_u8", 1);
  private static final double NANOS_PER_ELEMENT = 0.15;
  private static final double NANOS_PER_ROW = 60;

  private final WorkerPool pool;
  private final ByteKernels kernels;

  QuantizeRowsTactic(WorkerPool pool, ByteKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof QuantizeRows)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: QuantizeRows)");
    }
    Optional<String> blocked = Contiguous.blocked(request);
    if (blocked.isPresent()) {
      return Requests.unsupported(blocked.get());
    }
    Rows rows = rows(request);
    return new Support.Supported(1 + rows.count * rows.nanos() / 1000 / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    return rows(request);
  }

  private Rows rows(KernelRequest request) {
    int count = Math.toIntExact(Requests.elements(request.outputs().get(1)));
    int columns = count == 0 ? 0 : Math.toIntExact(Requests.elements(request.input(0)) / count);
    return new Rows(count, columns, kernels.conversion().forQuantizing(), pool);
  }

  private record Rows(int count, int columns, ByteConversion conversion, WorkerPool pool) implements Kernel {
    double nanos() {
      return NANOS_PER_ROW + columns * NANOS_PER_ELEMENT;
    }

    /** Constants of each thread. */
    @Override
    public long workspaceBytes() {
      return (long) ByteConversion.CONSTANT_BYTES * pool.threads();
    }

    @Override
    public void run(KernelArguments arguments) {
      long elements = (long) count * columns;
      long from = AddressSpace.address(arguments.input(0), elements * Float.BYTES, "input");
      long to = AddressSpace.address(arguments.output(0), elements, "output");
      long scales = AddressSpace.address(arguments.output(1), (long) count * Float.BYTES, "scales");
      long constants = arguments.workspace().address();
      Chunks chunks = Chunks.of(count, nanos(), pool);
      pool.run(chunks.units(), (unit, worker) -> {
        ByteConversion.Numbers numbers = conversion.prepare(
            new ByteQuantization(1, QuantizeRows.ZERO_POINT, false),
            constants + (long) worker * ByteConversion.CONSTANT_BYTES);
        for (int row = chunks.from(unit); row < chunks.to(unit); row++) {
          long first = (long) row * columns;
          float scale = QuantizeRows.scale(conversion.magnitude(from + first * Float.BYTES, columns));
          AddressSpace.set(scales + (long) row * Float.BYTES, scale);
          conversion.quantize(numbers.withScale(scale), from + first * Float.BYTES, to + first, columns);
        }
      });
    }
  }
}
