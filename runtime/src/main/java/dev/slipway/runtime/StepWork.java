package dev.slipway.runtime;

import dev.slipway.backend.Kernel;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Fused;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What one step of a program does, for inputs of known shapes. Counts are 0 where a shape depends on data.
 *
 * @param node the node that it computes; one that stands for several has their names with + between them
 * @param op the operator; of a fused group the one that is not elementwise, where it has one
 * @param tactic what made its kernel; {@code reference} or {@code copy} where none did
 * @param note why no kernel was found, or empty
 * @param shapes of the inputs and outputs, {@code 1x64x56x56, 64x64x3x3 -> 1x64x56x56}
 * @param arithmetic the type in which it computes: that of the products for kernels that multiply
 * @param flops arithmetic operations that the operators are defined by, a multiply-add counting two
 * @param macs multiply-adds of products among them
 * @param executedFlops those of the algorithm, where the kernel says that it computes with another number of them
 * @param weightBytes what it reads of constants
 * @param bytesRead what it reads of everything, constants included
 */
public record StepWork(
    String node,
    String op,
    String tactic,
    String note,
    String shapes,
    DType arithmetic,
    long flops,
    long macs,
    long executedFlops,
    long weightBytes,
    long bytesRead,
    long bytesWritten) {

  static StepWork of(Step step) {
    return switch (step) {
      case Step.Launch launch -> of(launch, launch.op(), launch.tactic().name(), "", Optional.of(launch.kernel()));
      case Step.Evaluate evaluate -> of(evaluate, evaluate.op(), "reference", evaluate.reason(), Optional.empty());
      case Step.Copy copy -> {
        long bytes = copy.output().type().bytes();
        yield new StepWork(
            copy.name(), "Concat", "copy", "", shapes(copy), copy.output().type().dtype(), 0, 0, 0, 0, bytes, bytes);
      }
    };
  }

  private static StepWork of(Step step, Op op, String tactic, String note, Optional<Kernel> kernel) {
    Cost cost = cost(step, op);
    long flops = number(cost.flops());
    long read = number(cost.bytesRead());
    long constants = step.inputs().stream()
        .mapToLong(operand -> operand instanceof Operand.Constant(var tensor) ? tensor.type().bytes() : 0)
        .sum();
    return new StepWork(
        step.name(),
        anchor(op).schema().name(),
        tactic,
        note,
        shapes(step),
        kernel.flatMap(Kernel::arithmetic).orElseGet(() -> arithmetic(step)),
        flops,
        number(cost.macs()),
        kernel.isPresent() ? kernel.get().flops().orElse(flops) : flops,
        Math.min(constants, read),
        read,
        number(cost.bytesWritten()));
  }

  private static Cost cost(Step step, Op op) {
    boolean isKnown = Stream.concat(step.inputs().stream(), step.outputs().stream())
        .noneMatch(Operand.Slot.class::isInstance);
    return isKnown ? op.cost(types(step.inputs()), types(step.outputs())) : Cost.ZERO;
  }

  private static long number(Dim count) {
    return count instanceof Dim.Known(long size) ? size : 0;
  }

  private static Op anchor(Op op) {
    if (!(op instanceof Fused(Graph body))) {
      return op;
    }
    return body.nodes().stream()
        .map(Node::op)
        .filter(part -> !(part instanceof Elementwise))
        .findFirst()
        .orElse(op);
  }

  /** Bytes where any input has such, else the first type of floating point, else what comes out. */
  private static DType arithmetic(Step step) {
    List<DType> types = types(step.inputs()).stream().map(TensorType::dtype).toList();
    if (types.contains(DType.UINT8) || types.contains(DType.INT8)) {
      return DType.INT8;
    }
    return types.stream()
        .filter(DType::isFloat)
        .findFirst()
        .or(() -> types(step.outputs()).stream().map(TensorType::dtype).findFirst())
        .orElse(DType.FLOAT32);
  }

  private static List<TensorType> types(List<Operand> operands) {
    return operands.stream().flatMap(operand -> type(operand).stream()).toList();
  }

  private static Optional<TensorType> type(Operand operand) {
    return switch (operand) {
      case Operand.Memory memory -> Optional.of(memory.type());
      case Operand.Constant(var tensor) -> Optional.of(tensor.type());
      case Operand.Absent _, Operand.Slot _ -> Optional.empty();
    };
  }

  private static String shapes(Step step) {
    return shapes(step.inputs()) + " -> " + shapes(step.outputs());
  }

  private static String shapes(List<Operand> operands) {
    return types(operands).stream()
        .map(type -> type.shape().dims().isEmpty()
            ? "scalar"
            : type.shape().dims().stream().map(Dim::toString).collect(Collectors.joining("x")))
        .collect(Collectors.joining(", "));
  }
}
