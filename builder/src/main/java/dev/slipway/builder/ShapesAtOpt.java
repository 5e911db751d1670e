package dev.slipway.builder;

import dev.slipway.backend.Device;
import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.TypeInference;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The types that the values of a graph have at the shapes it is tuned for; layouts are those of the graph. */
final class ShapesAtOpt {
  private final Graph graph;
  private final Map<ValueId, TypeInference.Input> known = new HashMap<>();
  /** For each node the types of all its outputs, those that nobody reads included. */
  private final Map<String, List<? extends ValueType>> outputs = new HashMap<>();

  private ShapesAtOpt(Graph graph) {
    this.graph = graph;
  }

  static ShapesAtOpt of(Graph graph, Map<String, Shape> optShapes) {
    ShapesAtOpt shapes = new ShapesAtOpt(graph);
    graph.constants().forEach((id, tensor) -> shapes.known.put(id, TypeInference.Input.of(tensor)));
    for (ValueId id : graph.inputs()) {
      ValueType type = graph.type(id);
      Optional<Shape> opt = Optional.ofNullable(optShapes.get(graph.value(id).name()));
      shapes.known.put(id, TypeInference.Input.of(
          type instanceof TensorType tensor && opt.isPresent() ? tensor.withShape(opt.get()) : type));
    }
    graph.nodes().forEach(shapes::infer);
    return shapes;
  }

  private void infer(Node node) {
    List<TypeInference.Input> inputs = new ArrayList<>();
    for (ValueId id : node.inputs()) {
      inputs.add(id.isPresent() ? known.get(id) : TypeInference.Input.ABSENT);
    }
    TypeInference.Result result = TypeInference.infer(node.name(), node.op(), inputs, node.outputs().size());
    outputs.put(node.name(), result.types());
    for (int i = 0; i < node.outputs().size(); i++) {
      ValueId id = node.output(i);
      if (id.isPresent()) {
        ValueType type = withLayout(id, result.types().get(i));
        known.put(id, i == 0 ? TypeInference.Input.of(type, result.dims()) : TypeInference.Input.of(type));
      }
    }
  }

  private ValueType withLayout(ValueId id, ValueType type) {
    return type instanceof TensorType inferred && graph.type(id) instanceof TensorType planned
        ? inferred.withLayout(planned.layout())
        : type;
  }

  /** The tensor type of a value, where its shape is known. */
  Optional<TensorType> type(ValueId id) {
    return known.containsKey(id)
            && known.get(id).type().orElseThrow() instanceof TensorType type
            && type.shape().isKnown()
        ? Optional.of(type)
        : Optional.empty();
  }

  /** The request for the kernel of a node; empty where a shape depends on data or a value is no tensor. */
  Optional<KernelRequest> request(Node node, Device device) {
    List<TensorType> types = new ArrayList<>();
    for (int i = 0; i < node.outputs().size(); i++) {
      Optional<TensorType> type = node.output(i).isPresent() ? type(node.output(i)) : unread(node, i);
      if (type.isEmpty()) {
        return Optional.empty();
      }
      types.add(type.get());
    }
    return arguments(node.inputs()).map(inputs -> new KernelRequest(node.op(), inputs, types, device));
  }

  /** The type of an output that nobody reads, where its shape is known. */
  private Optional<TensorType> unread(Node node, int output) {
    return outputs.get(node.name()).get(output) instanceof TensorType type && type.shape().isKnown()
        ? Optional.of(type)
        : Optional.empty();
  }

  /** The request for an operator that is not in the graph, on values that are. */
  Optional<KernelRequest> request(Op op, List<ValueId> inputs, TensorType output, Device device) {
    return arguments(inputs).map(arguments -> new KernelRequest(op, arguments, List.of(output), device));
  }

  private Optional<List<KernelRequest.Argument>> arguments(List<ValueId> ids) {
    List<KernelRequest.Argument> arguments = new ArrayList<>();
    for (ValueId id : ids) {
      Optional<Tensor> constant = id.isPresent() ? graph.constant(id) : Optional.empty();
      if (!id.isPresent()) {
        arguments.add(KernelRequest.Argument.ABSENT);
      } else if (constant.isPresent()) {
        arguments.add(KernelRequest.Argument.of(constant.get()));
      } else if (type(id).isPresent()) {
        arguments.add(KernelRequest.Argument.of(type(id).get()));
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(arguments);
  }

  /** The opt shapes must be such that the graph takes them. */
  static void check(Graph graph, Map<String, Shape> shapes) {
    for (String input : shapes.keySet()) {
      if (graph.input(input).isEmpty()) {
        throw new InvalidGraphException("profile: input " + input + " (expected: one of "
            + graph.inputs().stream().map(id -> graph.value(id).name()).toList() + ")");
      }
    }
    of(graph, shapes);
  }
}
