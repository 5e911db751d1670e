package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Whether two graphs compute the same, shown on random inputs by the {@link Interpreter}. Symbolic dimensions are
 * bound to small sizes, the first ones that the original graph takes.
 *
 * @param inputs the shapes that the graphs ran on, by input
 * @param outputs the comparison of each output, by its name
 */
public record Equivalence(Map<String, Shape> inputs, Map<String, OutputDifference> outputs) {
  private static final List<Long> SIZES = List.of(2L, 3L, 1L, 5L, 8L, 16L, 32L, 64L, 224L, 512L, 640L);

  /** Integer inputs are random from here to 1; a divisor must not be 0. */
  private static final List<Long> SMALLEST_INTEGERS = List.of(0L, 1L);

  /**
   * How far an output is from the original's.
   *
   * @param largest the largest difference of two elements, relative to the largest magnitude of the original output
   * @param allowed the largest difference that counts as equal
   */
  public record OutputDifference(double largest, double allowed) {
    public boolean isEqual() {
      return largest <= allowed;
    }
  }

  public Equivalence {
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
  }

  /** Whether all outputs are equal. */
  public boolean holds() {
    return outputs.values().stream().allMatch(OutputDifference::isEqual);
  }

  /**
   * Runs both graphs on the same random inputs.
   *
   * @throws SlipwayException where the graphs differ in inputs or outputs, or the original runs at none of the sizes
   */
  public static Equivalence check(Graph original, Graph changed, long seed) {
    requireSameInterface(original, changed);
    SlipwayException last = null;
    for (long smallest : SMALLEST_INTEGERS) {
      for (Map<String, Long> sizes : sizes(original)) {
        List<Datum> inputs = inputs(original, sizes, smallest, seed);
        List<Datum> expected;
        try {
          expected = new Interpreter(new SplittableRandom(seed)).run(original, inputs);
        } catch (SlipwayException e) {
          last = e;
          continue;
        }
        List<Datum> actual = new Interpreter(new SplittableRandom(seed)).run(changed, inputs);
        return compare(original, inputs, expected, actual);
      }
    }
    throw new SlipwayException("graph " + original.name() + ": it runs on none of the sizes tried (expected: one of "
        + SIZES + " for every symbol): " + last.getMessage(), last);
  }

  /** Compares two results of the same type. */
  public static OutputDifference difference(Datum expected, Datum actual) {
    return switch (expected) {
      case Tensor tensor -> actual instanceof Tensor other ? tensors(tensor, other) : UNLIKE;
      case Datum.Sequence(var type, List<Datum> elements) ->
          actual instanceof Datum.Sequence(var otherType, List<Datum> others) && others.size() == elements.size()
              ? worst(elements, others)
              : UNLIKE;
      case Datum.Maybe(var type, Optional<Datum> value) ->
          actual instanceof Datum.Maybe(var otherType, Optional<Datum> other) && other.isPresent() == value.isPresent()
              ? worst(value.stream().toList(), other.stream().toList())
              : UNLIKE;
    };
  }

  private static final OutputDifference UNLIKE = new OutputDifference(Double.POSITIVE_INFINITY, 0);

  private static OutputDifference worst(List<Datum> expected, List<Datum> actual) {
    OutputDifference worst = new OutputDifference(0, 0);
    for (int i = 0; i < expected.size(); i++) {
      OutputDifference next = difference(expected.get(i), actual.get(i));
      if (next.largest - next.allowed > worst.largest - worst.allowed) {
        worst = next;
      }
    }
    return worst;
  }

  private static OutputDifference tensors(Tensor expected, Tensor actual) {
    if (!expected.type().equals(actual.type())) {
      return UNLIKE;
    }
    if (expected.dtype().isComplex()) {
      return new OutputDifference(expected.data().mismatch(actual.data()) < 0 ? 0 : 1, 0);
    }
    double magnitude = 0;
    double largest = 0;
    for (long i = 0; i < expected.elementCount(); i++) {
      double a = expected.getDouble(i);
      double b = actual.getDouble(i);
      if (a == b || Double.isNaN(a) && Double.isNaN(b)) {
        magnitude = Double.isInfinite(a) || Double.isNaN(a) ? magnitude : Math.max(magnitude, Math.abs(a));
        continue;
      }
      magnitude = Math.max(magnitude, Math.abs(a));
      double difference = Math.abs(a - b);
      largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
    }
    double unit = expected.dtype().isFloat() ? Math.max(magnitude, Double.MIN_NORMAL) : 1;
    return new OutputDifference(largest / unit, allowed(expected.dtype()));
  }

  /** Folding changes the order of roundings: single operations by a few units, whole networks by their depth. */
  private static double allowed(DType dtype) {
    if (!dtype.isFloat()) {
      return 0;
    }
    return dtype.epsilon() * (dtype.bits() >= 32 ? 1024 : 16);
  }

  private static Equivalence compare(
      Graph original, List<Datum> inputs, List<Datum> expected, List<Datum> actual) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      String name = original.value(original.inputs().get(i)).name();
      if (inputs.get(i) instanceof Tensor tensor) {
        shapes.put(name, tensor.shape());
      }
    }
    Map<String, OutputDifference> outputs = new LinkedHashMap<>();
    int i = 0;
    for (String output : original.outputs().keySet()) {
      outputs.put(output, difference(expected.get(i), actual.get(i)));
      i++;
    }
    return new Equivalence(shapes, outputs);
  }

  private static void requireSameInterface(Graph original, Graph changed) {
    List<String> inputs = inputNames(original);
    if (!inputs.equals(inputNames(changed))) {
      throw new SlipwayException("inputs: " + inputNames(changed) + " (expected: " + inputs + ")");
    }
    List<String> outputs = List.copyOf(original.outputs().keySet());
    if (!outputs.equals(List.copyOf(changed.outputs().keySet()))) {
      throw new SlipwayException("outputs: " + changed.outputs().keySet() + " (expected: " + outputs + ")");
    }
  }

  private static List<String> inputNames(Graph graph) {
    return graph.inputs().stream().map(id -> graph.value(id).name()).toList();
  }

  /** Sizes to try: the same for all symbols, then a different one for each. */
  private static List<Map<String, Long>> sizes(Graph graph) {
    Set<String> symbols = new LinkedHashSet<>();
    for (ValueId id : graph.inputs()) {
      if (graph.type(id) instanceof TensorType type) {
        type.shape().dims().forEach(dim -> symbols.addAll(dim.symbols()));
      }
    }
    List<Map<String, Long>> all = new ArrayList<>();
    Map<String, Long> different = new LinkedHashMap<>();
    for (String symbol : symbols) {
      different.put(symbol, 2L + different.size());
    }
    all.add(different);
    for (long size : SIZES) {
      Map<String, Long> same = new LinkedHashMap<>();
      symbols.forEach(symbol -> same.put(symbol, size));
      all.add(same);
      if (symbols.size() > 1) {
        Map<String, Long> batchOfOne = new LinkedHashMap<>(same);
        batchOfOne.put(symbols.iterator().next(), 1L);
        all.add(batchOfOne);
      }
    }
    return symbols.isEmpty() ? List.of(Map.of()) : all;
  }

  private static List<Datum> inputs(Graph graph, Map<String, Long> sizes, long smallestInteger, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Datum> inputs = new ArrayList<>();
    for (ValueId id : graph.inputs()) {
      if (!(graph.type(id) instanceof TensorType type)) {
        throw new SlipwayException("input " + graph.value(id).name() + ": " + graph.type(id)
            + " (expected: a tensor; random sequences are not made)");
      }
      Shape shape = type.shape().ranked() ? type.shape() : Shape.of(Dim.of(2), Dim.of(3));
      inputs.add(random(TensorType.of(type.dtype(), shape.bind(sizes)), smallestInteger, random));
    }
    return inputs;
  }

  /** Floats between -1 and 1, bools, and the integers from 0 or 1 to 1, which are indices of nearly everything. */
  private static Tensor random(TensorType type, long smallestInteger, SplittableRandom random) {
    Tensor tensor = Tensor.allocate(type);
    for (long i = 0; i < tensor.elementCount(); i++) {
      if (type.dtype().isFloat()) {
        tensor.setDouble(i, random.nextDouble(-1, 1));
      } else {
        tensor.setLong(i, type.dtype() == DType.BOOL ? random.nextInt(2) : random.nextLong(smallestInteger, 2));
      }
    }
    return tensor;
  }
}
