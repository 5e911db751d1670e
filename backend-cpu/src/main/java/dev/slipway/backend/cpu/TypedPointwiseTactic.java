package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Cast;
import dev.slipway.operators.Clip;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Pointwise;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Pointwise operators and conversions of any element types, block by block: what floats are in is computed in double
 * precision, the rest in 64-bit integers. For what no kernel of vectors takes.
 */
final class TypedPointwiseTactic implements Tactic {
  private static final TacticId ID = new TacticId("pointwise_typed", 1);
  private static final double NANOS_PER_ELEMENT = 5;

  private final WorkerPool pool;

  TypedPointwiseTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<String> refusal = refusal(request);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    return new Support.Supported(1 + Requests.elements(request.output()) * NANOS_PER_ELEMENT / 1000);
  }

  private static Optional<String> refusal(KernelRequest request) {
    if (!(request.op() instanceof Pointwise) && !(request.op() instanceof Cast)) {
      return Optional.of("operator " + request.op().schema().name() + " (expected: a pointwise one or Cast)");
    }
    for (TensorType type : request.inputTypes()) {
      if (!TypedBlock.TYPES.contains(type.dtype())) {
        return Optional.of("input type " + type + " (expected: one of " + TypedBlock.TYPES + ")");
      }
    }
    if (!TypedBlock.TYPES.contains(request.output().dtype())) {
      return Optional.of("output type " + request.output() + " (expected: one of " + TypedBlock.TYPES + ")");
    }
    if (isReal(request) && request.op() instanceof Pointwise && !(request.op() instanceof Elementwise)) {
      return Optional.of("operator " + request.op().schema().name() + " of floats (expected: one with an expression)");
    }
    if (!isReal(request) && request.op() instanceof Clip && request.inputTypes().size() < 3) {
      return Optional.of("Clip of integers without both bounds");
    }
    return Contiguous.blocked(request);
  }

  /** Whether the operator computes with floats. */
  private static boolean isReal(KernelRequest request) {
    return request.inputTypes().stream().anyMatch(type -> type.dtype().isFloat())
        || request.op() instanceof Cast && request.output().dtype().isFloat();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    List<Integer> ports =
        IntStream.range(0, request.inputs().size()).filter(request::has).boxed().toList();
    List<Operand> operands = new ArrayList<>();
    for (int port : ports) {
      operands.add(new Operand(port, new BroadcastOperand(request.input(port), request.output())));
    }
    Function function = switch (request.op()) {
      case Cast _ -> new Conversion(isReal(request));
      case Elementwise op when isReal(request) -> new Real(expression(op, request, ports));
      case Pointwise op -> new Whole(op, request.input(ports.getFirst()).dtype());
      default -> throw new IllegalArgumentException("operator: " + request.op().schema().name());
    };
    return new Blocks(operands, function, request.output(), pool);
  }

  /** The operator's expression over the inputs that are there. */
  private static Expression expression(Elementwise op, KernelRequest request, List<Integer> ports) {
    List<Boolean> present = IntStream.range(0, request.inputs().size()).mapToObj(request::has).toList();
    List<Expression> slots = new ArrayList<>();
    for (int port = 0; port < present.size(); port++) {
      slots.add(Expression.input(Math.max(0, ports.indexOf(port))));
    }
    return op.expression(present).substitute(slots);
  }

  /** An input of the request. */
  private record Operand(int port, BroadcastOperand elements) {}

  /** What is computed of a block; results take the place of the first operand. */
  private sealed interface Function permits Conversion, Real, Whole {}

  /** Nothing: reading and writing convert. */
  private record Conversion(boolean real) implements Function {}

  /** An expression in double precision. */
  private record Real(Expression expression) implements Function {}

  /** An operator on integers and bools. */
  private record Whole(Pointwise op, DType type) implements Function {}

  private record Blocks(List<Operand> operands, Function function, TensorType result, WorkerPool pool)
      implements Kernel {
    private static final int BLOCK = 256;
    private static final long BLOCK_BYTES = (long) BLOCK * Double.BYTES;

    /** For each thread a block for each operand, and those of the expression's parts. */
    @Override
    public long workspaceBytes() {
      return pool.threads() * workerBytes();
    }

    private long workerBytes() {
      int parts = function instanceof Real(Expression expression) ? RealBlock.depth(expression) : 0;
      return (operands.size() + parts) * BLOCK_BYTES;
    }

    @Override
    public void run(KernelArguments arguments) {
      long elements = Requests.elements(result);
      long[] from = new long[operands.size()];
      for (int i = 0; i < from.length; i++) {
        Operand operand = operands.get(i);
        from[i] = Memory.address(arguments.input(operand.port()), operand.elements().bytes(), "input");
      }
      long to = Memory.address(arguments.output(), result.bytes(), "output");
      long scratch = arguments.workspace().address();
      int blocks = Math.toIntExact(Math.ceilDiv(elements, BLOCK));
      Chunks chunks = Chunks.of(blocks, BLOCK * NANOS_PER_ELEMENT, pool);
      pool.run(
          chunks.units(),
          (unit, worker) -> {
            for (int block = chunks.from(unit); block < chunks.to(unit); block++) {
              long first = (long) block * BLOCK;
              int count = (int) Math.min(BLOCK, elements - first);
              block(from, to, first, count, scratch + worker * workerBytes());
            }
          });
    }

    private void block(long[] from, long to, long first, int count, long scratch) {
      long target = to + first * (result.dtype().bits() / Byte.SIZE);
      if (widensInts()) {
        TypedBlock.intsToFloats(from[0] + first * Integer.BYTES, target, count);
        return;
      }
      boolean real = switch (function) {
        case Conversion(boolean isReal) -> isReal;
        case Real _ -> true;
        case Whole _ -> false;
      };
      for (int i = 0; i < from.length; i++) {
        BroadcastOperand operand = operands.get(i).elements();
        if (real) {
          operand.loadDoubles(from[i], first, count, scratch + i * BLOCK_BYTES);
        } else {
          operand.loadLongs(from[i], first, count, scratch + i * BLOCK_BYTES);
        }
      }
      long values = switch (function) {
        case Conversion _ -> scratch;
        case Real(Expression expression) ->
            RealBlock.evaluate(expression, scratch, BLOCK_BYTES, scratch + from.length * BLOCK_BYTES, count);
        case Whole(Pointwise op, DType type) -> whole(op, type, scratch, count);
      };
      if (real) {
        TypedBlock.storeDoubles(result.dtype(), values, target, count);
      } else {
        TypedBlock.storeLongs(result.dtype(), values, target, count);
      }
    }

    /** Whether this is the conversion behind every product of integers, which has a loop of its own. */
    private boolean widensInts() {
      return function instanceof Conversion
          && operands.getFirst().elements().type() == DType.INT32
          && result.dtype() == DType.FLOAT32;
    }

    private long whole(Pointwise op, DType type, long scratch, int count) {
      long[] x = new long[operands.size()];
      for (int i = 0; i < count; i++) {
        for (int operand = 0; operand < x.length; operand++) {
          x[operand] = TypedBlock.getLong(scratch + operand * BLOCK_BYTES + (long) i * Long.BYTES);
        }
        TypedBlock.setLong(scratch + (long) i * Long.BYTES, op.apply(type, x));
      }
      return scratch;
    }
  }
}
