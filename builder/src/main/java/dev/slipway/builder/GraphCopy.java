package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Builds a graph that is like another one but for some nodes; values are named as in the original. */
final class GraphCopy {
  private final Graph original;
  private final GraphBuilder builder;
  private final Map<ValueId, ValueId> renamed = new HashMap<>();

  GraphCopy(Graph original) {
    this(original, type -> type, tensor -> tensor);
  }

  /** A copy with inputs of other types and with other constants. */
  GraphCopy(Graph original, UnaryOperator<ValueType> inputs, UnaryOperator<Tensor> constants) {
    this.original = original;
    this.builder = new GraphBuilder(original.name());
    original.metadata().forEach(builder::metadata);
    renamed.put(ValueId.ABSENT, ValueId.ABSENT);
    for (ValueId id : original.inputs()) {
      renamed.put(id, builder.input(original.value(id).name(), inputs.apply(original.type(id))));
    }
    original.constants().forEach((id, tensor) ->
        renamed.put(id, builder.constant(original.value(id).name(), constants.apply(tensor))));
  }

  /** What stands in the copy for a value of the original. */
  ValueId of(ValueId id) {
    return renamed.get(id);
  }

  /** Lets another value of the copy stand for a value of the original from now on. */
  void replace(ValueId id, ValueId by) {
    renamed.put(id, by);
  }

  ValueType type(ValueId copied) {
    return builder.type(copied);
  }

  /** Adds a node on values of the original, whose outputs stand for values of the original. */
  void add(String name, Op op, List<ValueId> inputs, List<ValueId> outputs) {
    addCopied(name, op, inputs.stream().map(renamed::get).toList(), outputs);
  }

  /** Adds a node on values of the copy, whose outputs stand for values of the original. */
  void addCopied(String name, Op op, List<ValueId> inputs, List<ValueId> outputs) {
    List<String> names =
        outputs.stream().map(id -> id.isPresent() ? original.value(id).name() : "").toList();
    List<ValueId> made = builder.add(name, op, inputs, names);
    for (int i = 0; i < made.size(); i++) {
      if (outputs.get(i).isPresent()) {
        renamed.put(outputs.get(i), made.get(i));
      }
    }
  }

  /** Adds a node with one output that the original does not have. */
  ValueId addNew(String name, Op op, ValueId... inputs) {
    return builder.add(name, op, List.of(inputs), List.of(name + ".out")).getFirst();
  }

  /** Adds a node with several outputs that the original does not have. */
  List<ValueId> addNew(String name, Op op, List<ValueId> inputs, int outputs) {
    return builder.add(
        name, op, inputs, IntStream.range(0, outputs).mapToObj(i -> name + ".out" + i).toList());
  }

  /** Adds a constant that the original does not have. */
  ValueId constant(String name, Tensor tensor) {
    return builder.constant(name, tensor);
  }

  /** Notes that the copy has floats of the original as bytes. */
  void quantized(ValueId floats, ByteValue bytes) {
    QuantizedValue value = new QuantizedValue(original.value(floats).name(), builder.valueName(bytes.id()),
        bytes.scale().step(), bytes.scale().zeroPoint());
    builder.metadata(value.key(), value.text());
  }

  void layout(ValueId copied, Layout layout) {
    builder.layout(copied, layout);
  }

  Graph build() {
    original.outputs().forEach((name, id) -> builder.output(name, renamed.get(id)));
    return builder.build();
  }
}
