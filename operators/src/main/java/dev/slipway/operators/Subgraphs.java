package dev.slipway.operators;

import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Types of what subgraphs give to the node that runs them. */
final class Subgraphs {
  private Subgraphs() {}

  /** The types of a subgraph's outputs when its inputs have these types. */
  static List<ValueType> outputs(Graph graph, List<? extends ValueType> inputs) {
    Graph refined = refine(graph, inputs);
    return refined.outputs().values().stream().map(refined::type).toList();
  }

  /**
   * A subgraph with the types of its actual inputs; itself where it cannot take them, which is an error only if it
   * runs.
   */
  private static Graph refine(Graph graph, List<? extends ValueType> inputs) {
    if (inputs.size() != graph.inputs().size()) {
      throw new InvalidGraphException("inputs of subgraph " + graph.name() + ": " + inputs.size() + " (expected: "
          + graph.inputs().size() + ")");
    }
    Map<String, Shape> shapes = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      ValueId id = graph.inputs().get(i);
      if (inputs.get(i) instanceof TensorType actual && graph.type(id) instanceof TensorType formal
          && !actual.shape().equals(formal.shape())) {
        shapes.put(graph.value(id).name(), actual.shape());
      }
    }
    try {
      return shapes.isEmpty() ? graph : graph.withInputShapes(shapes);
    } catch (InvalidGraphException e) {
      return graph;
    }
  }

  /** What two types have in common: differing dimensions are fresh, differing ranks unknown, one optional both. */
  static ValueType merge(InferenceContext in, String hint, ValueType a, ValueType b) {
    if (a instanceof TensorType left && b instanceof TensorType right) {
      if (left.dtype() != right.dtype()) {
        throw new InvalidGraphException("types: " + left + " and " + right + " (expected: one element type)");
      }
      return TensorType.of(left.dtype(), merge(in, hint, left.shape(), right.shape()));
    }
    if (a instanceof ValueType.SequenceType(ValueType left) && b instanceof ValueType.SequenceType(ValueType right)) {
      return new ValueType.SequenceType(merge(in, hint, left, right));
    }
    if (a instanceof ValueType.OptionalType(ValueType left) && b instanceof ValueType.OptionalType(ValueType right)) {
      return new ValueType.OptionalType(merge(in, hint, left, right));
    }
    if (a instanceof ValueType.OptionalType(ValueType left)) {
      return new ValueType.OptionalType(merge(in, hint, left, b));
    }
    if (b instanceof ValueType.OptionalType(ValueType right)) {
      return new ValueType.OptionalType(merge(in, hint, a, right));
    }
    throw new InvalidGraphException("types: " + a + " and " + b + " (expected: one type)");
  }

  private static Shape merge(InferenceContext in, String hint, Shape a, Shape b) {
    if (!a.ranked() || !b.ranked() || a.rank() != b.rank()) {
      return Shape.UNRANKED;
    }
    return Shape.of(IntStream.range(0, a.rank())
        .mapToObj(axis -> a.dim(axis).equals(b.dim(axis)) ? a.dim(axis) : in.freshDim(hint + ".d" + axis))
        .toList());
  }

  /** A type in which symbols that no type of the node's inputs has, those born in a subgraph, are fresh. */
  static ValueType escape(InferenceContext in, String hint, ValueType type) {
    Set<String> outer = new HashSet<>();
    for (int port = 0; port < in.inputCount(); port++) {
      if (in.has(port)) {
        collect(in.type(port), outer);
      }
    }
    return map(type, shape -> rename(in, hint, shape, outer));
  }

  private static Shape rename(InferenceContext in, String hint, Shape shape, Set<String> outer) {
    if (!shape.ranked()) {
      return shape;
    }
    return Shape.of(IntStream.range(0, shape.rank())
        .mapToObj(axis -> outer.containsAll(shape.dim(axis).symbols())
            ? shape.dim(axis)
            : in.freshDim(hint + ".d" + axis))
        .toList());
  }

  private static void collect(ValueType type, Set<String> symbols) {
    map(type, shape -> {
      shape.dims().forEach(dim -> symbols.addAll(dim.symbols()));
      return shape;
    });
  }

  private static ValueType map(ValueType type, UnaryOperator<Shape> function) {
    return switch (type) {
      case TensorType tensor -> tensor.withShape(function.apply(tensor.shape()));
      case ValueType.SequenceType(ValueType element) -> new ValueType.SequenceType(map(element, function));
      case ValueType.OptionalType(ValueType element) -> new ValueType.OptionalType(map(element, function));
    };
  }

  /**
   * The types of the outputs of a body that runs again and again, when carried values may change their shapes from one
   * run to the next: the types that hold for every run.
   *
   * @param own inputs of the body that come before the carried values
   * @param inputs carried values at the beginning, then what stays the same
   * @param carried how many values are carried
   * @param first the output that the first carried value comes from
   */
  static List<ValueType> steady(
      InferenceContext in, Graph body, List<ValueType> own, List<ValueType> inputs, int carried, int first) {
    List<ValueType> current = new ArrayList<>(inputs);
    while (true) {
      List<ValueType> all = new ArrayList<>(own);
      all.addAll(current);
      List<ValueType> results = new ArrayList<>(outputs(body, all));
      boolean steady = true;
      for (int i = 0; i < carried; i++) {
        ValueType result = results.get(first + i);
        ValueType merged = merge(in, "carried" + i, current.get(i), result);
        steady &= merged.equals(current.get(i));
        current.set(i, merged);
        // A body may take an optional and give its value: what it gives is the type of the output.
        boolean unwrapped = merged instanceof ValueType.OptionalType && !(result instanceof ValueType.OptionalType);
        results.set(first + i, unwrapped ? result : merged);
      }
      if (steady) {
        return results;
      }
    }
  }

  /** The type of values of one type along a new axis. */
  static ValueType stacked(ValueType type, int axis, Dim size) {
    if (!(type instanceof TensorType tensor)) {
      throw new InvalidGraphException("output of a body: " + type + " (expected: a tensor, to be stacked)");
    }
    Shape shape = tensor.shape();
    return shape.ranked()
        ? tensor.withShape(shape.slice(0, axis).concat(Shape.of(size)).concat(shape.slice(axis, shape.rank())))
        : type;
  }

  /** Empty lists for what each run adds to. */
  static List<List<Tensor>> stacks(int count) {
    return IntStream.range(0, count).<List<Tensor>>mapToObj(i -> new ArrayList<>()).toList();
  }

  /** Values along a new axis; where there are none, an empty tensor of what is known of the body's output. */
  static Tensor stack(Graph body, int output, List<Tensor> values, int axis) {
    if (!values.isEmpty()) {
      return TensorParts.stack(values, axis);
    }
    TensorType type = body.tensorType(List.copyOf(body.outputs().values()).get(output));
    long[] element = type.shape().ranked()
        ? type.shape().dims().stream().mapToLong(dim -> dim.known().orElse(0)).toArray()
        : new long[0];
    return Tensor.allocate(type.dtype(), TensorParts.with(element, Math.min(axis, element.length), 0));
  }

  /** What one run costs. */
  static Cost cost(Graph graph) {
    return graph.nodes().stream().map(graph::cost).reduce(Cost.ZERO, Cost::plus);
  }

  /** The types of a node's inputs from one on. */
  static List<ValueType> types(InferenceContext in, int from) {
    return IntStream.range(from, in.inputCount()).mapToObj(in::type).toList();
  }
}
