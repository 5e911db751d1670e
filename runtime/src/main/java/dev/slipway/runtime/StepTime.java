package dev.slipway.runtime;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.TypeInference;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Fused;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How long one step of a run took.
 *
 * @param node the node that it computes
 * @param op the operator; of a fused group the one that is not elementwise, where it has one
 * @param tactic what made its kernel; {@code reference} or {@code copy} where none did
 * @param note why no kernel was found, or empty
 * @param shapes of the inputs and outputs, {@code 1x64x56x56, 64x64x3x3 -> 1x64x56x56}
 * @param flops arithmetic operations of that operator, a multiply-add counting two; of the algorithm, where the kernel
 *     says that it computes with another number of them
 */
public record StepTime(String node, String op, String tactic, String note, String shapes, long flops, long nanos) {

  static StepTime of(Step step, long nanos) {
    return switch (step) {
      case Step.Launch launch -> {
        Anchor anchor = Anchor.of(launch.op(), types(launch.inputs()), types(launch.outputs()));
        long flops = launch.kernel().flops().orElseGet(anchor::flops);
        yield new StepTime(
            launch.name(), anchor.op.schema().name(), launch.tactic().name(), "", shapes(launch), flops, nanos);
      }
      case Step.Evaluate evaluate -> new StepTime(
          evaluate.name(), evaluate.op().schema().name(), "reference", evaluate.reason(), shapes(evaluate), 0, nanos);
      case Step.Copy copy -> new StepTime(copy.name(), "Concat", "copy", "", shapes(copy), 0, nanos);
    };
  }

  private static List<Optional<TensorType>> types(List<Operand> operands) {
    return operands.stream().map(StepTime::type).toList();
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
        .flatMap(Optional::stream)
        .map(type -> type.shape().dims().isEmpty()
            ? "scalar"
            : type.shape().dims().stream().map(Dim::toString).collect(Collectors.joining("x")))
        .collect(Collectors.joining(", "));
  }

  /** The operator of a step that does the work, with its types. */
  private record Anchor(Op op, List<TensorType> inputs, List<TensorType> outputs) {

    static Anchor of(Op op, List<Optional<TensorType>> inputs, List<Optional<TensorType>> outputs) {
      if (op instanceof Fused(var body)) {
        for (Node node : body.nodes()) {
          if (!(node.op() instanceof Elementwise) && body.inputs().containsAll(presentInputs(node))) {
            return inferred(node, body, inputs);
          }
        }
      }
      return new Anchor(op, present(inputs), present(outputs));
    }

    private static List<ValueId> presentInputs(Node node) {
      return node.inputs().stream().filter(ValueId::isPresent).toList();
    }

    private static Anchor inferred(Node node, Graph body, List<Optional<TensorType>> inputs) {
      List<Optional<TensorType>> types = node.inputs().stream()
          .map(id -> id.isPresent() ? inputs.get(body.inputs().indexOf(id)) : Optional.<TensorType>empty())
          .toList();
      List<TypeInference.Input> typed = types.stream()
          .map(type -> type.map(TypeInference.Input::of).orElse(TypeInference.Input.ABSENT))
          .toList();
      List<TensorType> outputs =
          TypeInference.infer(node.name(), node.op(), typed, node.outputs().size()).types().stream()
              .filter(TensorType.class::isInstance)
              .map(TensorType.class::cast)
              .toList();
      return new Anchor(node.op(), present(types), outputs);
    }

    private static List<TensorType> present(List<Optional<TensorType>> types) {
      return types.stream().flatMap(Optional::stream).toList();
    }

    long flops() {
      return op.cost(inputs, outputs).flops() instanceof Dim.Known(long count) ? count : 0;
    }
  }
}
