package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.LayerNormalization;
import dev.slipway.operators.Mul;
import dev.slipway.operators.ReduceMean;
import dev.slipway.operators.Sub;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Makes LayerNormalization of (x - mean) / sqrt(mean((x - mean)²) + epsilon), with the scale and the bias behind it
 * where they are there.
 */
public final class FuseLayerNormalization implements RewriteRule<Op> {
  @Override
  public Class<Op> anchor() {
    return Op.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Op op) {
    RootMeanSquare quotient = RootMeanSquare.of(graph, node).orElse(null);
    if (quotient == null) {
      return Optional.empty();
    }
    Node sub = Patterns.producer(graph, quotient.value(), Sub.class).orElse(null);
    Node mean = sub == null ? null : Patterns.producer(graph, sub.input(1), ReduceMean.class).orElse(null);
    if (mean == null || !mean.input(0).equals(sub.input(0))
        || !RootMeanSquare.axes(graph, mean).equals(Optional.of(quotient.axes()))) {
      return Optional.empty();
    }
    ValueId x = sub.input(0);
    int rank = graph.shape(x).rank();
    int first = rank - quotient.axes().size();
    if (first < 0 || quotient.axes().getFirst() != first || quotient.axes().getLast() != rank - 1) {
      return context.refuse(node, "it normalises axes " + quotient.axes() + " of " + graph.shape(x) + ", not the last");
    }
    Shape normalized = graph.shape(x).slice(first, rank);
    Node last = node;
    Optional<ValueId> scale = operand(graph, last, Mul.class, normalized);
    last = scale.isPresent() ? graph.soleConsumer(last.output()).orElseThrow() : last;
    Optional<ValueId> bias = operand(graph, last, Add.class, normalized);
    last = bias.isPresent() ? graph.soleConsumer(last.output()).orElseThrow() : last;
    if (scale.isEmpty() && !normalized.isKnown()) {
      return context.refuse(node, "it has no scale, and the size of the normalised axes is not known");
    }
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "fused " + mean.name() + " to " + last.name() + ": they are LayerNormalization")
            .reuseName(node);
    List<ValueId> inputs = new ArrayList<>();
    inputs.add(x);
    inputs.add(scale.orElseGet(() ->
        patch.constant(node.name() + ".scale", ones(graph.tensorType(x).dtype(), normalized.known()))));
    bias.ifPresent(inputs::add);
    LayerNormalization made =
        new LayerNormalization(first - rank, (float) quotient.epsilon(), DType.FLOAT32);
    return Optional.of(patch.replace(last.output(), patch.add(node.name(), made, inputs, 1).getFirst()).build());
  }

  /** The other operand of the only reader, where it is a tensor of the normalised axes. */
  static Optional<ValueId> operand(Graph graph, Node node, Class<? extends Op> op, Shape normalized) {
    return graph.soleConsumer(node.output())
        .filter(reader -> op.isInstance(reader.op()))
        .flatMap(reader -> Patterns.other(reader, node.output()))
        .filter(other -> !other.equals(node.output()) && graph.shape(other).equals(normalized));
  }

  static Tensor ones(DType dtype, long... dims) {
    double[] values = new double[Math.toIntExact(Shape.product(dims))];
    Arrays.fill(values, 1);
    return Patterns.tensor(dtype, values, dims);
  }
}
