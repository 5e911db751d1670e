package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Abs;
import dev.slipway.operators.Add;
import dev.slipway.operators.Cast;
import dev.slipway.operators.Conv;
import dev.slipway.operators.ConvInteger;
import dev.slipway.operators.Div;
import dev.slipway.operators.DynamicQuantizeLinear;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMulInteger;
import dev.slipway.operators.Max;
import dev.slipway.operators.Mul;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizeRows;
import dev.slipway.operators.ReduceMax;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes layers on integers whose activations are quantised while the model runs: DynamicQuantizeLinear, or for each
 * row QuantizeLinear of what was divided by the row's scale; MatMulInteger or ConvInteger; Cast, Mul by the scales, Add
 * of the bias.
 */
final class DynamicGraph {
  /** ConvInteger of ONNX Runtime takes unsigned weights alone. */
  private static final int UNSIGNED_SHIFT = 128;

  private final Graph graph;
  private final Map<String, Layer> layers;
  private final DynamicScale scale;
  private final QuantizationOptions options;
  private final GraphBuilder builder;
  private final Map<ValueId, ValueId> made = new HashMap<>();
  private final Map<ValueId, Activations> byTensor = new HashMap<>();
  private final Map<ValueId, Activations> byRow = new HashMap<>();

  /** The bytes of a value, and what they mean. */
  private record Activations(ValueId bytes, ValueId scale, ValueId zeroPoint, boolean ofRows) {}

  DynamicGraph(Graph graph, List<Layer> layers, DynamicScale scale, QuantizationOptions options) {
    this.graph = graph;
    this.layers = layers.stream().collect(Collectors.toMap(Layer::name, layer -> layer));
    this.scale = scale;
    this.options = options;
    builder = new GraphBuilder(graph.name());
  }

  Graph build() {
    graph.metadata().forEach(builder::metadata);
    made.put(ValueId.ABSENT, ValueId.ABSENT);
    for (ValueId id : graph.inputs()) {
      made.put(id, builder.input(graph.value(id).name(), graph.type(id)));
    }
    graph.constants().forEach((id, tensor) -> made.put(id, builder.constant(graph.value(id).name(), tensor)));
    for (Node node : graph.nodes()) {
      Optional.ofNullable(layers.get(node.name())).ifPresentOrElse(this::add, () -> copy(node));
    }
    graph.outputs().forEach((name, id) -> builder.output(name, made.get(id)));
    return builder.build().withoutDeadCode();
  }

  private void copy(Node node) {
    List<String> names = node.outputs().stream().map(id -> id.isPresent() ? graph.value(id).name() : "").toList();
    List<ValueId> outputs = builder.add(node.name(), node.op(), node.inputs().stream().map(made::get).toList(), names);
    for (int i = 0; i < outputs.size(); i++) {
      made.put(node.output(i), outputs.get(i));
    }
  }

  private void add(Layer layer) {
    Node node = layer.node();
    String name = layer.name();
    LayerParameters own = LayerParameters.of(graph, layer, Float.POSITIVE_INFINITY, options);
    boolean isConv = node.op() instanceof Conv;
    Activations x = isConv || scale == DynamicScale.PER_TENSOR ? byTensor(layer.input()) : byRow(layer.input());
    ValueId sums = isConv ? convolution(layer, own, x) : product(layer, own, x);
    ValueId floats = add(name, new Cast(DType.FLOAT32), "_floats", sums);
    ValueId scales = builder.constant(name + "_weights_scale", perChannel(layer, own.scales()));
    boolean hasBias = layer.biasPort() >= 0 && node.hasInput(layer.biasPort());
    String output = graph.value(node.output()).name();
    // ONNX Runtime takes whatever is multiplied by the scales of weights for one number: rows first.
    List<ValueId> scaled = x.ofRows
        ? List.of(add(name, new Mul(), "_of_rows", floats, x.scale), scales)
        : List.of(floats, add(name, new Mul(), "_scale", x.scale, scales));
    if (!hasBias) {
      made.put(node.output(), builder.add(name, new Mul(), scaled, List.of(output)).getFirst());
      return;
    }
    ValueId product = builder.add(name + "_scaled", new Mul(), scaled, List.of(name + "_scaled")).getFirst();
    ValueId bias = layer.bias().isPresent()
        ? builder.constant(name + "_bias", perChannel(layer, layer.bias(graph).orElseThrow().toFloats()))
        : made.get(node.input(layer.biasPort()));
    made.put(node.output(), builder.add(name, new Add(), List.of(product, bias), List.of(output)).getFirst());
  }

  private ValueId product(Layer layer, LayerParameters own, Activations x) {
    long[] dims = layer.weights(graph).dims();
    boolean transposed = layer.node().op() instanceof Gemm gemm && gemm.transB();
    int columns = Math.toIntExact(dims[1]);
    Tensor weights = transposed ? Tensor.allocate(DType.INT8, dims[1], dims[0]) : Tensor.allocate(DType.INT8, dims);
    for (int i = 0; i < own.levels().length; i++) {
      weights.setLong(transposed ? i % columns * dims[0] + i / columns : i, own.levels()[i]);
    }
    String name = layer.name();
    return add(name, new MatMulInteger(), "_sums", x.bytes,
        builder.constant(name + "_weights", weights), x.zeroPoint);
  }

  private ValueId convolution(Layer layer, LayerParameters own, Activations x) {
    Tensor weights = Tensor.allocate(DType.UINT8, layer.weights(graph).dims());
    for (int i = 0; i < own.levels().length; i++) {
      weights.setLong(i, own.levels()[i] + UNSIGNED_SHIFT);
    }
    String name = layer.name();
    Conv conv = (Conv) layer.node().op();
    return add(name, new ConvInteger(conv.window(), conv.group()), "_sums", x.bytes,
        builder.constant(name + "_weights", weights), x.zeroPoint,
        builder.constant(name + "_weights_zero_point", Tensor.scalar(DType.UINT8, UNSIGNED_SHIFT)));
  }

  /** Numbers of output channels, or one for all, such that they broadcast to the layer's results. */
  private Tensor perChannel(Layer layer, float[] values) {
    if (values.length == 1 && layer.channels(graph) > 1) {
      return Tensor.scalar(values[0]);
    }
    long[] dims = new long[layer.node().op() instanceof Conv ? layer.weights(graph).rank() - 1 : 1];
    Arrays.fill(dims, 1);
    dims[0] = values.length;
    return Tensor.of(values, dims);
  }

  private Activations byTensor(ValueId value) {
    return byTensor.computeIfAbsent(value, id -> {
      String name = graph.value(id).name();
      List<ValueId> outputs = builder.add(name + "_DynamicQuantizeLinear", new DynamicQuantizeLinear(),
          List.of(made.get(id)), List.of(name + "_quantized", name + "_scale", name + "_zero_point"));
      return new Activations(outputs.get(0), outputs.get(1), outputs.get(2), false);
    });
  }

  /** What {@link QuantizeRows} says, in operators of ONNX. */
  private Activations byRow(ValueId value) {
    return byRow.computeIfAbsent(value, id -> {
      String name = graph.value(id).name() + "_rows";
      ValueId x = made.get(id);
      ValueId magnitude = add(name, new ReduceMax(true, false), "_magnitude", add(name, new Abs(), "_absolute", x),
          builder.constant(name + "_axes", Tensor.of(new long[] {-1}, 1)));
      ValueId steps = add(name, new Mul(), "_steps", magnitude,
          builder.constant(name + "_step", Tensor.scalar(QuantizeRows.STEP)));
      ValueId rowScale = add(name, new Max(), "_scale", steps,
          builder.constant(name + "_least_scale", Tensor.scalar(QuantizeRows.LEAST_SCALE)));
      ValueId zeroPoint =
          builder.constant(name + "_zero_point", Tensor.scalar(DType.UINT8, QuantizeRows.ZERO_POINT));
      ValueId bytes = add(name, new QuantizeLinear(1), "_quantized", add(name, new Div(), "_divided", x, rowScale),
          builder.constant(name + "_one", Tensor.scalar(1f)), zeroPoint);
      return new Activations(bytes, rowScale, zeroPoint, true);
    });
  }

  private ValueId add(String name, Op op, String suffix, ValueId... inputs) {
    String node = name + "_" + op.schema().name() + suffix;
    return builder.add(node, op, List.of(inputs), List.of(name + suffix)).getFirst();
  }
}
