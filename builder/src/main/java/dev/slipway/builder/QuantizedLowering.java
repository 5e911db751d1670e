package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Concat;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Flatten;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Resize;
import dev.slipway.operators.Slice;
import dev.slipway.operators.Split;
import dev.slipway.operators.Squeeze;
import dev.slipway.operators.TableLookup;
import dev.slipway.operators.Transpose;
import dev.slipway.operators.Unsqueeze;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes operators between DequantizeLinear and QuantizeLinear compute on integers, for backends that have kernels for
 * these: products and sums ({@link IntegerAnchors}), functions of one value as tables ({@link ByteTables}), and what
 * only moves elements. Activations become unsigned bytes: a signed one is moved by 128.
 *
 * <p>A value is lowered when its quantisation is asked for, from the end to the start: what moves elements quantises
 * its inputs instead of its output. So activations are bytes wherever they can be.
 *
 * <p>Results are those of the quantised graph, but for products whose exact value lies next to the middle between two
 * steps: there the roundings of float32 may choose the other one. Tables and movement change nothing.
 */
final class QuantizedLowering {
  private final Graph graph;
  private final GraphCopy copy;
  private final Reasons reasons;
  private final Map<ValueId, ByteValue> quantized = new HashMap<>();
  private final Map<ValueId, ByteValue> dequantized = new HashMap<>();
  private final Map<Wanted, ByteValue> made = new HashMap<>();
  private final ByteTables tables;
  private final IntegerAnchors anchors;

  /** Floats of the graph as bytes of a scale. */
  private record Wanted(ValueId value, ByteScale scale) {}

  private QuantizedLowering(Graph graph, Reasons reasons) {
    this.graph = graph;
    this.reasons = reasons;
    copy = new GraphCopy(graph);
    tables = new ByteTables(graph, dequantized);
    anchors = new IntegerAnchors(graph, copy, dequantized);
  }

  /** The graph with integer operators; itself where it has no quantised activations. */
  static Graph lower(Graph graph, Reasons reasons) {
    boolean isQuantized = graph.nodes().stream().anyMatch(node -> node.op() instanceof QuantizeLinear);
    return isQuantized ? new QuantizedLowering(graph, reasons).run() : graph;
  }

  private Graph run() {
    for (Node node : graph.nodes()) {
      Optional<ByteScale> scale = scale(node);
      if (node.op() instanceof QuantizeLinear && scale.isPresent()) {
        quantize(node, scale.get());
      } else if (node.op() instanceof DequantizeLinear && scale.isPresent() && isBytes(node.input(0))) {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
        dequantized.put(node.output(), bytes(node.input(0), scale.get()));
      } else if (moves(node) && node.outputs().stream().allMatch(ValueId::isPresent)) {
        move(node);
      } else {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
        anchors.floats(node).ifPresent(twin -> copy.replace(node.output(), anchors.add(twin)));
      }
    }
    return withConstantWeights(copy.build().withoutDeadCode());
  }

  /** Weights that no integer operator has taken, as floats. */
  private static Graph withConstantWeights(Graph lowered) {
    GraphCopy folded = new GraphCopy(lowered);
    for (Node node : lowered.nodes()) {
      boolean isConstant = node.op() instanceof DequantizeLinear
          && node.inputs().stream().allMatch(id -> !id.isPresent() || lowered.constant(id).isPresent());
      if (isConstant) {
        Tensor[] inputs = node.inputs().stream()
            .filter(ValueId::isPresent)
            .map(id -> lowered.constant(id).orElseThrow())
            .toArray(Tensor[]::new);
        Tensor weights = new Interpreter().evaluate(node.op(), inputs);
        folded.replace(node.output(), folded.constant(node.name() + "_folded", weights));
      } else {
        folded.add(node.name(), node.op(), node.inputs(), node.outputs());
      }
    }
    return folded.build().withoutDeadCode();
  }

  private Optional<ByteScale> scale(Node node) {
    if (node.op() instanceof QuantizeLinear op) {
      boolean plain = op.blockSize() == 0 && (op.precision() == 0 || op.precision() == DType.FLOAT32.code());
      boolean floats = ByteScale.dtype(graph, node.input(0)).equals(Optional.of(DType.FLOAT32));
      return plain && floats
          ? ByteScale.dtype(graph, node.output()).flatMap(dtype -> ByteScale.of(graph, node, dtype))
          : Optional.empty();
    }
    boolean plain = node.op() instanceof DequantizeLinear op
        && op.blockSize() == 0
        && ByteScale.dtype(graph, node.output()).equals(Optional.of(DType.FLOAT32));
    return plain
        ? ByteScale.dtype(graph, node.input(0)).flatMap(dtype -> ByteScale.of(graph, node, dtype))
        : Optional.empty();
  }

  /** Whether a quantised value has unsigned bytes here: one that was lowered, or comes so from outside. */
  private boolean isBytes(ValueId value) {
    return quantized.containsKey(value)
        || graph.constant(value).isEmpty() && ByteScale.dtype(graph, value).equals(Optional.of(DType.UINT8));
  }

  private ByteValue bytes(ValueId value, ByteScale scale) {
    ByteValue known = quantized.get(value);
    return known == null
        ? ByteValue.of(copy.of(value), scale)
        : new ByteValue(known.id(), scale, known.root(), known.table());
  }

  private void quantize(Node node, ByteScale scale) {
    ByteValue bytes = quantized(node.input(0), scale);
    quantized.put(node.output(), bytes);
    copy.quantized(node.input(0), bytes);
    if (ByteScale.dtype(graph, node.output()).equals(Optional.of(DType.UINT8))) {
      copy.replace(node.output(), bytes.id());
    } else {
      copy.add(node.name(), node.op(), node.inputs(), node.outputs());
    }
  }

  /** The bytes of a float value, made in the best way. */
  private ByteValue quantized(ValueId value, ByteScale scale) {
    Wanted wanted = new Wanted(value, scale);
    ByteValue there = made.get(wanted);
    if (there == null) {
      there = make(value, scale);
      made.put(wanted, there);
    }
    return there;
  }

  private ByteValue make(ValueId value, ByteScale scale) {
    Optional<ByteTables.ByteFunction> function = tables.find(value, scale);
    if (function.isPresent()) {
      return table(value, function.get(), scale);
    }
    if (isReadQuantized(value, scale)) {
      Optional<Node> producer = graph.producer(value);
      if (producer.isPresent() && moves(producer.get()) && producer.get().outputs().size() == 1) {
        return ByteValue.of(moved(producer.get(), scale), scale);
      }
      Optional<ValueId> product =
          anchors.bytes(value, scale).or(() -> IntegerGroup.of(graph, copy, dequantized, anchors, value, scale));
      if (product.isPresent()) {
        return ByteValue.of(product.get(), scale);
      }
    }
    String name = graph.value(value).name();
    graph.producer(value).ifPresent(node -> reasons.add(node.name(), "computes in float32 before it is quantised"));
    return ByteValue.of(
        copy.addNew(
            "Quantize_" + name,
            new QuantizeLinear(1),
            copy.of(value),
            copy.constant(name + "_scale", scale.stepTensor()),
            copy.constant(name + "_zero_point", scale.zeroPointTensor())),
        scale);
  }

  private ByteValue table(ValueId value, ByteTables.ByteFunction function, ByteScale scale) {
    if (function.isIdentity()) {
      return ByteValue.of(function.root(), scale);
    }
    String name = graph.value(value).name();
    ValueId table = copy.constant(name + "_table", function.tensor());
    ValueId id = copy.addNew("Table_" + name, new TableLookup(), function.root(), table);
    return new ByteValue(id, scale, function.root(), Optional.of(function.table()));
  }

  /** Whether nobody reads the floats, only these bytes: through one operator, or where they are quantised. */
  private boolean isReadQuantized(ValueId value, ByteScale scale) {
    if (graph.isOutput(value)) {
      return false;
    }
    List<Node> readers = graph.consumers(value);
    boolean all = readers.stream().allMatch(reader ->
        reader.op() instanceof QuantizeLinear && scale(reader).equals(Optional.of(scale)));
    return all || readers.size() == 1 && moves(readers.getFirst());
  }

  /** Operators that only move elements, or choose the largest: what is rounded before or after gives the same. */
  static boolean moves(Node node) {
    return switch (node.op()) {
      case Concat _, Transpose _, Reshape _, Flatten _, Squeeze _, Unsqueeze _, Slice _, Split _ -> true;
      case MaxPool _ -> node.outputs().size() == 1;
      case Resize resize -> resize.mode() == Resize.Mode.NEAREST;
      default -> false;
    };
  }

  /** The operator on bytes of this scale. */
  private ValueId moved(Node node, ByteScale scale) {
    List<ValueId> inputs = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      ValueId id = node.input(i);
      boolean isData = i == 0 || node.op() instanceof Concat;
      inputs.add(!id.isPresent() ? ValueId.ABSENT : isData ? quantized(id, scale).id() : copy.of(id));
    }
    return copy.addNew(node.name() + "_bytes", node.op(), inputs.toArray(ValueId[]::new));
  }

  /** A node that moves floats moves the bytes instead that these come from, where they do. */
  private void move(Node node) {
    copy.add(node.name(), node.op(), node.inputs(), node.outputs());
    List<ValueId> data = node.op() instanceof Concat ? node.inputs() : node.inputs().subList(0, 1);
    Optional<ByteScale> scale = commonScale(data);
    if (scale.isEmpty()) {
      return;
    }
    List<ValueId> inputs = new ArrayList<>();
    for (ValueId id : node.inputs()) {
      inputs.add(!id.isPresent() ? ValueId.ABSENT : data.contains(id) ? dequantized.get(id).id() : copy.of(id));
    }
    List<ValueId> outputs = copy.addNew(node.name() + "_bytes", node.op(), inputs, node.outputs().size());
    for (int i = 0; i < outputs.size(); i++) {
      dequantized.put(node.output(i), ByteValue.of(outputs.get(i), scale.get()));
      copy.replace(node.output(i), floats(node.name() + "_floats_" + i, outputs.get(i), scale.get()));
    }
  }

  private Optional<ByteScale> commonScale(List<ValueId> values) {
    Optional<ByteScale> scale = Optional.ofNullable(dequantized.get(values.getFirst())).map(ByteValue::scale);
    boolean all = values.stream().allMatch(id ->
        dequantized.containsKey(id) && scale.equals(Optional.of(dequantized.get(id).scale())));
    return all ? scale : Optional.empty();
  }

  private ValueId floats(String name, ValueId bytes, ByteScale scale) {
    Tensor step = scale.stepTensor();
    return copy.addNew(
        name,
        new DequantizeLinear(1),
        bytes,
        copy.constant(name + "_scale", step),
        copy.constant(name + "_zero_point", scale.zeroPointTensor()));
  }
}
