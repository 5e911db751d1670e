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
import dev.slipway.operators.ArgMax;
import dev.slipway.operators.ArgMin;
import dev.slipway.tensor.DType;
import java.util.Optional;

/** ArgMax and ArgMin of float32 contiguous; NaN is the largest, as for the operators. */
final class ArgExtremumTactic implements Tactic {
  private static final TacticId ID = new TacticId("arg_extremum_f32", 1);
  private static final double NANOS_PER_ELEMENT = 1;

  /** Lines that are followed together, so that neighbours are read together. */
  private static final int LINES_PER_UNIT = 1024;

  private final WorkerPool pool;

  ArgExtremumTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof ArgMax) && !(request.op() instanceof ArgMin)) {
      return Requests.unsupported("operator " + request.op().schema().name() + " (expected: ArgMax or ArgMin)");
    }
    if (request.input(0).dtype() != DType.FLOAT32) {
      return Requests.unsupported("input type " + request.input(0) + " (expected: float32)");
    }
    Optional<String> blocked = Contiguous.blocked(request);
    if (blocked.isPresent()) {
      return Requests.unsupported(blocked.get());
    }
    return new Support.Supported(
        1 + Requests.elements(request.input(0)) * NANOS_PER_ELEMENT / 1000 / pool.threads());
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    long axis = switch (request.op()) {
      case ArgMax(long a, boolean _, boolean _) -> a;
      case ArgMin(long a, boolean _, boolean _) -> a;
      default -> throw new IllegalArgumentException("operator: " + request.op().schema().name());
    };
    return new ByLines(pool, Contiguous.Lines.of(request.input(0), axis), sign(request.op()), last(request.op()));
  }

  private static int sign(Op op) {
    return op instanceof ArgMax ? 1 : -1;
  }

  private static boolean last(Op op) {
    return op instanceof ArgMax max ? max.selectLastIndex() : ((ArgMin) op).selectLastIndex();
  }

  /**
   * @param sign 1 for the largest, -1 for the smallest
   * @param last whether the last of equal elements is taken
   */
  private record ByLines(WorkerPool pool, Contiguous.Lines lines, int sign, boolean last) implements Kernel {
    @Override
    public void run(KernelArguments arguments) {
      long in = AddressSpace.address(arguments.input(0), lines.elements() * Float.BYTES, "data");
      long results = (long) lines.outer() * lines.inner();
      long out = AddressSpace.address(arguments.output(), results * Long.BYTES, "reduced");
      int chunks = Math.ceilDiv(lines.inner(), LINES_PER_UNIT);
      pool.run(
          lines.outer() * chunks,
          (unit, worker) -> {
            int outer = unit / chunks;
            int first = unit % chunks * LINES_PER_UNIT;
            int end = Math.min(lines.inner(), first + LINES_PER_UNIT);
            long from = in + (long) outer * lines.length() * lines.inner() * Float.BYTES;
            long to = out + (long) outer * lines.inner() * Long.BYTES;
            follow(from, to, first, end);
          });
    }

    private void follow(long from, long to, int first, int end) {
      for (int line = first; line < end; line++) {
        setIndex(to, line, 0);
      }
      for (int i = 1; i < lines.length(); i++) {
        for (int line = first; line < end; line++) {
          int order = compare(element(from, line, i), element(from, line, index(to, line))) * sign;
          if (order > 0 || order == 0 && last) {
            setIndex(to, line, i);
          }
        }
      }
    }

    private static int compare(float a, float b) {
      return a == b ? 0 : Float.compare(a, b);
    }

    private float element(long from, int line, long i) {
      return AddressSpace.get(from + (i * lines.inner() + line) * Float.BYTES);
    }

    private static long index(long to, int line) {
      return AddressSpace.ALL.get(AddressSpace.LONG, AddressSpace.at(to + (long) line * Long.BYTES));
    }

    private static void setIndex(long to, int line, long index) {
      AddressSpace.ALL.set(AddressSpace.LONG, AddressSpace.at(to + (long) line * Long.BYTES), index);
    }
  }
}
