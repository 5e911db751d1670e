package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Runs a graph twice on the reference: once as it is, once with every result of an operator disturbed by as much as the
 * operator's tolerance allows a kernel to be off. How far the outputs of the two lie apart is how far an engine's may
 * be from the reference: it shows how errors grow on their way through this graph.
 */
final class DisturbedReference {
  /** Kernels err to one side where the disturbance falls to both. */
  private static final double SAFETY = 4;
  private final List<Tensor> expected;
  private final List<Tensor> disturbed;
  private final double[] own;

  DisturbedReference(Graph graph, List<Datum> inputs, long seed) {
    Map<ValueId, Datum> clean = run(graph, inputs, Optional.empty());
    Map<ValueId, Datum> noisy = run(graph, inputs, Optional.of(new SplittableRandom(seed)));
    expected = graph.outputs().values().stream().map(id -> (Tensor) clean.get(id)).toList();
    disturbed = graph.outputs().values().stream().map(id -> (Tensor) noisy.get(id)).toList();
    own = graph.outputs().values().stream()
        .mapToDouble(id -> graph.nodes().stream()
            .filter(node -> node.outputs().contains(id))
            .mapToDouble(node -> epsilons((Tensor) clean.get(id), node))
            .findFirst()
            .orElse(0))
        .toArray();
  }

  private static double epsilons(Tensor tensor, Node node) {
    return node.op().tolerance(tensor.dtype()).absoluteEpsilons() * tensor.dtype().epsilon();
  }

  private static Map<ValueId, Datum> run(Graph graph, List<Datum> inputs, Optional<SplittableRandom> noise) {
    Map<ValueId, Datum> values = new HashMap<>(graph.constants());
    for (int i = 0; i < inputs.size(); i++) {
      values.put(graph.inputs().get(i), inputs.get(i));
    }
    Interpreter interpreter = new Interpreter();
    for (Node node : graph.nodes()) {
      List<Optional<Datum>> arguments = new ArrayList<>();
      node.inputs().forEach(id -> arguments.add(Optional.ofNullable(values.get(id))));
      List<Boolean> wanted = node.outputs().stream().map(ValueId::isPresent).toList();
      List<Optional<Datum>> results = interpreter.evaluate(node.name(), node.op(), arguments, wanted);
      for (int i = 0; i < results.size(); i++) {
        if (results.get(i).isPresent() && results.get(i).get() instanceof Tensor tensor) {
          noise.ifPresent(random -> disturb(tensor, node, random));
          values.put(node.output(i), tensor);
        }
      }
    }
    return values;
  }

  private static void disturb(Tensor tensor, Node node, SplittableRandom random) {
    if (!tensor.dtype().isFloat()) {
      return;
    }
    Tolerance tolerance = node.op().tolerance(tensor.dtype());
    double unit = tensor.dtype().epsilon();
    for (long i = 0; i < tensor.elementCount(); i++) {
      double value = tensor.getDouble(i);
      double allowed = unit * (tolerance.absoluteEpsilons() + tolerance.relativeEpsilons() * Math.abs(value));
      tensor.setDouble(i, value + allowed * random.nextDouble(-1, 1));
    }
  }

  /** What is wrong with an engine's outputs; empty where nothing is. */
  Optional<String> difference(List<Datum> actual) {
    for (int i = 0; i < expected.size(); i++) {
      Optional<String> difference = difference(i, (Tensor) actual.get(i));
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private Optional<String> difference(int output, Tensor actual) {
    Tensor clean = expected.get(output);
    if (!actual.type().equals(clean.type())) {
      return Optional.of("output " + output + ": " + actual.type() + " (expected: " + clean.type() + ")");
    }
    double allowed = own[output] * (1 + largest(clean)) + SAFETY * distance(clean, disturbed.get(output));
    for (long i = 0; i < clean.elementCount(); i++) {
      double x = actual.getDouble(i);
      double y = clean.getDouble(i);
      if (!(Math.abs(x - y) <= allowed) && Double.compare(x, y) != 0) {
        return Optional.of("output %d, element %d of %s: %s (expected: %s within %.3g)"
            .formatted(output, i, clean.type(), x, y, allowed));
      }
    }
    return Optional.empty();
  }

  private static double largest(Tensor tensor) {
    double largest = 0;
    for (long i = 0; i < tensor.elementCount(); i++) {
      largest = Math.max(largest, Math.abs(tensor.getDouble(i)));
    }
    return largest;
  }

  private static double distance(Tensor a, Tensor b) {
    double largest = 0;
    for (long i = 0; i < a.elementCount(); i++) {
      largest = Math.max(largest, Math.abs(a.getDouble(i) - b.getDouble(i)));
    }
    return largest;
  }
}
