package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Cast;
import dev.slipway.operators.Conv;
import dev.slipway.operators.ConvInteger;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.MatMulInteger;
import dev.slipway.operators.Mul;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.QuantizeRows;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Makes one integer operator of ConvInteger or MatMulInteger with constant weights and what follows: Cast, Mul by
 * scales, Add of a bias. Where the activations are quantised while the model runs, the scales are the product of both.
 */
final class DynamicProducts {
  private static final int SIGNED_SHIFT = 128;

  private final Graph graph;
  private final boolean scalesRows;
  private final Map<Node, List<ValueId>> rows = new HashMap<>();

  /** @param scalesRows whether there are kernels for a scale of each row */
  private DynamicProducts(Graph graph, boolean scalesRows) {
    this.graph = graph;
    this.scalesRows = scalesRows;
  }

  /**
   * A chain of nodes.
   *
   * @param quantize makes the activations and a factor of the scales; empty where all scales are constant
   * @param scales the constant scales, of the weights or of both
   * @param bias the constant bias
   * @param last the node whose output the product computes
   * @param nodes all of them
   */
  private record Chain(
      Node product, Optional<RunTimeQuantization> quantize, Tensor scales, Optional<Tensor> bias, Node last,
      List<Node> nodes) {

    boolean scalesRows() {
      return quantize.isPresent() && quantize.get().ofRows();
    }
  }

  /**
   * The graph with such operators; itself where there are none.
   *
   * @param scalesRows whether the backend takes a scale of each row
   */
  static Graph lower(Graph graph, boolean scalesRows) {
    DynamicProducts products = new DynamicProducts(graph, scalesRows);
    return products.replace(products.chains(), products::add);
  }

  /**
   * The graph with products of floats in place of those of these names whose activations are quantised while they run:
   * weights dequantised, activations not rounded.
   */
  static Graph floats(Graph graph, Set<String> names) {
    DynamicProducts products = new DynamicProducts(graph, true);
    List<Chain> chains = products.chains().stream()
        .filter(chain -> chain.quantize().isPresent() && names.contains(chain.product().name()))
        .toList();
    return products.replace(chains, products::addFloats);
  }

  /** The nodes that make one such operator together, which {@link #floats} replaces. */
  static List<List<Node>> groups(Graph graph) {
    return new DynamicProducts(graph, true).chains().stream()
        .filter(chain -> chain.quantize().isPresent())
        .map(Chain::nodes)
        .toList();
  }

  private List<Chain> chains() {
    return graph.nodes().stream().flatMap(node -> chain(node).stream()).toList();
  }

  private Graph replace(List<Chain> chains, BiFunction<GraphCopy, Chain, ValueId> product) {
    if (chains.isEmpty()) {
      return graph;
    }
    Map<Node, Chain> byLast = new HashMap<>();
    chains.forEach(chain -> byLast.put(chain.last(), chain));
    GraphCopy copy = new GraphCopy(graph);
    for (Node node : graph.nodes()) {
      Chain chain = byLast.get(node);
      if (chain == null) {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
      } else {
        copy.replace(node.output(), product.apply(copy, chain));
      }
    }
    return copy.build().withoutDeadCode();
  }

  private Optional<Chain> chain(Node node) {
    boolean isProduct = node.op() instanceof MatMulInteger || node.op() instanceof ConvInteger;
    Optional<Weights> weights = isProduct ? weights(node) : Optional.empty();
    boolean isGrouped = node.op() instanceof ConvInteger conv && conv.group() > 1;
    // Kernels take zero points of weights of one group alone.
    if (weights.isEmpty() || isGrouped && weights.get().zeroPoint() != 0 || !isBytes(node)) {
      return Optional.empty();
    }
    return follower(node)
        .filter(other -> other.op() instanceof Cast && isFloat32(other.output()))
        .flatMap(cast -> dynamic(node, cast).or(() -> constant(node, cast)));
  }

  /** Whether the activations are unsigned bytes with one zero point. */
  private boolean isBytes(Node node) {
    boolean isUnsigned = graph.type(node.input(0)) instanceof TensorType type && type.dtype() == DType.UINT8;
    return isUnsigned && (!node.hasInput(2) || isSingle(node.input(2)));
  }

  private boolean isSingle(ValueId id) {
    return graph.type(id) instanceof TensorType type
        && type.shape().isKnown()
        && Shape.product(type.shape().known()) == 1;
  }

  /** With scales that are a product of that of the activations, or behind a scale of each row. */
  private Optional<Chain> dynamic(Node node, Node cast) {
    Optional<RunTimeQuantization> quantize =
        RunTimeQuantization.of(graph, node).filter(source -> !source.ofRows() || scalesRows && isCentered(node));
    Optional<Node> first = quantize.isPresent() ? scaled(cast) : Optional.empty();
    if (first.isEmpty()) {
      return Optional.empty();
    }
    ValueId factor = other(first.get(), cast.output());
    if (!quantize.get().ofRows()) {
      return scales(factor, quantize.get().scale(), node)
          .map(own -> chain(
              node, quantize.get(), List.of(graph.producer(factor).orElseThrow(), cast), first.get(), own));
    }
    Optional<Node> second = factor.equals(quantize.get().scale()) ? scaled(first.get()) : Optional.empty();
    return second
        .flatMap(scaled -> graph.constant(other(scaled, first.get().output())))
        .filter(tensor -> tensor.dtype() == DType.FLOAT32 && isPerChannel(tensor, node))
        .map(own -> chain(node, quantize.get(), List.of(cast, first.get()), second.get(), own));
  }

  /** Whether weights have no zero point, as kernels want it where rows have scales. */
  private boolean isCentered(Node product) {
    return weights(product).filter(own -> own.zeroPoint() == 0).isPresent();
  }

  private Chain chain(Node node, RunTimeQuantization quantize, List<Node> between, Node scaled, Tensor scales) {
    Optional<Tensor> bias = bias(scaled, node);
    Node last = bias.isPresent() ? follower(scaled).orElseThrow() : scaled;
    List<Node> nodes = new ArrayList<>(quantize.nodes());
    nodes.add(node);
    nodes.addAll(between);
    nodes.addAll(List.of(scaled, last));
    return new Chain(node, Optional.of(quantize), scales, bias, last, nodes);
  }

  /** With constant scales, or none, which are ones. */
  private Optional<Chain> constant(Node node, Node cast) {
    Optional<Tensor> scales = scaled(cast)
        .flatMap(scaled -> graph.constant(other(scaled, cast.output())))
        .filter(tensor -> isPerChannel(tensor, node));
    Node scaled = scales.isPresent() ? follower(cast).orElseThrow() : cast;
    Optional<Tensor> bias = bias(scaled, node);
    Node last = bias.isPresent() ? follower(scaled).orElseThrow() : scaled;
    return Optional.of(new Chain(
        node, Optional.empty(), scales.orElse(Tensor.scalar(1f)), bias, last, List.of(node, cast, scaled, last)));
  }

  /** What multiplies a result without another reader. */
  private Optional<Node> scaled(Node node) {
    return follower(node)
        .filter(other -> other.op() instanceof Mul && graph.type(other.output()).equals(graph.type(node.output())));
  }

  private Optional<Tensor> bias(Node scaled, Node product) {
    return follower(scaled)
        .filter(other -> other.op() instanceof Add)
        .flatMap(sum -> graph.constant(other(sum, scaled.output())))
        .filter(tensor -> isPerChannel(tensor, product));
  }

  private Optional<Node> follower(Node node) {
    return graph.isOutput(node.output()) ? Optional.empty() : graph.soleConsumer(node.output());
  }

  private static ValueId other(Node node, ValueId one) {
    return node.input(0).equals(one) ? node.input(1) : node.input(0);
  }

  private boolean isFloat32(ValueId id) {
    return graph.type(id) instanceof TensorType type && type.dtype() == DType.FLOAT32;
  }

  /** The scales of weights, where the value is their product with that of the activations. */
  private Optional<Tensor> scales(ValueId value, ValueId activations, Node product) {
    Optional<Node> node = graph.producer(value)
        .filter(other -> other.op() instanceof Mul && other.inputs().contains(activations));
    return node.flatMap(other -> graph.constant(other(other, activations)))
        .filter(tensor -> tensor.dtype() == DType.FLOAT32 && isPerChannel(tensor, product));
  }

  private int channels(Node product) {
    Tensor weights = graph.constant(product.input(1)).orElseThrow();
    return Math.toIntExact(weights.dim(product.op() instanceof ConvInteger ? 0 : 1));
  }

  /** Whether a tensor has one element, or one for each channel at the axis where results have these. */
  private boolean isPerChannel(Tensor tensor, Node product) {
    if (tensor.elementCount() == 1) {
      return true;
    }
    int fromEnd = product.op() instanceof ConvInteger ? graph.constant(product.input(1)).orElseThrow().rank() - 1 : 1;
    return tensor.elementCount() == channels(product)
        && tensor.rank() >= fromEnd
        && tensor.dim(tensor.rank() - fromEnd) == channels(product);
  }

  /** Weights as signed bytes, and their zero point. */
  private record Weights(Tensor bytes, int zeroPoint) {}

  private Optional<Weights> weights(Node node) {
    Optional<Tensor> given = graph.constant(node.input(1));
    Optional<Tensor> zeroPoint = node.hasInput(3) ? graph.constant(node.input(3)) : Optional.empty();
    if (given.isEmpty() || node.hasInput(3) && zeroPoint.isEmpty()
        || node.op() instanceof MatMulInteger && given.get().rank() != 2) {
      return Optional.empty();
    }
    long[] zeros = zeroPoint.map(Tensor::toLongs).orElse(new long[1]);
    for (long zero : zeros) {
      if (zero != zeros[0]) {
        return Optional.empty();
      }
    }
    int shift = given.get().dtype() == DType.UINT8 ? SIGNED_SHIFT : 0;
    return Optional.of(new Weights(signed(given.get(), shift), (int) zeros[0] - shift));
  }

  private static Tensor signed(Tensor weights, int shift) {
    Tensor signed = Tensor.allocate(DType.INT8, weights.dims());
    for (long i = 0; i < weights.elementCount(); i++) {
      signed.setLong(i, weights.getLong(i) - shift);
    }
    return signed;
  }

  private ValueId add(GraphCopy copy, Chain chain) {
    int channels = channels(chain.product());
    Weights weights = weights(chain.product()).orElseThrow();
    Tensor scale = Tensor.allocate(DType.FLOAT32, channels);
    Tensor offset = Tensor.allocate(DType.FLOAT32, channels);
    for (int i = 0; i < channels; i++) {
      scale.setDouble(i, each(chain.scales(), i));
      offset.setDouble(i, chain.bias().isPresent() ? each(chain.bias().get(), i) : 0);
    }
    String name = chain.product().name() + "_integers";
    Optional<List<ValueId>> quantized =
        chain.quantize().filter(RunTimeQuantization::ofRows).map(source -> rows(copy, source));
    Optional<Integer> zeroPoint = zeroPoint(chain);
    Op op = chain.product().op() instanceof ConvInteger conv
        ? new QuantizedConv(conv.window(), conv.group(), zeroPoint.orElse(0), weights.zeroPoint(), Optional.empty())
        : new QuantizedMatMul(zeroPoint.orElse(0), weights.zeroPoint(), Optional.empty());
    List<ValueId> inputs = new ArrayList<>(List.of(
        quantized.map(List::getFirst).orElseGet(() -> copy.of(chain.product().input(0))),
        copy.constant(name + "_weights", weights.bytes()),
        copy.constant(name + "_scale", scale),
        copy.constant(name + "_offset", offset),
        copy.constant(name + "_start", Tensor.allocate(DType.INT32, channels))));
    if (quantized.isPresent()) {
      inputs.add(quantized.get().getLast());
    } else if (zeroPoint.isEmpty()) {
      inputs.add(chain.quantize()
          .map(quantize -> copy.of(quantize.scale()))
          .orElseGet(() -> copy.constant(name + "_one", Tensor.scalar(1f))));
      inputs.add(copy.of(chain.product().input(2)));
    }
    return copy.addNew(name, op, inputs.toArray(ValueId[]::new));
  }

  /** The bytes and the scales of rows, which several products may read. */
  private List<ValueId> rows(GraphCopy copy, RunTimeQuantization source) {
    return rows.computeIfAbsent(source.quantize(), node ->
        copy.addNew(node.name() + "_rows", new QuantizeRows(), List.of(copy.of(source.floats())), 2));
  }

  /** The zero point of the activations; empty where it is an input of the operator, behind a scale. */
  private Optional<Integer> zeroPoint(Chain chain) {
    if (chain.quantize().isPresent()) {
      return chain.scalesRows() ? Optional.of(QuantizeRows.ZERO_POINT) : Optional.empty();
    }
    return chain.product().hasInput(2)
        ? graph.constant(chain.product().input(2)).map(tensor -> (int) tensor.getLong(0))
        : Optional.of(0);
  }

  private ValueId addFloats(GraphCopy copy, Chain chain) {
    Weights weights = weights(chain.product()).orElseThrow();
    Tensor floats = Tensor.allocate(DType.FLOAT32, weights.bytes().dims());
    int channels = channels(chain.product());
    boolean isConv = chain.product().op() instanceof ConvInteger;
    long inner = isConv ? floats.elementCount() / channels : 1;
    for (long i = 0; i < floats.elementCount(); i++) {
      double scale = each(chain.scales(), (int) (i / inner % channels));
      floats.setDouble(i, (weights.bytes().getLong(i) - weights.zeroPoint()) * scale);
    }
    String name = chain.product().name() + "_floats";
    ValueId x = copy.of(chain.quantize().orElseThrow().floats());
    ValueId constant = copy.constant(name + "_weights", floats);
    Optional<ValueId> bias = chain.bias().map(tensor -> copy.constant(name + "_bias", row(tensor, channels)));
    if (chain.product().op() instanceof ConvInteger conv) {
      return copy.addNew(
          name, new Conv(conv.window(), conv.group()), x, constant, bias.orElse(ValueId.ABSENT));
    }
    ValueId product = copy.addNew(name, new MatMul(), x, constant);
    return bias.map(row -> copy.addNew(name + "_sum", new Add(), product, row)).orElse(product);
  }

  private static Tensor row(Tensor tensor, int channels) {
    Tensor row = Tensor.allocate(DType.FLOAT32, channels);
    for (int i = 0; i < channels; i++) {
      row.setDouble(i, each(tensor, i));
    }
    return row;
  }

  private static double each(Tensor tensor, int channel) {
    return tensor.getDouble(tensor.elementCount() == 1 ? 0 : channel);
  }
}
