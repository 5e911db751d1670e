package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lets the readers of equal nodes read the first of them, and those of equal small constants likewise. */
public final class EliminateCommonSubexpressions implements Pass {
  private static final long LONGEST_CONSTANT = 4096;

  private record NodeKey(Op op, List<ValueId> inputs, List<Boolean> outputs) {}

  private record ConstantKey(TensorType type, ByteBuffer bytes) {}

  @Override
  public Optional<GraphPatch> next(PassContext context, Graph graph) {
    return sweep(context, graph).stream().findFirst();
  }

  @Override
  public List<GraphPatch> sweep(PassContext context, Graph graph) {
    Map<ValueId, ValueId> first = new HashMap<>();
    List<GraphPatch> patches = new ArrayList<>();
    mergeConstants(graph, first).ifPresent(patches::add);
    Map<NodeKey, Node> seen = new HashMap<>();
    for (Node node : graph.nodes()) {
      if (!node.op().isDeterministic() || !node.op().subgraphs().isEmpty()) {
        continue;
      }
      List<ValueId> inputs = node.inputs().stream().map(id -> first.getOrDefault(id, id)).toList();
      List<Boolean> outputs = node.outputs().stream().map(ValueId::isPresent).toList();
      Node equal = seen.putIfAbsent(new NodeKey(node.op(), inputs, outputs), node);
      if (equal != null) {
        patches.add(merge(graph, node, equal, first));
      }
    }
    return patches;
  }

  private static GraphPatch merge(Graph graph, Node node, Node equal, Map<ValueId, ValueId> first) {
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "merged " + node.name() + " into " + equal.name() + ": they compute the same");
    for (int i = 0; i < node.outputs().size(); i++) {
      if (node.output(i).isPresent()) {
        first.put(node.output(i), equal.output(i));
        patch.replace(node.output(i), equal.output(i));
      }
    }
    return patch.build();
  }

  private static Optional<GraphPatch> mergeConstants(Graph graph, Map<ValueId, ValueId> first) {
    Map<ConstantKey, ValueId> seen = new HashMap<>();
    graph.constants().forEach((id, tensor) -> {
      if (tensor.type().bytes() <= LONGEST_CONSTANT && !graph.isOutput(id)) {
        ValueId equal = seen.putIfAbsent(new ConstantKey(tensor.type(), bytes(tensor)), id);
        if (equal != null) {
          first.put(id, equal);
        }
      }
    });
    if (first.isEmpty()) {
      return Optional.empty();
    }
    GraphPatch.Builder patch = GraphPatch.on(graph, "merged " + first.size() + " constants: others are equal");
    first.forEach(patch::replace);
    return Optional.of(patch.build());
  }

  private static ByteBuffer bytes(Tensor tensor) {
    return ByteBuffer.wrap(tensor.data().asSlice(0, tensor.type().bytes()).toArray(ValueLayout.JAVA_BYTE));
  }
}
