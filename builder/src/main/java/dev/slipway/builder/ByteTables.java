package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.TableLookup;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds floats that are a function of one byte each, and evaluates the operators between for all bytes: so a table
 * gives exactly what these operators give.
 */
final class ByteTables {
  private static final int DEEPEST = 16;

  private final Graph graph;
  private final Map<ValueId, ByteValue> dequantized;

  /**
   * @param dequantized the bytes behind floats of the graph; may grow
   */
  ByteTables(Graph graph, Map<ValueId, ByteValue> dequantized) {
    this.graph = graph;
    this.dequantized = dequantized;
  }

  /** A function of bytes: for each of 256 the byte that it becomes. */
  record ByteFunction(ValueId root, int[] table) {
    boolean isIdentity() {
      for (int i = 0; i < table.length; i++) {
        if (table[i] != i) {
          return false;
        }
      }
      return true;
    }

    Tensor tensor() {
      Tensor tensor = Tensor.allocate(DType.UINT8, table.length);
      for (int i = 0; i < table.length; i++) {
        tensor.setLong(i, table[i]);
      }
      return tensor;
    }
  }

  /** How a float of the graph, quantised, depends on bytes; empty where it depends on more than one, or on none. */
  Optional<ByteFunction> find(ValueId value, ByteScale scale) {
    List<ByteValue> sources = new ArrayList<>();
    if (!collect(value, graph.shape(value), sources, 0) || sources.isEmpty()) {
      return Optional.empty();
    }
    ValueId root = sources.getFirst().root();
    if (sources.stream().anyMatch(source -> !source.root().equals(root))) {
      return Optional.empty();
    }
    Map<ValueId, Tensor> known = new HashMap<>();
    Tensor result = evaluate(value, known);
    Tensor bytes = new Interpreter()
        .evaluate(new QuantizeLinear(1), result, scale.stepTensor(), scale.zeroPointTensor());
    int[] table = new int[TableLookup.ENTRIES];
    for (int i = 0; i < table.length; i++) {
      table[i] = (int) bytes.getLong(i);
    }
    return Optional.of(new ByteFunction(root, table));
  }

  private boolean collect(ValueId value, Shape shape, List<ByteValue> sources, int depth) {
    if (depth > DEEPEST) {
      return false;
    }
    if (graph.constant(value).isPresent()) {
      return graph.constant(value).get().elementCount() == 1;
    }
    if (!graph.shape(value).equals(shape)) {
      return false;
    }
    ByteValue bytes = dequantized.get(value);
    if (bytes != null) {
      sources.add(bytes);
      return true;
    }
    Optional<Node> producer = graph.producer(value);
    if (producer.isEmpty() || !(producer.get().op() instanceof Elementwise)) {
      return false;
    }
    for (ValueId input : producer.get().inputs()) {
      if (input.isPresent() && !collect(input, shape, sources, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /** The 256 values that a float takes; a constant stays as it is. */
  private Tensor evaluate(ValueId value, Map<ValueId, Tensor> known) {
    Tensor there = known.get(value);
    if (there != null) {
      return there;
    }
    Tensor result;
    if (graph.constant(value).isPresent()) {
      result = Tensor.scalar(graph.constant(value).get().dtype(), graph.constant(value).get().getDouble(0));
    } else if (dequantized.containsKey(value)) {
      result = floats(dequantized.get(value));
    } else {
      Node node = graph.producer(value).orElseThrow();
      List<Optional<Datum>> arguments = new ArrayList<>();
      for (ValueId input : node.inputs()) {
        arguments.add(input.isPresent() ? Optional.of(evaluate(input, known)) : Optional.empty());
      }
      result = (Tensor) new Interpreter()
          .evaluate(node.name(), node.op(), arguments, List.of(true)).getFirst().orElseThrow();
    }
    known.put(value, result);
    return result;
  }

  private static Tensor floats(ByteValue bytes) {
    Tensor floats = Tensor.allocate(DType.FLOAT32, TableLookup.ENTRIES);
    for (int i = 0; i < TableLookup.ENTRIES; i++) {
      floats.setDouble(i, (bytes.at(i) - bytes.scale().zeroPoint()) * (double) bytes.scale().step());
    }
    return floats;
  }
}
