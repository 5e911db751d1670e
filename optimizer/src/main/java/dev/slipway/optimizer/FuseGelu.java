package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Div;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Erf;
import dev.slipway.operators.Gelu;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Tanh;
import java.util.Optional;

/** Makes Gelu of x · (1 + erf(x / √2)) / 2 and of its approximation by the hyperbolic tangent, in any order. */
public final class FuseGelu implements RewriteRule<Elementwise> {
  private static final double CUBIC = 0.044715;

  @Override
  public Class<Elementwise> anchor() {
    return Elementwise.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Elementwise op) {
    if (!(op instanceof Mul || op instanceof Div) || !graph.tensorType(node.output()).dtype().isFloat()) {
      return Optional.empty();
    }
    Product product = Product.of(graph, node.output());
    if (product.factors().size() != 2 || !isNear(graph, node, product.number(), 0.5)) {
      return Optional.empty();
    }
    for (ValueId sum : product.factors()) {
      ValueId x = product.other(sum).orElseThrow();
      Optional<ValueId> curve = plusOne(graph, sum);
      Optional<Gelu> gelu = curve.flatMap(id -> gelu(graph, node, id, x));
      if (gelu.isPresent()) {
        String reason = "fused " + curve.flatMap(graph::producer).orElseThrow().name() + " to " + node.name()
            + ": they are Gelu";
        GraphPatch.Builder patch = GraphPatch.on(graph, reason).reuseName(node);
        return Optional.of(patch.replace(node.output(), patch.add(node.name(), gelu.get(), x)).build());
      }
    }
    return Optional.empty();
  }

  /** The y of 1 + y. */
  private static Optional<ValueId> plusOne(Graph graph, ValueId id) {
    return Patterns.producer(graph, id, Add.class)
        .flatMap(add -> Patterns.constantOperand(graph, add))
        .filter(operand -> Patterns.uniform(operand.constant()).orElse(0) == 1)
        .map(Patterns.ConstantOperand::value);
  }

  private static Optional<Gelu> gelu(Graph graph, Node node, ValueId curve, ValueId x) {
    Optional<Node> erf = Patterns.producer(graph, curve, Erf.class);
    if (erf.isPresent()) {
      Product inner = Product.of(graph, erf.get().input(0));
      return inner.isPower(x, 1) && isNear(graph, node, inner.number(), Math.sqrt(0.5))
          ? Optional.of(new Gelu("none"))
          : Optional.empty();
    }
    Optional<Node> tanh = Patterns.producer(graph, curve, Tanh.class);
    return tanh.isPresent() && isCubic(graph, node, tanh.get().input(0), x)
        ? Optional.of(new Gelu("tanh"))
        : Optional.empty();
  }

  /** Whether a value is √(2/π) · (x + 0.044715 x³), or √(2/π) · x · (1 + 0.044715 x²). */
  private static boolean isCubic(Graph graph, Node node, ValueId id, ValueId x) {
    Product outer = Product.of(graph, id);
    if (!isNear(graph, node, outer.number(), Math.sqrt(2 / Math.PI))) {
      return false;
    }
    if (outer.factors().size() == 1) {
      Node sum = Patterns.producer(graph, outer.factors().getFirst(), Add.class).orElse(null);
      return sum != null
          && Patterns.other(sum, x).filter(cubic -> isMonomial(graph, node, cubic, x, 3)).isPresent();
    }
    return outer.other(x)
        .flatMap(sum -> plusOne(graph, sum))
        .filter(square -> isMonomial(graph, node, square, x, 2))
        .isPresent();
  }

  private static boolean isMonomial(Graph graph, Node node, ValueId id, ValueId x, int exponent) {
    Product product = Product.of(graph, id);
    return product.isPower(x, exponent) && isNear(graph, node, product.number(), CUBIC);
  }

  /** Exporters write the constants with four digits and more. */
  private static boolean isNear(Graph graph, Node node, double number, double expected) {
    return Math.abs(number - expected) <= 1e-4 * expected
        || Patterns.isNear(number, expected, graph.tensorType(node.output()).dtype());
  }
}
