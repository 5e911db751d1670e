package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Small networks with random weights. */
final class Networks {
  private static final Pattern WEIGHTS = Pattern.compile("[wb]\\[([0-9, ]+)\\]");

  private Networks() {}

  /** A graph as text, in which {@code w[4, 3, 3, 3]} and {@code b[4]} stand for random constants. */
  static Graph parse(String text) {
    SplittableRandom random = new SplittableRandom(3);
    StringBuilder constants = new StringBuilder();
    int[] count = new int[1];
    String body = WEIGHTS.matcher(text).replaceAll(match -> {
      String name = "k" + count[0]++;
      constants.append("  constant ").append(name).append(": float32[").append(match.group(1)).append("] = {")
          .append(numbers(match, random)).append("}\n");
      return name;
    });
    return GraphParser.parse(body.replaceFirst("\\{\n", "{\n" + constants), Operators::get);
  }

  private static String numbers(MatchResult match, SplittableRandom random) {
    long elements = 1;
    for (String dim : match.group(1).split(", ")) {
      elements *= Long.parseLong(dim);
    }
    List<String> numbers = new ArrayList<>();
    for (long i = 0; i < elements; i++) {
      numbers.add(Float.toString((float) random.nextGaussian(0, 0.4)));
    }
    return String.join(", ", numbers);
  }

  /** Random samples of a graph's inputs. */
  static List<Map<String, Tensor>> samples(Graph graph, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Map<String, Tensor>> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, Tensor> sample = new HashMap<>();
      for (ValueId id : graph.inputs()) {
        Tensor tensor = Tensor.allocate(graph.tensorType(id));
        for (long j = 0; j < tensor.elementCount(); j++) {
          tensor.setDouble(j, random.nextGaussian());
        }
        sample.put(graph.value(id).name(), tensor);
      }
      samples.add(sample);
    }
    return samples;
  }

  /** The first output by the reference. */
  static float[] run(Graph graph, Map<String, Tensor> sample) {
    try (GraphExecution execution = GraphExecutor.reference().open(graph)) {
      return execution.run(sample).values().iterator().next().toFloats();
    }
  }
}
