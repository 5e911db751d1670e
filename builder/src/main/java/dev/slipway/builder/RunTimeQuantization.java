package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Abs;
import dev.slipway.operators.Div;
import dev.slipway.operators.DynamicQuantizeLinear;
import dev.slipway.operators.MatMulInteger;
import dev.slipway.operators.Max;
import dev.slipway.operators.Mul;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizeRows;
import dev.slipway.operators.ReduceMax;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * How the activations of a product of bytes are quantised while the model runs: by DynamicQuantizeLinear, or each row
 * by its own range, which is what {@link QuantizeRows} does.
 *
 * @param floats the activations before
 * @param scale what they are divided by: of all, or of each row
 * @param ofRows whether there is a scale of each row
 * @param nodes all that do it, the one that makes the bytes last
 */
record RunTimeQuantization(ValueId floats, ValueId scale, boolean ofRows, List<Node> nodes) {

  /** How those of a product are; empty where they come in another way. */
  static Optional<RunTimeQuantization> of(Graph graph, Node product) {
    Optional<Node> quantize = graph.producer(product.input(0));
    if (quantize.isEmpty() || !product.hasInput(2)) {
      return Optional.empty();
    }
    return switch (quantize.get().op()) {
      case DynamicQuantizeLinear _ when quantize.get().outputs().contains(product.input(2)) ->
          Optional.of(new RunTimeQuantization(
              quantize.get().input(0), quantize.get().output(1), false, List.of(quantize.get())));
      case QuantizeLinear _ when product.op() instanceof MatMulInteger -> new Rows(graph).of(quantize.get(), product);
      default -> Optional.empty();
    };
  }

  /** The node that makes the bytes. */
  Node quantize() {
    return nodes.getLast();
  }

  private record Rows(Graph graph) {
    Optional<RunTimeQuantization> of(Node quantize, Node product) {
      boolean isShift = quantize.hasInput(2)
          && is(quantize.input(1), 1)
          && is(quantize.input(2), QuantizeRows.ZERO_POINT)
          && is(product.input(2), QuantizeRows.ZERO_POINT);
      Optional<Node> divide = isShift ? producer(quantize.input(0), Div.class) : Optional.empty();
      return divide.flatMap(node -> scaled(node, quantize));
    }

    private Optional<RunTimeQuantization> scaled(Node divide, Node quantize) {
      ValueId x = divide.input(0);
      ValueId scale = divide.input(1);
      Optional<Node> bounded = producer(scale, Max.class).filter(node -> node.inputs().size() == 2);
      Optional<Node> steps = bounded
          .flatMap(node -> beside(node, QuantizeRows.LEAST_SCALE))
          .flatMap(id -> producer(id, Mul.class));
      Optional<Node> largest = steps
          .flatMap(node -> beside(node, QuantizeRows.STEP))
          .flatMap(id -> producer(id, ReduceMax.class))
          .filter(this::isOfRows);
      return largest
          .flatMap(node -> producer(node.input(0), Abs.class))
          .filter(absolute -> absolute.input(0).equals(x))
          .map(absolute -> new RunTimeQuantization(x, scale, true,
              List.of(absolute, largest.get(), steps.orElseThrow(), bounded.orElseThrow(), divide, quantize)));
    }

    private boolean isOfRows(Node node) {
      boolean hasAxes = node.hasInput(1) && graph.constant(node.input(1)).isPresent();
      if (!((ReduceMax) node.op()).keepDims() || !hasAxes || !graph.shape(node.input(0)).ranked()) {
        return false;
      }
      long[] axes = graph.constant(node.input(1)).orElseThrow().toLongs();
      return axes.length == 1 && (axes[0] == -1 || axes[0] == graph.shape(node.input(0)).rank() - 1);
    }

    private Optional<Node> producer(ValueId id, Class<? extends Op> type) {
      return graph.producer(id).filter(node -> type.isInstance(node.op()));
    }

    /** The other input of a node that has this constant as one. */
    private Optional<ValueId> beside(Node node, float constant) {
      if (is(node.input(0), constant)) {
        return Optional.of(node.input(1));
      }
      return is(node.input(1), constant) ? Optional.of(node.input(0)) : Optional.empty();
    }

    private boolean is(ValueId id, float value) {
      Optional<Tensor> constant = graph.constant(id);
      return constant.isPresent() && constant.get().elementCount() == 1 && (float) constant.get().getDouble(0) == value;
    }
  }
}
