package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Div;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Pow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A value as a number times other values, whichever order the multiplications come in.
 *
 * @param factors the values, each as often as it occurs
 */
record Product(double number, List<ValueId> factors) {
  /** Longer chains are no activation. */
  private static final int LONGEST = 8;

  Product {
    factors = List.copyOf(factors);
  }

  /** The factors of a value; itself alone where it is no product. */
  static Product of(Graph graph, ValueId id) {
    List<ValueId> factors = new ArrayList<>();
    double number = collect(graph, id, factors, true);
    return new Product(number, factors);
  }

  /** The other factor, where there are two and this is one of them. */
  Optional<ValueId> other(ValueId one) {
    if (factors.size() != 2 || !factors.contains(one)) {
      return Optional.empty();
    }
    return Optional.of(factors.get(factors.indexOf(one) == 0 ? 1 : 0));
  }

  /** Whether this is a number times a power of one value. */
  boolean isPower(ValueId id, int exponent) {
    return factors.size() == exponent && factors.stream().allMatch(id::equals);
  }

  private static double collect(Graph graph, ValueId id, List<ValueId> factors, boolean root) {
    Node node = graph.producer(id).filter(producer -> root || Patterns.readOnce(graph, id)).orElse(null);
    if (node == null || factors.size() > LONGEST) {
      factors.add(id);
      return 1;
    }
    if (node.op() instanceof Mul && keepsShape(graph, node)) {
      double number = 1;
      for (ValueId input : node.inputs()) {
        OptionalDouble constant = Patterns.uniform(graph, input);
        number *= constant.isPresent() ? constant.getAsDouble() : collect(graph, input, factors, false);
      }
      return number;
    }
    OptionalDouble right = node.inputs().size() == 2 ? Patterns.uniform(graph, node.input(1)) : OptionalDouble.empty();
    if (node.op() instanceof Div && right.isPresent() && keepsShape(graph, node)) {
      return collect(graph, node.input(0), factors, false) / right.getAsDouble();
    }
    if (node.op() instanceof Pow && right.isPresent() && (right.getAsDouble() == 2 || right.getAsDouble() == 3)
        && keepsShape(graph, node)) {
      for (int i = 0; i < right.getAsDouble(); i++) {
        factors.add(node.input(0));
      }
      return 1;
    }
    factors.add(id);
    return 1;
  }

  /** Whether every operand that is no constant has the shape of the result. */
  private static boolean keepsShape(Graph graph, Node node) {
    return node.inputs().stream().allMatch(id ->
        Patterns.uniform(graph, id).isPresent()
            ? graph.shape(id).rank() <= rank(graph, node)
            : Patterns.sameType(graph, id, node.output()));
  }

  private static int rank(Graph graph, Node node) {
    return graph.shape(node.output()).ranked() ? graph.shape(node.output()).rank() : -1;
  }
}
