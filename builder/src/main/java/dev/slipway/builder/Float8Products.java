package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Float8MatMul;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Makes matrix products of dequantised float8 (E4M3) compute on it, for backends that do: the activations by one scale,
 * constant weights by one too. Results are those of the quantised graph, but for the rounding of sums.
 */
final class Float8Products {
  /** Of rows and columns of the weights: kernels read whole packs. */
  private static final int MULTIPLE = 16;

  private static final String STAYS = "does not compute on float8: ";

  private final Graph graph;
  private final Reasons reasons;
  private final GraphCopy copy;

  /** Weights by columns. */
  private final Map<ValueId, ValueId> turned = new HashMap<>();

  private Float8Products(Graph graph, Reasons reasons) {
    this.graph = graph;
    this.reasons = reasons;
    this.copy = new GraphCopy(graph);
  }

  /** The graph with products of float8; itself where nothing is quantised to it. */
  static Graph lower(Graph graph, Reasons reasons) {
    boolean isQuantized = graph.nodes().stream()
        .anyMatch(node -> node.op() instanceof QuantizeLinear && isFloat8(graph, node.output()));
    return isQuantized ? new Float8Products(graph, reasons).run() : graph;
  }

  private Graph run() {
    for (Node node : graph.nodes()) {
      boolean isLowered = switch (node.op()) {
        case MatMul _ -> product(node, false).map(product -> replaced(node, product)).isPresent();
        case Gemm gemm when !gemm.transA() && gemm.alpha() == 1 && gemm.beta() == 1 ->
            product(node, gemm.transB()).map(product -> replaced(node, biased(node, product))).isPresent();
        default -> false;
      };
      if (!isLowered) {
        copy.add(node.name(), node.op(), node.inputs(), node.outputs());
      }
    }
    return copy.build().withoutDeadCode();
  }

  private ValueId replaced(Node node, ValueId by) {
    copy.replace(node.output(), by);
    return by;
  }

  private ValueId biased(Node node, ValueId product) {
    return node.hasInput(2)
        ? copy.addNew(node.name() + "_bias", new Add(), product, copy.of(node.input(2)))
        : product;
  }

  /** A value that is dequantised from float8 by one scale. */
  private record Factor(ValueId quantized, float scale) {}

  private Optional<Factor> factor(ValueId value) {
    Optional<Node> producer = graph.producer(value)
        .filter(node -> node.op() instanceof DequantizeLinear op && op.blockSize() == 0)
        .filter(node -> isFloat8(graph, node.input(0)));
    if (producer.isEmpty()) {
      return Optional.empty();
    }
    Optional<Tensor> scale = single(producer.get(), 1);
    boolean isCentered = !producer.get().hasInput(2)
        || single(producer.get(), 2).filter(zero -> zero.getDouble(0) == 0).isPresent();
    return scale.filter(_ -> isCentered)
        .map(step -> new Factor(producer.get().input(0), (float) step.getDouble(0)));
  }

  private Optional<Tensor> single(Node node, int port) {
    return graph.constant(node.input(port)).filter(tensor -> tensor.elementCount() == 1);
  }

  private static boolean isFloat8(Graph graph, ValueId id) {
    return graph.type(id) instanceof TensorType type && type.dtype() == DType.FLOAT8E4M3FN;
  }

  private Optional<ValueId> product(Node node, boolean isTransposed) {
    Optional<Factor> left = factor(node.input(0));
    if (left.isEmpty()) {
      return Optional.empty();
    }
    Optional<Factor> right = factor(node.input(1))
        .filter(own -> graph.constant(own.quantized()).filter(tensor -> tensor.rank() == 2).isPresent());
    if (right.isEmpty()) {
      reasons.add(node.name(), STAYS + "its other factor is no constant matrix of float8 with one scale");
      return Optional.empty();
    }
    Tensor matrix = graph.constant(right.get().quantized()).orElseThrow();
    DType to = ((TensorType) graph.type(node.output())).dtype();
    boolean fits = matrix.dim(0) % MULTIPLE == 0 && matrix.dim(1) % MULTIPLE == 0 && matrix.elementCount() > 0;
    if (!fits || to == DType.FLOAT64) {
      reasons.add(node.name(), STAYS + "weights " + matrix.type() + " to " + to + " (expected: multiples of " + MULTIPLE
          + ", to at most 32 bits)");
      return Optional.empty();
    }
    ValueId columns = isTransposed
        ? copy.of(right.get().quantized())
        : turned.computeIfAbsent(
            right.get().quantized(), id -> copy.constant(node.name() + "_columns", transposed(matrix)));
    return Optional.of(copy.addNew(node.name() + "_float8",
        new Float8MatMul(left.get().scale() * right.get().scale(), to), copy.of(left.get().quantized()), columns));
  }

  private static Tensor transposed(Tensor matrix) {
    int rows = Math.toIntExact(matrix.dim(0));
    int columns = Math.toIntExact(matrix.dim(1));
    byte[] from = matrix.data().toArray(ValueLayout.JAVA_BYTE);
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length; i++) {
      to[i % columns * rows + i / columns] = from[i];
    }
    Tensor other = Tensor.allocate(matrix.dtype(), columns, rows);
    other.data().copyFrom(MemorySegment.ofArray(to));
    return other;
  }
}
