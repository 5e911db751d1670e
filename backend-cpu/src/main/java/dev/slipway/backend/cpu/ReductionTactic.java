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
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.GlobalMaxPool;
import dev.slipway.operators.ReduceL1;
import dev.slipway.operators.ReduceL2;
import dev.slipway.operators.ReduceLogSum;
import dev.slipway.operators.ReduceMax;
import dev.slipway.operators.ReduceMean;
import dev.slipway.operators.ReduceMin;
import dev.slipway.operators.ReduceProd;
import dev.slipway.operators.ReduceSum;
import dev.slipway.operators.ReduceSumSquare;
import dev.slipway.operators.Reduction;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/** Reductions over any axes and global pooling, float32 contiguous. */
final class ReductionTactic implements Tactic {
  private static final TacticId ID = new TacticId("reduce_f32", 1);
  private static final double NANOS_PER_ELEMENT = 0.15;

  private final WorkerPool pool;

  ReductionTactic(WorkerPool pool) {
    this.pool = pool;
  }

  @Override
  public TacticId id() {
    return ID;
  }

  @Override
  public Support supports(KernelRequest request) {
    Op op = request.op();
    if (accumulation(op).isEmpty()) {
      return Requests.unsupported("operator " + op.schema().name()
          + " (expected: a reduction by sum, product or order)");
    }
    if (op instanceof Reduction && request.has(1) && request.constant(1).isEmpty()) {
      return Requests.unsupported("axes that are not constant");
    }
    KernelRequest data = new KernelRequest(op, request.inputs().subList(0, 1), request.outputs(), request.device());
    Optional<String> refusal = Contiguous.notFloat32(data);
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    if (Requests.elements(request.input(0)) == 0) {
      return Requests.unsupported("reduction of no elements");
    }
    return new Support.Supported(1 + Requests.elements(request.input(0)) * NANOS_PER_ELEMENT / 1000);
  }

  private static Optional<Accumulation> accumulation(Op op) {
    return Optional.ofNullable(switch (op) {
      case ReduceMean _, ReduceSum _, ReduceLogSum _, GlobalAveragePool _ -> Accumulation.SUM;
      case ReduceL1 _ -> Accumulation.MAGNITUDES;
      case ReduceL2 _, ReduceSumSquare _ -> Accumulation.SQUARES;
      case ReduceMax _, GlobalMaxPool _ -> Accumulation.MAX;
      case ReduceMin _ -> Accumulation.MIN;
      case ReduceProd _ -> Accumulation.PRODUCT;
      default -> null;
    });
  }

  /** What becomes of an accumulated number. */
  private static DoubleUnaryOperator completion(Op op, long reduced) {
    return switch (op) {
      case ReduceMean _, GlobalAveragePool _ -> x -> x / reduced;
      case ReduceL2 _ -> Math::sqrt;
      case ReduceLogSum _ -> Math::log;
      default -> x -> x;
    };
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    long[] dims = request.input(0).shape().known();
    boolean[] reduced = reduced(request, dims.length);
    List<Axis> axes = merge(dims, reduced);
    Axis inner = axes.getLast();
    long[] kept = offsets(axes, false);
    long[] walked = offsets(axes, true);
    long count = 1;
    for (int i = 0; i < dims.length; i++) {
      count *= reduced[i] ? dims[i] : 1;
    }
    return new Reduce(
        accumulation(request.op()).orElseThrow(),
        completion(request.op(), count),
        kept,
        walked,
        Math.toIntExact(inner.size()),
        inner.reduced(),
        Shape.product(dims),
        pool);
  }

  private static boolean[] reduced(KernelRequest request, int rank) {
    boolean[] reduced = new boolean[rank];
    if (!(request.op() instanceof Reduction op)) {
      Arrays.fill(reduced, 2, rank, true);
      return reduced;
    }
    long[] axes = request.constant(1).map(tensor -> tensor.toLongs()).orElse(new long[0]);
    if (axes.length == 0 && !op.noopWithEmptyAxes()) {
      Arrays.fill(reduced, true);
    }
    for (long axis : axes) {
      reduced[Contiguous.axis(axis, rank)] = true;
    }
    return reduced;
  }

  /** Neighbouring axes of the same kind as one. */
  private record Axis(long size, long stride, boolean reduced) {}

  private static List<Axis> merge(long[] dims, boolean[] reduced) {
    List<Axis> axes = new ArrayList<>();
    long[] strides = Shape.strides(dims);
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == 1) {
        continue;
      }
      if (!axes.isEmpty() && axes.getLast().reduced() == reduced[i]) {
        Axis outer = axes.removeLast();
        axes.add(new Axis(outer.size() * dims[i], strides[i], reduced[i]));
      } else {
        axes.add(new Axis(dims[i], strides[i], reduced[i]));
      }
    }
    return axes.isEmpty() ? List.of(new Axis(1, 1, true)) : axes;
  }

  /** Byte offsets of all positions along the axes of one kind, the innermost axis left out. */
  private static long[] offsets(List<Axis> axes, boolean reduced) {
    long[] offsets = {0};
    for (Axis axis : axes.subList(0, axes.size() - 1)) {
      if (axis.reduced() != reduced) {
        continue;
      }
      long[] longer = new long[Math.toIntExact(offsets.length * axis.size())];
      for (int i = 0; i < longer.length; i++) {
        longer[i] = offsets[(int) (i / axis.size())] + i % axis.size() * axis.stride() * Float.BYTES;
      }
      offsets = longer;
    }
    return offsets;
  }

  /**
   * @param kept byte offsets of the positions that stay
   * @param walked byte offsets of the positions that are accumulated
   * @param inner elements of the innermost axis, which is not in the offsets
   * @param innerReduced whether the innermost axis is accumulated too
   */
  private record Reduce(
      Accumulation accumulation,
      DoubleUnaryOperator completion,
      long[] kept,
      long[] walked,
      int inner,
      boolean innerReduced,
      long elements,
      WorkerPool pool)
      implements Kernel {

    @Override
    public void run(KernelArguments arguments) {
      long from = Memory.address(arguments.input(0), elements * Float.BYTES, "input");
      long outputs = innerReduced ? kept.length : (long) kept.length * inner;
      long to = Memory.address(arguments.output(), outputs * Float.BYTES, "output");
      if (innerReduced) {
        rows(from, to);
      } else {
        columns(from, to);
      }
    }

    private void rows(long from, long to) {
      Chunks chunks = Chunks.of(kept.length, (double) walked.length * inner * NANOS_PER_ELEMENT, pool);
      pool.run(
          chunks.units(),
          (unit, _) -> {
            for (int i = chunks.from(unit); i < chunks.to(unit); i++) {
              float result = accumulation.row(from + kept[i] + walked[0], inner);
              for (int j = 1; j < walked.length; j++) {
                result = accumulation.combine(result, accumulation.row(from + kept[i] + walked[j], inner));
              }
              Memory.set(to + (long) i * Float.BYTES, (float) completion.applyAsDouble(result));
            }
          });
    }

    private void columns(long from, long to) {
      int vectors = Math.ceilDiv(inner, Memory.LANES);
      Chunks chunks = Chunks.of(kept.length * vectors, walked.length * Memory.LANES * NANOS_PER_ELEMENT, pool);
      pool.run(
          chunks.units(),
          (unit, _) -> {
            for (int i = chunks.from(unit); i < chunks.to(unit); i++) {
              int column = i % vectors * Memory.LANES;
              int lanes = Math.min(Memory.LANES, inner - column);
              long at = to + ((long) (i / vectors) * inner + column) * Float.BYTES;
              accumulation.columns(from + kept[i / vectors] + (long) column * Float.BYTES, walked, lanes, at);
              for (int lane = 0; lane < lanes; lane++) {
                long element = at + (long) lane * Float.BYTES;
                Memory.set(element, (float) completion.applyAsDouble(Memory.get(element)));
              }
            }
          });
    }
  }
}
