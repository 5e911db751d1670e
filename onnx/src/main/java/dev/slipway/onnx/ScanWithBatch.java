package dev.slipway.onnx;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Scan of opset 8, whose states and sequences have a batch axis in front: it becomes a Scan over the batch, whose body
 * is the Scan of one sequence.
 */
final class ScanWithBatch {
  private ScanWithBatch() {}

  static ImportedNode upgrade(ImportedNode node, UpgradeContext context) {
    if (node.has(0)) {
      throw new InvalidGraphException("input sequence_lens: given (expected: none; lengths left Scan in opset 9)");
    }
    Graph body = node.attributes().graph("body");
    int captures = (int) node.attributes().integer("captures", 0);
    List<ValueId> inputs = node.inputs().subList(1, node.inputs().size());
    int batched = inputs.size() - captures;
    Attributes inner = node.attributes().without("directions");
    if (node.attributes().has("directions")) {
      inner = inner.with("scan_input_directions", node.attributes().integers("directions"));
    }
    Graph perItem = perItem(node, context, inputs, batched, inner, body.outputs().size());
    Attributes outer = Attributes.of("body", perItem).with("num_scan_inputs", batched);
    if (node.attributes().has("captures")) {
      outer = outer.with("captures", captures);
    }
    return node.as("Scan", outer, inputs);
  }

  private static Graph perItem(
      ImportedNode node, UpgradeContext context, List<ValueId> inputs, int batched, Attributes scan, int outputs) {
    OpDefinition definition = Operators.get("Scan");
    GraphBuilder builder = new GraphBuilder(node.type() + " of one sequence");
    List<ValueId> formal = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      ValueType type = context.builder().type(inputs.get(i));
      formal.add(builder.input("in_" + i, i < batched ? withoutBatch(context.type(inputs.get(i))) : type));
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      names.add("out_" + i);
    }
    List<ValueId> made = builder.add("", definition.create(scan), formal, names);
    for (int i = 0; i < outputs; i++) {
      builder.output(names.get(i), made.get(i));
    }
    return builder.build();
  }

  private static TensorType withoutBatch(TensorType type) {
    Shape shape = type.shape();
    return shape.ranked() ? type.withShape(shape.slice(1, shape.rank())) : type;
  }
}
