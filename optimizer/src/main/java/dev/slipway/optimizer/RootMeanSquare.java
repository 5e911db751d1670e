package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Div;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Pow;
import dev.slipway.operators.Reciprocal;
import dev.slipway.operators.ReduceMean;
import dev.slipway.operators.Sqrt;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The value of a quotient value / sqrt(mean(value², axes) + epsilon); the axes count from 0 and keep their place. */
record RootMeanSquare(ValueId value, double epsilon, List<Integer> axes) {

  /** The parts of a node that makes such a quotient, be it by Div, Reciprocal or a negative power. */
  static Optional<RootMeanSquare> of(Graph graph, Node node) {
    if (node.op() instanceof Div) {
      return Patterns.producer(graph, node.input(1), Sqrt.class)
          .flatMap(root -> of(graph, node.input(0), root.input(0)));
    }
    if (!(node.op() instanceof Mul)) {
      return Optional.empty();
    }
    for (ValueId factor : node.inputs()) {
      Optional<ValueId> square = square(graph, factor);
      if (square.isPresent()) {
        return of(graph, Patterns.other(node, factor).orElseThrow(), square.get());
      }
    }
    return Optional.empty();
  }

  /** The axes of a mean, where it keeps them. */
  static Optional<List<Integer>> axes(Graph graph, Node node) {
    if (!((ReduceMean) node.op()).keepDims() || !graph.shape(node.input(0)).ranked()) {
      return Optional.empty();
    }
    int rank = graph.shape(node.input(0)).rank();
    return Patterns.integers(graph, node, 1)
        .filter(axes -> axes.length > 0)
        .map(axes -> Arrays.stream(axes).mapToInt(axis -> Math.floorMod((int) axis, rank)).sorted().boxed().toList());
  }

  /** What stands under the root of 1 / sqrt(…). */
  private static Optional<ValueId> square(Graph graph, ValueId id) {
    Optional<Node> reciprocal = Patterns.producer(graph, id, Reciprocal.class);
    if (reciprocal.isPresent()) {
      return Patterns.producer(graph, reciprocal.get().input(0), Sqrt.class).map(root -> root.input(0));
    }
    Optional<Node> quotient =
        Patterns.producer(graph, id, Div.class).filter(div -> Patterns.isUniform(graph, div.input(0), 1));
    if (quotient.isPresent()) {
      return Patterns.producer(graph, quotient.get().input(1), Sqrt.class).map(root -> root.input(0));
    }
    return Patterns.producer(graph, id, Pow.class)
        .filter(power -> Patterns.isUniform(graph, power.input(1), -0.5))
        .map(power -> power.input(0));
  }

  private static Optional<RootMeanSquare> of(Graph graph, ValueId value, ValueId underRoot) {
    Optional<Patterns.ConstantOperand> sum =
        Patterns.producer(graph, underRoot, Add.class).flatMap(add -> Patterns.constantOperand(graph, add));
    OptionalDouble epsilon = sum.isPresent() ? Patterns.uniform(sum.get().constant()) : OptionalDouble.empty();
    if (epsilon.isEmpty()) {
      return Optional.empty();
    }
    return Patterns.producer(graph, sum.get().value(), ReduceMean.class)
        .filter(mean -> {
          Product square = Product.of(graph, mean.input(0));
          return square.isPower(value, 2) && square.number() == 1;
        })
        .flatMap(mean -> axes(graph, mean))
        .map(axes -> new RootMeanSquare(value, epsilon.getAsDouble(), axes));
  }
}
