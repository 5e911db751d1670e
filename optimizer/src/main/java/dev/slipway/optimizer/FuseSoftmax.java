package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Div;
import dev.slipway.operators.Exp;
import dev.slipway.operators.ReduceMax;
import dev.slipway.operators.ReduceSum;
import dev.slipway.operators.Reduction;
import dev.slipway.operators.Softmax;
import dev.slipway.operators.Sub;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes Softmax of exp(x - max(x)) / sum(exp(x - max(x))); the subtraction may be missing. */
public final class FuseSoftmax implements RewriteRule<Div> {
  @Override
  public Class<Div> anchor() {
    return Div.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Div op) {
    Node exp = Patterns.producer(graph, node.input(0), Exp.class).orElse(null);
    Node sum = Patterns.producer(graph, node.input(1), ReduceSum.class).orElse(null);
    if (exp == null || sum == null || !sum.input(0).equals(exp.output())) {
      return Optional.empty();
    }
    OptionalLong axis = axis(graph, sum);
    if (axis.isEmpty()) {
      return context.refuse(node, sum.name() + " does not reduce one axis that it keeps");
    }
    ValueId x = exp.input(0);
    Node sub = Patterns.producer(graph, x, Sub.class).orElse(null);
    if (sub != null) {
      Node max = Patterns.producer(graph, sub.input(1), ReduceMax.class).orElse(null);
      if (max != null && max.input(0).equals(sub.input(0)) && axis(graph, max).equals(axis)) {
        x = sub.input(0);
      }
    }
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "fused " + exp.name() + " to " + node.name() + ": they are Softmax").reuseName(node);
    ValueId made = patch.add(node.name(), new Softmax(axis.getAsLong()), x);
    return Optional.of(patch.replace(node.output(), made).build());
  }

  /** The axis that a reduction makes 1, from 0 on; empty where there are several or none. */
  private static OptionalLong axis(Graph graph, Node node) {
    Optional<long[]> axes = Patterns.integers(graph, node, 1);
    if (axes.isEmpty() || axes.get().length != 1 || !((Reduction) node.op()).keepDims()
        || !graph.shape(node.input(0)).ranked()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(Math.floorMod(axes.get()[0], graph.shape(node.input(0)).rank()));
  }
}
