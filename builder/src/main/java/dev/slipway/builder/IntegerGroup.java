package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Fused;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A product of bytes, elementwise operators of its results and of one value beside them, and the rounding to bytes, as
 * one node: its body is what the graph has there, but for the product, which is an integer one.
 */
final class IntegerGroup {
  private static final int LARGEST = 12;

  private final Graph graph;
  private final GraphCopy copy;
  private final Map<ValueId, ByteValue> dequantized;
  private final IntegerAnchors anchors;
  private final ValueId value;
  private final Set<Node> members = new HashSet<>();
  private Optional<ValueId> side = Optional.empty();
  private Optional<ValueId> product = Optional.empty();
  private Optional<IntegerAnchors.Twin> twin = Optional.empty();

  private IntegerGroup(
      Graph graph, GraphCopy copy, Map<ValueId, ByteValue> dequantized, IntegerAnchors anchors, ValueId value) {
    this.graph = graph;
    this.copy = copy;
    this.dequantized = dequantized;
    this.anchors = anchors;
    this.value = value;
  }

  /** The bytes of a value that such a group computes; empty where none does. */
  static Optional<ValueId> of(
      Graph graph,
      GraphCopy copy,
      Map<ValueId, ByteValue> dequantized,
      IntegerAnchors anchors,
      ValueId value,
      ByteScale scale) {
    IntegerGroup group = new IntegerGroup(graph, copy, dequantized, anchors, value);
    return group.collect() && !group.members.isEmpty() ? Optional.of(group.add(scale)) : Optional.empty();
  }

  /** Finds the members from the end to the start; false where the value is none of a group. */
  private boolean collect() {
    Deque<ValueId> open = new ArrayDeque<>(List.of(value));
    int waiting = 0;
    while (!open.isEmpty()) {
      ValueId id = open.poll();
      boolean isLate = waiting > open.size();
      if (!isLate && !id.equals(value) && !isReadInside(id)) {
        open.add(id);
        waiting++;
        continue;
      }
      waiting = 0;
      if (members.size() > LARGEST || !take(id, open)) {
        return false;
      }
    }
    return twin.isPresent();
  }

  private boolean isReadInside(ValueId id) {
    return graph.constant(id).isPresent()
        || dequantized.containsKey(id)
        || !graph.isOutput(id) && members.containsAll(graph.consumers(id));
  }

  private boolean take(ValueId id, Deque<ValueId> open) {
    if (id.equals(product.orElse(ValueId.ABSENT)) || id.equals(side.orElse(ValueId.ABSENT))) {
      return true;
    }
    if (graph.constant(id).isPresent()) {
      return graph.constant(id).get().elementCount() == 1;
    }
    if (!(graph.type(id) instanceof TensorType type) || !type.equals(graph.type(value))) {
      return false;
    }
    Optional<Node> producer = graph.producer(id).filter(_ -> !dequantized.containsKey(id));
    boolean isInside = id.equals(value) || isReadInside(id);
    if (producer.isPresent() && isInside && twin.isEmpty()) {
      twin = anchors.floats(producer.get()).filter(IntegerAnchors.Twin::isProduct);
      if (twin.isPresent()) {
        product = Optional.of(id);
        return true;
      }
    }
    if (producer.isPresent() && isInside && producer.get().op() instanceof Elementwise) {
      members.add(producer.get());
      producer.get().inputs().stream()
          .filter(input -> input.isPresent() && !open.contains(input))
          .forEach(open::add);
      return true;
    }
    if (side.isPresent()) {
      return false;
    }
    side = Optional.of(id);
    return true;
  }

  private ValueId add(ByteScale scale) {
    GraphBuilder body = new GraphBuilder("body");
    IntegerAnchors.Twin anchor = twin.orElseThrow();
    List<ValueId> inputs = new ArrayList<>(anchor.inputs());
    List<ValueId> ports = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      ports.add(body.input("in" + i, copy.type(inputs.get(i))));
    }
    Map<ValueId, ValueId> renamed = new HashMap<>();
    renamed.put(ValueId.ABSENT, ValueId.ABSENT);
    renamed.put(product.orElseThrow(), body.add(anchor.op(), ports.toArray(ValueId[]::new)));
    side.ifPresent(id -> {
      Optional<ByteValue> bytes = Optional.ofNullable(dequantized.get(id));
      ValueId beside = bytes.map(ByteValue::id).orElse(copy.of(id));
      ValueId port = body.input("side", copy.type(beside));
      inputs.add(beside);
      renamed.put(id, bytes.map(own -> floats(body, port, own.scale())).orElse(port));
    });
    graph.nodes().stream().filter(members::contains).forEach(node -> {
      List<ValueId> arguments = new ArrayList<>();
      for (ValueId id : node.inputs()) {
        arguments.add(renamed.computeIfAbsent(id, constant -> scalar(body, constant)));
      }
      renamed.put(node.output(), body.add(node.op(), arguments.toArray(ValueId[]::new)));
    });
    ValueId bytes = body.add(
        new QuantizeLinear(1),
        renamed.get(value),
        body.constant("y_scale", scale.stepTensor()),
        body.constant("y_zero_point", scale.zeroPointTensor()));
    Fused fused = new Fused(body.output("y", bytes).build());
    String name = anchor.name() + "+" + graph.value(value).name();
    return copy.addNew(name, fused, inputs.toArray(ValueId[]::new));
  }

  private static ValueId floats(GraphBuilder body, ValueId bytes, ByteScale scale) {
    return body.add(
        new DequantizeLinear(1),
        bytes,
        body.constant("side_scale", scale.stepTensor()),
        body.constant("side_zero_point", scale.zeroPointTensor()));
  }

  private ValueId scalar(GraphBuilder body, ValueId id) {
    Tensor tensor = graph.constant(id).orElseThrow();
    return body.constant(graph.value(id).name(), Tensor.scalar(tensor.dtype(), tensor.getDouble(0)));
  }
}
