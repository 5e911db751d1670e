package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.If;
import dev.slipway.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts the taken branch in the place of an If whose condition is constant. */
public final class FoldConditions implements RewriteRule<If> {
  @Override
  public Class<If> anchor() {
    return If.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, If op) {
    Optional<Tensor> condition = Patterns.constant(graph, node, 0);
    if (condition.isEmpty()) {
      return context.refuse(node, "its condition is computed");
    }
    Graph branch = condition.get().getBoolean(0) ? op.thenBranch() : op.elseBranch();
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "put a branch in place of " + node.name() + ": its condition is constant");
    Map<ValueId, ValueId> inner = new HashMap<>();
    inner.put(ValueId.ABSENT, ValueId.ABSENT);
    for (int i = 0; i < branch.inputs().size(); i++) {
      inner.put(branch.inputs().get(i), node.input(i + 1));
    }
    branch.constants().forEach((id, tensor) ->
        inner.put(id, patch.constant(node.name() + "." + branch.value(id).name(), tensor)));
    for (Node child : branch.nodes()) {
      List<ValueId> inputs = child.inputs().stream().map(inner::get).toList();
      List<ValueId> outputs =
          patch.add(node.name() + "." + child.name(), child.op(), inputs, child.outputs().size());
      for (int i = 0; i < outputs.size(); i++) {
        if (child.output(i).isPresent()) {
          inner.put(child.output(i), outputs.get(i));
        }
      }
    }
    int output = 0;
    for (ValueId id : branch.outputs().values()) {
      if (output < node.outputs().size() && node.output(output).isPresent()) {
        patch.replace(node.output(output), inner.get(id));
      }
      output++;
    }
    return Optional.of(patch.build());
  }
}
