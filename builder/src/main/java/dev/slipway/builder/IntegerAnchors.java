package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.AveragePool;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.Mul;
import dev.slipway.operators.QuantizedAdd;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.operators.QuantizedMul;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the integer twins of operators that compute on dequantised bytes. */
final class IntegerAnchors {
  private static final int LONGEST_CHAIN = 4;

  private final Graph graph;
  private final GraphCopy copy;
  private final Map<ValueId, ByteValue> dequantized;

  /** An operator on values of the lowered graph. */
  record Twin(String name, Op op, List<ValueId> inputs) {
    Twin(String name, Op op, ValueId... inputs) {
      this(name, op, List.of(inputs));
    }

    /** Whether an epilogue may follow in its kernel. */
    boolean isProduct() {
      return op instanceof QuantizedMatMul || op instanceof QuantizedConv;
    }
  }

  /** What becomes of results: bytes of a scale within bounds, or floats. */
  private record Result(Optional<ByteScale> scale, ByteBounds bounds) {
    double step() {
      return scale.map(own -> (double) own.step()).orElse(1.0);
    }

    Optional<ByteRounding> rounding() {
      return scale.map(bounds::rounding);
    }
  }

  IntegerAnchors(Graph graph, GraphCopy copy, Map<ValueId, ByteValue> dequantized) {
    this.graph = graph;
    this.copy = copy;
    this.dequantized = dequantized;
  }

  /**
   * A float value as bytes, from the operator that computes it, through activations that bound; empty where there is no
   * integer operator for it.
   */
  Optional<ValueId> bytes(ValueId value, ByteScale scale) {
    ByteBounds bounds = ByteBounds.NONE;
    ValueId at = value;
    for (int i = 0; i < LONGEST_CHAIN; i++) {
      Optional<Node> producer = graph.producer(at);
      if (producer.isEmpty() || producer.get().outputs().size() != 1) {
        return Optional.empty();
      }
      Optional<Twin> anchor = lower(producer.get(), new Result(Optional.of(scale), bounds));
      if (anchor.isPresent()) {
        return anchor.map(this::add);
      }
      Optional<ByteBounds> before = bounds.behind(graph, producer.get());
      if (before.isEmpty() || !isReadOnce(producer.get().input(0))) {
        return Optional.empty();
      }
      bounds = before.get();
      at = producer.get().input(0);
    }
    return Optional.empty();
  }

  /** The twin of an operator whose result stays float32, but which multiplies bytes. */
  Optional<Twin> floats(Node node) {
    return lower(node, new Result(Optional.empty(), ByteBounds.NONE));
  }

  ValueId add(Twin twin) {
    return copy.addNew(twin.name(), twin.op(), twin.inputs().toArray(ValueId[]::new));
  }

  private boolean isReadOnce(ValueId value) {
    return !graph.isOutput(value) && graph.consumers(value).size() == 1;
  }

  private Optional<Twin> lower(Node node, Result result) {
    return switch (node.op()) {
      case Conv conv -> conv(node, conv, result);
      case MatMul _ -> product(node, 1, result);
      case Gemm gemm -> gemm(node, gemm, result);
      case GlobalAveragePool _ -> globalAverage(node, result);
      case AveragePool pool -> average(node, pool, result);
      case Add _ -> sum(node, result);
      case Mul _ -> result.scale().isPresent() ? multiply(node, result) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private Optional<ByteValue> operand(Node node, int port) {
    return Optional.ofNullable(dequantized.get(node.input(port)));
  }

  private Optional<Twin> conv(Node node, Conv conv, Result result) {
    Optional<ByteValue> x = operand(node, 0);
    Optional<IntegerWeights> weights = IntegerWeights.of(graph, node.input(1), 0);
    if (x.isEmpty() || weights.isEmpty()) {
      return Optional.empty();
    }
    Optional<IntegerBias> bias = bias(node, 2, x.get(), weights.get());
    Op op = new QuantizedConv(conv.window(), conv.group(), x.get().scale().zeroPoint(), result.rounding());
    return bias.map(own -> twin(node, op, x.get(), weights.get(), own, result));
  }

  private Optional<IntegerBias> bias(Node node, int port, ByteValue x, IntegerWeights weights) {
    if (!node.hasInput(port)) {
      return Optional.of(IntegerBias.NONE);
    }
    double[] steps = Arrays.stream(weights.steps()).map(step -> step * x.scale().step()).toArray();
    return IntegerBias.of(graph, node.input(port), steps);
  }

  private Optional<Twin> product(Node node, int channelAxis, Result result) {
    Optional<ByteValue> x = operand(node, 0);
    Optional<IntegerWeights> weights =
        IntegerWeights.of(graph, node.input(1), channelAxis).filter(own -> own.weights().rank() == 2);
    return x.isPresent() && weights.isPresent() && isMatrix(node.input(0))
        ? Optional.of(multiply(node, x.get(), weights.get(), IntegerBias.NONE, result))
        : Optional.empty();
  }

  private boolean isMatrix(ValueId value) {
    Shape shape = graph.shape(value);
    return shape.ranked() && shape.rank() >= 2;
  }

  private Optional<Twin> gemm(Node node, Gemm gemm, Result result) {
    Optional<ByteValue> x = operand(node, 0);
    Optional<IntegerWeights> weights = IntegerWeights.of(graph, node.input(1), gemm.transB() ? 0 : 1);
    if (gemm.transA() || gemm.alpha() != 1 || gemm.beta() != 1 || x.isEmpty() || weights.isEmpty()) {
      return Optional.empty();
    }
    IntegerWeights columns = gemm.transB() ? weights.get().transposed() : weights.get();
    return bias(node, 2, x.get(), columns).map(own -> multiply(node, x.get(), columns, own, result));
  }

  private Twin multiply(Node node, ByteValue x, IntegerWeights weights, IntegerBias bias, Result result) {
    return twin(node, new QuantizedMatMul(x.scale().zeroPoint(), result.rounding()), x, weights, bias, result);
  }

  /** A product with its constants. */
  private Twin twin(Node node, Op op, ByteValue x, IntegerWeights weights, IntegerBias bias, Result result) {
    int channels = weights.channels();
    Tensor scale = Tensor.allocate(DType.FLOAT32, channels);
    Tensor offset = Tensor.allocate(DType.FLOAT32, channels);
    Tensor start = Tensor.allocate(DType.INT32, channels);
    for (int i = 0; i < channels; i++) {
      scale.setDouble(i, x.scale().step() * weights.steps()[i] / result.step());
      offset.setDouble(i, bias.offset(i) / result.step());
      start.setLong(i, bias.start(i));
    }
    String name = node.name() + (result.scale().isPresent() ? "_bytes" : "_integers");
    return new Twin(
        name,
        op,
        x.id(),
        copy.constant(name + "_weights", weights.weights()),
        copy.constant(name + "_scale", scale),
        copy.constant(name + "_offset", offset),
        copy.constant(name + "_start", start));
  }

  /** A mean is a sum whose weights are ones. */
  private Optional<Twin> globalAverage(Node node, Result result) {
    Shape shape = graph.shape(node.input(0));
    if (operand(node, 0).isEmpty() || !shape.ranked() || shape.rank() < 3
        || !shape.slice(1, shape.rank()).isKnown()) {
      return Optional.empty();
    }
    long[] dims = shape.slice(1, shape.rank()).known();
    SpatialWindow window = new SpatialWindow(
        SpatialWindow.AutoPad.NOTSET, List.of(), List.of(), List.of(), List.of(), false);
    return Optional.of(mean(node, window, dims[0], Arrays.copyOfRange(dims, 1, dims.length), result));
  }

  private Optional<Twin> average(Node node, AveragePool pool, Result result) {
    Shape shape = graph.shape(node.input(0));
    SpatialWindow window = pool.window();
    boolean padded = window.autoPad() != SpatialWindow.AutoPad.NOTSET
        || window.pads().stream().anyMatch(pad -> pad != 0);
    if (operand(node, 0).isEmpty() || !shape.ranked() || !shape.slice(1, 2).isKnown() || window.ceilMode()
        || padded && !pool.countIncludePad()) {
      return Optional.empty();
    }
    long[] kernel = window.kernel().stream().mapToLong(size -> size).toArray();
    return Optional.of(mean(node, window, shape.slice(1, 2).known()[0], kernel, result));
  }

  private Twin mean(Node node, SpatialWindow window, long channels, long[] kernel, Result result) {
    long taps = Shape.product(kernel);
    long[] dims = new long[kernel.length + 2];
    dims[0] = channels;
    dims[1] = 1;
    System.arraycopy(kernel, 0, dims, 2, kernel.length);
    Tensor ones = Tensor.allocate(DType.INT8, dims);
    for (long i = 0; i < ones.elementCount(); i++) {
      ones.setLong(i, 1);
    }
    double[] steps = new double[Math.toIntExact(channels)];
    Arrays.fill(steps, 1.0 / taps);
    ByteValue x = operand(node, 0).orElseThrow();
    Op op = new QuantizedConv(window, channels, x.scale().zeroPoint(), result.rounding());
    return twin(node, op, x, new IntegerWeights(ones, steps, 0), IntegerBias.NONE, result);
  }

  /** A bias behind a product of matrices, or the sum of two values. */
  private Optional<Twin> sum(Node node, Result result) {
    for (int port = 0; port < 2; port++) {
      Optional<Node> product = graph.producer(node.input(port)).filter(other -> other.op() instanceof MatMul);
      if (product.isPresent() && isReadOnce(node.input(port)) && isRow(node.input(1 - port))) {
        return biased(product.get(), node, node.input(1 - port), result);
      }
    }
    return result.scale().isPresent() ? add(node, result) : Optional.empty();
  }

  private boolean isRow(ValueId value) {
    return graph.constant(value).filter(tensor -> tensor.rank() == 1).isPresent();
  }

  private Optional<Twin> biased(Node product, Node sum, ValueId value, Result result) {
    Optional<ByteValue> x = operand(product, 0);
    Optional<IntegerWeights> weights =
        IntegerWeights.of(graph, product.input(1), 1).filter(own -> own.weights().rank() == 2);
    if (x.isEmpty() || weights.isEmpty() || !isMatrix(product.input(0))) {
      return Optional.empty();
    }
    return IntegerBias.of(graph, value, weights.get().steps())
        .map(bias -> multiply(sum, x.get(), weights.get(), bias, result));
  }

  private Optional<Twin> add(Node node, Result result) {
    return operands(node).map(pair -> {
      ByteScale a = pair.getFirst().scale();
      ByteScale b = pair.getLast().scale();
      Op op = new QuantizedAdd(
          a.zeroPoint(),
          b.zeroPoint(),
          (float) (a.step() / result.step()),
          (float) (b.step() / result.step()),
          result.rounding().orElseThrow());
      return new Twin(node.name() + "_bytes", op, pair.getFirst().id(), pair.getLast().id());
    });
  }

  private Optional<Twin> multiply(Node node, Result result) {
    return operands(node).map(pair -> {
      ByteScale a = pair.getFirst().scale();
      ByteScale b = pair.getLast().scale();
      Op op = new QuantizedMul(
          a.zeroPoint(),
          b.zeroPoint(),
          (float) ((double) a.step() * b.step() / result.step()),
          result.rounding().orElseThrow());
      return new Twin(node.name() + "_bytes", op, pair.getFirst().id(), pair.getLast().id());
    });
  }

  /** Both operands, where they are bytes of one shape. */
  private Optional<List<ByteValue>> operands(Node node) {
    boolean oneShape = graph.shape(node.input(0)).equals(graph.shape(node.input(1)));
    Optional<ByteValue> a = operand(node, 0);
    Optional<ByteValue> b = operand(node, 1);
    return oneShape && a.isPresent() && b.isPresent() ? Optional.of(List.of(a.get(), b.get())) : Optional.empty();
  }
}
