package dev.slipway.optimizer;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Node;
import dev.slipway.graph.TypeInference;
import dev.slipway.graph.Value;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Infers types anew where they depended on data that has become constant since. */
public final class RefineTypes implements Pass {
  @Override
  public Optional<GraphPatch> next(PassContext context, Graph graph) {
    Map<ValueId, Value> refined = new LinkedHashMap<>();
    Map<ValueId, DimVector> dims = new HashMap<>();
    for (Node node : graph.nodes()) {
      boolean changed = node.inputs().stream().anyMatch(id -> refined.containsKey(id) || dims.containsKey(id));
      if (changed || node.outputs().stream().anyMatch(id -> id.isPresent() && isOpen(graph.type(id)))) {
        refine(context, graph, node, refined, dims);
      }
    }
    if (refined.isEmpty() && dims.isEmpty()) {
      return Optional.empty();
    }
    GraphPatch empty = GraphPatch.on(graph, "").build();
    return Optional.of(new GraphPatch(
        "refined " + refined.size() + " types and " + dims.size() + " shape values: what they depend on is constant",
        List.of(), List.copyOf(refined.values()), Map.of(), dims, Map.of(), empty.nextId()));
  }

  private static void refine(
      PassContext context, Graph graph, Node node, Map<ValueId, Value> refined, Map<ValueId, DimVector> dims) {
    List<TypeInference.Input> inputs = new ArrayList<>();
    for (ValueId id : node.inputs()) {
      inputs.add(input(graph, id, refined, dims));
    }
    TypeInference.Result result;
    try {
      result = TypeInference.infer(node.name(), node.op(), inputs, node.outputs().size());
    } catch (InvalidGraphException e) {
      context.refuse(node, e.getMessage());
      return;
    }
    for (int i = 0; i < node.outputs().size(); i++) {
      ValueId id = node.output(i);
      if (!id.isPresent()) {
        continue;
      }
      ValueType better = better(graph.type(id), result.types().get(i));
      if (!better.equals(graph.type(id))) {
        refined.put(id, new Value(id, graph.value(id).name(), better));
      }
    }
    result.dims()
        .filter(vector -> node.output().isPresent())
        .filter(vector -> graph.dims(node.output()).map(before -> isBetter(before, vector)).orElse(true))
        .ifPresent(vector -> dims.put(node.output(), vector));
  }

  private static boolean isBetter(DimVector before, DimVector after) {
    return unknown(after) < unknown(before) || unknown(after) == unknown(before) && open(after) < open(before);
  }

  private static long unknown(DimVector vector) {
    return vector.values().stream().filter(dim -> !(dim instanceof Dim.Known)).count();
  }

  private static long open(DimVector vector) {
    return vector.values().stream().filter(RefineTypes::dependsOnData).count();
  }

  private static TypeInference.Input input(
      Graph graph, ValueId id, Map<ValueId, Value> refined, Map<ValueId, DimVector> dims) {
    if (!id.isPresent()) {
      return TypeInference.Input.ABSENT;
    }
    if (graph.constant(id).isPresent()) {
      return TypeInference.Input.of(graph.constant(id).get());
    }
    ValueType type = refined.containsKey(id) ? refined.get(id).type() : graph.type(id);
    return TypeInference.Input.of(type, dims.containsKey(id) ? Optional.of(dims.get(id)) : graph.dims(id));
  }

  /** Whether a type has a dimension, or a rank, that depends on data. */
  private static boolean isOpen(ValueType type) {
    return type instanceof TensorType tensor
        && (!tensor.shape().ranked() || tensor.shape().dims().stream().anyMatch(RefineTypes::dependsOnData));
  }

  private static boolean dependsOnData(Dim dim) {
    return dim.symbols().stream().anyMatch(symbol -> symbol.startsWith("?"));
  }

  /** The old type with the dimensions of the new one that are known better. */
  private static ValueType better(ValueType before, ValueType after) {
    if (!(before instanceof TensorType old) || !(after instanceof TensorType made) || !made.shape().ranked()) {
      return before;
    }
    if (!old.shape().ranked()) {
      return old.withShape(made.shape());
    }
    if (old.shape().rank() != made.shape().rank()) {
      return before;
    }
    List<Dim> dims = new ArrayList<>();
    for (int i = 0; i < old.shape().rank(); i++) {
      Dim mine = old.shape().dim(i);
      Dim other = made.shape().dim(i);
      boolean known = other instanceof Dim.Known && !(mine instanceof Dim.Known);
      dims.add(known || dependsOnData(mine) && !dependsOnData(other) ? other : mine);
    }
    return old.withShape(Shape.of(dims));
  }
}
