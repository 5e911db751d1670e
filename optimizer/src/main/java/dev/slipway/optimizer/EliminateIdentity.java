package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Cast;
import dev.slipway.operators.CastLike;
import dev.slipway.operators.Clip;
import dev.slipway.operators.Concat;
import dev.slipway.operators.Div;
import dev.slipway.operators.Dropout;
import dev.slipway.operators.Expand;
import dev.slipway.operators.Flatten;
import dev.slipway.operators.Identity;
import dev.slipway.operators.Max;
import dev.slipway.operators.Mean;
import dev.slipway.operators.Min;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Pad;
import dev.slipway.operators.Pow;
import dev.slipway.operators.Relu;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Resize;
import dev.slipway.operators.Slice;
import dev.slipway.operators.Split;
import dev.slipway.operators.Squeeze;
import dev.slipway.operators.Sub;
import dev.slipway.operators.Sum;
import dev.slipway.operators.Transpose;
import dev.slipway.operators.Unsqueeze;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** Drops nodes whose output is one of their inputs. */
public final class EliminateIdentity implements RewriteRule<Op> {
  private record Same(int port, String reason) {}

  @Override
  public Class<Op> anchor() {
    return Op.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Op op) {
    if (IntStream.range(1, node.outputs().size()).anyMatch(i -> Patterns.isRead(graph, node, i))) {
      return Optional.empty();
    }
    return same(graph, node, op)
        .filter(same -> !graph.isOutput(node.output()) || !graph.isOutput(node.input(same.port)))
        .map(same -> GraphPatch.on(graph, "dropped " + node.name() + ": " + same.reason)
            .replace(node.output(), node.input(same.port))
            .build());
  }

  private static Optional<Same> same(Graph graph, Node node, Op op) {
    return switch (op) {
      case Identity identity -> because(true, "identity");
      case Dropout dropout -> because(!trains(graph, node), "dropout in inference");
      case Reshape reshape -> keepsType(graph, node, "reshapes to the shape that its input has");
      case Flatten flatten -> keepsType(graph, node, "flattens what is flat");
      case Expand expand -> keepsType(graph, node, "expands to the shape that its input has");
      case Squeeze squeeze -> keepsType(graph, node, "squeezes no axis");
      case Unsqueeze unsqueeze -> keepsType(graph, node, "adds no axis");
      case Transpose transpose -> because(keepsOrder(graph, node, transpose), "keeps the order of the axes");
      case Cast cast -> because(graph.tensorType(node.input(0)).dtype() == cast.to(), "casts to the type of its input");
      case CastLike cast -> because(
          graph.tensorType(node.input(0)).dtype() == graph.tensorType(node.input(1)).dtype(),
          "casts to the type of its input");
      case Slice slice -> because(
          Patterns.sameType(graph, node.input(0), node.output()) && stepsForward(graph, node), "takes everything");
      case Split split -> because(node.outputs().size() == 1 && split.parts() <= 1, "splits into one part");
      case Pad pad -> because(addsNothing(graph, node), "adds nothing");
      case Concat concat -> because(node.inputs().size() == 1, "concatenates one input");
      case Sum sum -> because(node.inputs().size() == 1, "sums up one input");
      case Mean mean -> because(node.inputs().size() == 1, "the mean of one input");
      case Max max -> because(node.inputs().size() == 1, "the maximum of one input");
      case Min min -> because(node.inputs().size() == 1, "the minimum of one input");
      case Clip clip -> because(!node.hasInput(1) && !node.hasInput(2), "clips at no bound");
      case Relu relu -> because(isNotNegative(graph, node.input(0)), "its input is not negative");
      case Mul mul -> neutral(graph, node, 1, true);
      case Div div -> neutral(graph, node, 1, false);
      case Add add -> neutral(graph, node, 0, true);
      case Sub sub -> neutral(graph, node, 0, false);
      case Pow pow -> neutral(graph, node, 1, false);
      case Resize resize -> because(
          Patterns.sameType(graph, node.input(0), node.output())
              && resize.coordinates() != Resize.Coordinates.TF_CROP_AND_RESIZE,
          "resizes to the size that its input has");
      default -> Optional.empty();
    };
  }

  private static Optional<Same> because(boolean condition, String reason) {
    return condition ? Optional.of(new Same(0, reason)) : Optional.empty();
  }

  private static Optional<Same> keepsType(Graph graph, Node node, String reason) {
    return because(Patterns.sameType(graph, node.input(0), node.output()), reason);
  }

  private static boolean trains(Graph graph, Node node) {
    return node.hasInput(2)
        && !graph.constant(node.input(2)).map(training -> !training.getBoolean(0)).orElse(false);
  }

  private static boolean keepsOrder(Graph graph, Node node, Transpose transpose) {
    if (!graph.shape(node.input(0)).ranked()) {
      return false;
    }
    int[] order = transpose.order(graph.shape(node.input(0)).rank());
    return IntStream.range(0, order.length).allMatch(i -> order[i] == i);
  }

  private static boolean stepsForward(Graph graph, Node node) {
    return !node.hasInput(4)
        || Patterns.integers(graph, node, 4).map(steps -> Arrays.stream(steps).allMatch(s -> s > 0)).orElse(false);
  }

  private static boolean addsNothing(Graph graph, Node node) {
    return Patterns.integers(graph, node, 1).map(pads -> Arrays.stream(pads).allMatch(p -> p == 0)).orElse(false);
  }

  private static boolean isNotNegative(Graph graph, ValueId id) {
    return graph.producer(id)
        .map(node -> node.op() instanceof Relu
            || node.op() instanceof Clip && node.hasInput(1)
                && Patterns.uniform(graph, node.input(1)).orElse(-1) >= 0)
        .orElse(false);
  }

  /** The operand beside a constant that changes nothing. */
  private static Optional<Same> neutral(Graph graph, Node node, double number, boolean commutative) {
    String reason = "its other operand is " + (int) number;
    for (int port = 0; port < (commutative ? 2 : 1); port++) {
      if (Patterns.uniform(graph, node.input(1 - port)).orElse(Double.NaN) == number
          && Patterns.sameType(graph, node.input(port), node.output())) {
        return Optional.of(new Same(port, reason));
      }
    }
    return Optional.empty();
  }
}
