package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Clip;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Div;
import dev.slipway.operators.Mul;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.Round;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a quantised graph one of floats that computes the same: QuantizeLinear with nothing but DequantizeLinear behind
 * it becomes {@code clip(round(x / scale)) · scale}, and constants behind DequantizeLinear are computed. For backends
 * without integer kernels, which fuse the arithmetic into the kernel before.
 */
final class RoundedFloats {
  private RoundedFloats() {}

  /** The graph in floats; itself where it has neither such pairs nor such constants. */
  static Graph legalize(Graph graph) {
    Map<ValueId, Node> pairs = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (isPair(graph, node)) {
        pairs.put(node.output(), node);
      }
    }
    if (pairs.isEmpty() && graph.nodes().stream().noneMatch(node -> isConstant(graph, node))) {
      return graph;
    }
    GraphCopy copy = new GraphCopy(graph);
    for (Node node : graph.nodes()) {
      if (pairs.containsKey(node.output())) {
        copy.replace(node.output(), rounded(graph, node, copy));
      } else if (!node.inputs().isEmpty() && pairs.containsKey(node.input(0))) {
        copy.replace(node.output(), copy.of(node.input(0)));
      } else if (isConstant(graph, node)) {
        copy.replace(node.output(), copy.constant(node.name() + "_float", dequantized(graph, node)));
      } else {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
      }
    }
    return copy.build().withoutDeadCode();
  }

  private static boolean isPair(Graph graph, Node node) {
    if (!(node.op() instanceof QuantizeLinear) || graph.isOutput(node.output())) {
      return false;
    }
    Optional<DType> integers = quantizedType(graph, node.output());
    if (integers.isEmpty() || !isFloat32(graph, node.input(0)) || !hasOneScale(graph, node)) {
      return false;
    }
    List<Node> readers = graph.consumers(node.output());
    return !readers.isEmpty() && readers.stream().allMatch(reader -> isInverse(graph, node, reader));
  }

  private static boolean isConstant(Graph graph, Node node) {
    return node.op() instanceof DequantizeLinear
        && !graph.isOutput(node.output())
        && isFloat32(graph, node.output())
        && node.inputs().stream().allMatch(id -> !id.isPresent() || graph.constant(id).isPresent());
  }

  private static Tensor dequantized(Graph graph, Node node) {
    Tensor[] inputs = node.inputs().stream()
        .filter(ValueId::isPresent)
        .map(id -> graph.constant(id).orElseThrow())
        .toArray(Tensor[]::new);
    return new Interpreter().evaluate(node.op(), inputs);
  }

  private static Optional<DType> quantizedType(Graph graph, ValueId id) {
    return graph.type(id) instanceof TensorType type && (type.dtype() == DType.INT8 || type.dtype() == DType.UINT8)
        ? Optional.of(type.dtype())
        : Optional.empty();
  }

  private static boolean isFloat32(Graph graph, ValueId id) {
    return graph.type(id) instanceof TensorType type && type.dtype() == DType.FLOAT32;
  }

  /** Whether the scale is one constant for all elements, and so the zero point. */
  private static boolean hasOneScale(Graph graph, Node node) {
    for (ValueId id : node.inputs().subList(1, node.inputs().size())) {
      if (id.isPresent() && graph.constant(id).filter(tensor -> tensor.elementCount() == 1).isEmpty()) {
        return false;
      }
    }
    return isFloat32(graph, node.input(1));
  }

  private static boolean isInverse(Graph graph, Node node, Node reader) {
    return reader.op() instanceof DequantizeLinear
        && reader.input(0).equals(node.output())
        && isFloat32(graph, reader.output())
        && hasOneScale(graph, reader)
        && !reader.inputs().subList(1, reader.inputs().size()).contains(node.output())
        && number(graph, reader, 1) == number(graph, node, 1)
        && number(graph, reader, 2) == number(graph, node, 2);
  }

  /** The scale or the zero point; 0 where there is none. */
  private static double number(Graph graph, Node node, int port) {
    return port < node.inputs().size() && node.input(port).isPresent()
        ? graph.constant(node.input(port)).orElseThrow().getDouble(0)
        : 0;
  }

  private static ValueId rounded(Graph graph, Node node, GraphCopy copy) {
    DType integers = quantizedType(graph, node.output()).orElseThrow();
    double zeroPoint = number(graph, node, 2);
    String name = node.name();
    ValueId scale = copy.constant(name + "_scale", scalar(number(graph, node, 1)));
    ValueId low = copy.constant(name + "_low", scalar(integers.minValue() - zeroPoint));
    ValueId high = copy.constant(name + "_high", scalar(integers.maxValue() - zeroPoint));
    ValueId quotient = copy.addNew(name + "_div", new Div(), copy.of(node.input(0)), scale);
    ValueId round = copy.addNew(name + "_round", new Round(), quotient);
    ValueId clipped = copy.addNew(name + "_clip", new Clip(), round, low, high);
    return copy.addNew(name + "_mul", new Mul(), clipped, scale);
  }

  private static Tensor scalar(double value) {
    return Tensor.scalar(DType.FLOAT32, value);
  }
}
