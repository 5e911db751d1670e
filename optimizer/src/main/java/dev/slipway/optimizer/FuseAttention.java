package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Attention;
import dev.slipway.operators.Div;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.Mul;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Softmax;
import dev.slipway.operators.Transpose;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Makes Attention of softmax(scale · Q · Kᵀ + mask) · V. Where Q, K and V are split into heads by Reshape and
 * Transpose and the result is joined again, the operator does both. A row that the mask closes entirely becomes zeros,
 * where the softmax of the parts gives no numbers.
 */
public final class FuseAttention implements RewriteRule<MatMul> {
  private static final int[] SPLIT = {0, 2, 1, 3};
  private static final int[] SPLIT_KEYS = {0, 2, 3, 1};

  /** Q · Kᵀ with what stands between it and the softmax. */
  private record Scores(Node product, double scale, Optional<ValueId> mask) {}

  @Override
  public Class<MatMul> anchor() {
    return MatMul.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, MatMul op) {
    Node softmax = Patterns.soleProducer(graph, node.input(0), Softmax.class).orElse(null);
    if (softmax == null || !graph.shape(softmax.input(0)).ranked()) {
      return Optional.empty();
    }
    long axis = ((Softmax) softmax.op()).axis();
    if (graph.shape(softmax.input(0)).rank() != 4 || axis != -1 && axis != 3) {
      return context.refuse(node, softmax.name() + " is not over the last of four axes");
    }
    Scores scores = scores(graph, softmax.input(0)).orElse(null);
    if (scores == null) {
      return context.refuse(node, "no product of queries and keys in front of " + softmax.name());
    }
    ValueId q = scores.product.input(0);
    ValueId keys = scores.product.input(1);
    ValueId v = node.input(1);
    Node transposed = Patterns.producer(graph, keys, Transpose.class).orElse(null);
    if (transposed == null) {
      return context.refuse(node, "the keys are not transposed in front of " + scores.product.name());
    }
    if (!fit(graph, q, keys, v)) {
      return context.refuse(node, "shapes of queries " + graph.shape(q) + ", transposed keys " + graph.shape(keys)
          + " and values " + graph.shape(v) + " do not agree in batch and heads");
    }
    return Optional.of(joined(graph, node, scores, q, transposed, v)
        .orElseGet(() -> separate(graph, node, scores, q, transposed, v)));
  }

  /** Heads stay as they are: four axes each. */
  private static GraphPatch separate(
      Graph graph, Node node, Scores scores, ValueId q, Node transposed, ValueId v) {
    GraphPatch.Builder patch = GraphPatch.on(graph, reason(node, scores)).reuseName(node);
    int[] order = ((Transpose) transposed.op()).order(4);
    List<Long> perm = Arrays.asList((long) order[0], (long) order[1], (long) order[3], (long) order[2]);
    ValueId k = patch.add(transposed.name(), new Transpose(perm), transposed.input(0));
    ValueId made = patch.add(node.name(), attention(scores, 0), inputs(scores, q, k, v), 1).getFirst();
    return patch.replace(node.output(), made).build();
  }

  /** Heads are split from three axes before and joined behind. */
  private static Optional<GraphPatch> joined(
      Graph graph, Node node, Scores scores, ValueId q, Node transposed, ValueId v) {
    Optional<ValueId> q3 = unsplit(graph, q, SPLIT);
    Optional<ValueId> k3 = unsplit(graph, transposed.output(), SPLIT_KEYS);
    Optional<ValueId> v3 = unsplit(graph, v, SPLIT);
    Node back = graph.soleConsumer(node.output()).filter(reader -> hasOrder(reader, SPLIT)).orElse(null);
    Node join = back == null
        ? null
        : graph.soleConsumer(back.output()).filter(reader -> reader.op() instanceof Reshape).orElse(null);
    if (q3.isEmpty() || k3.isEmpty() || v3.isEmpty() || join == null) {
      return Optional.empty();
    }
    Shape output = graph.shape(back.output());
    if (!graph.shape(join.output()).equals(
        Shape.of(output.dim(0), output.dim(1), output.dim(2).times(output.dim(3))))) {
      return Optional.empty();
    }
    long heads = ((Dim.Known) graph.shape(q).dim(1)).size();
    GraphPatch.Builder patch = GraphPatch.on(graph, reason(node, scores)).reuseName(node);
    ValueId made = patch.add(
        node.name(), attention(scores, heads), inputs(scores, q3.get(), k3.get(), v3.get()), 1).getFirst();
    return Optional.of(patch.replace(join.output(), made).build());
  }

  private static String reason(Node node, Scores scores) {
    return "fused " + scores.product.name() + " to " + node.name() + ": they are attention";
  }

  private static Attention attention(Scores scores, long heads) {
    return new Attention(false, heads, heads, 0, (float) scores.scale, 0, 0);
  }

  private static List<ValueId> inputs(Scores scores, ValueId q, ValueId k, ValueId v) {
    List<ValueId> inputs = new ArrayList<>(List.of(q, k, v));
    scores.mask.ifPresent(inputs::add);
    return inputs;
  }

  private static Optional<Scores> scores(Graph graph, ValueId id) {
    if (!Patterns.readOnce(graph, id)) {
      return Optional.empty();
    }
    Node add = Patterns.producer(graph, id, Add.class).orElse(null);
    if (add == null) {
      return scaled(graph, id);
    }
    for (ValueId input : add.inputs()) {
      ValueId mask = Patterns.other(add, input).orElseThrow();
      Optional<Scores> found = scaled(graph, input).filter(scores -> isMask(graph, mask, add));
      if (found.isPresent() && Patterns.sameType(graph, input, id)) {
        return found.map(scores -> new Scores(scores.product, scores.scale, Optional.of(mask)));
      }
    }
    return Optional.empty();
  }

  /** A mask that is shorter than the keys would count as closed for the rest. */
  private static boolean isMask(Graph graph, ValueId mask, Node add) {
    Shape shape = graph.shape(mask);
    return shape.ranked() && shape.rank() >= 2 && shape.dim(-1).equals(graph.shape(add.output()).dim(-1));
  }

  private static Optional<Scores> scaled(Graph graph, ValueId id) {
    Node node = graph.producer(id).filter(producer -> Patterns.readOnce(graph, id)).orElse(null);
    if (node == null) {
      return Optional.empty();
    }
    if (node.op() instanceof MatMul) {
      return Optional.of(new Scores(node, 1, Optional.empty()));
    }
    Patterns.ConstantOperand operand = Patterns.constantOperand(graph, node).orElse(null);
    OptionalDouble factor = operand == null ? OptionalDouble.empty() : Patterns.uniform(operand.constant());
    boolean scales = node.op() instanceof Mul
        || node.op() instanceof Div && operand != null && operand.value().equals(node.input(0));
    if (factor.isEmpty() || factor.getAsDouble() <= 0 || !scales
        || !Patterns.sameType(graph, operand.value(), id)) {
      return Optional.empty();
    }
    double scale = node.op() instanceof Mul ? factor.getAsDouble() : 1 / factor.getAsDouble();
    return Patterns.soleProducer(graph, operand.value(), MatMul.class)
        .map(product -> new Scores(product, scale, Optional.empty()));
  }

  /** Whether batches and heads are the same, and sizes fit, with the heads known. */
  private static boolean fit(Graph graph, ValueId q, ValueId keys, ValueId v) {
    Shape queries = graph.shape(q);
    Shape transposed = graph.shape(keys);
    Shape values = graph.shape(v);
    if (!queries.ranked() || !transposed.ranked() || !values.ranked()
        || queries.rank() != 4 || transposed.rank() != 4 || values.rank() != 4) {
      return false;
    }
    return queries.dim(1) instanceof Dim.Known
        && queries.dim(0).equals(transposed.dim(0))
        && queries.dim(0).equals(values.dim(0))
        && queries.dim(1).equals(transposed.dim(1))
        && queries.dim(1).equals(values.dim(1))
        && queries.dim(3).equals(transposed.dim(2))
        && transposed.dim(3).equals(values.dim(2));
  }

  private static boolean hasOrder(Node node, int[] order) {
    return node.op() instanceof Transpose transpose
        && transpose.perm().size() == 4
        && Arrays.equals(transpose.order(4), order);
  }

  /** The batch×length×(heads·size) that a value was split from. */
  private static Optional<ValueId> unsplit(Graph graph, ValueId id, int[] order) {
    Node transpose = graph.producer(id).filter(node -> hasOrder(node, order)).orElse(null);
    Node reshape = transpose == null
        ? null
        : Patterns.producer(graph, transpose.input(0), Reshape.class).orElse(null);
    if (reshape == null || !graph.shape(reshape.input(0)).ranked()) {
      return Optional.empty();
    }
    Shape split = graph.shape(reshape.output());
    Shape whole = Shape.of(split.dim(0), split.dim(1), split.dim(2).times(split.dim(3)));
    return graph.shape(reshape.input(0)).equals(whole) ? Optional.of(reshape.input(0)) : Optional.empty();
  }
}
