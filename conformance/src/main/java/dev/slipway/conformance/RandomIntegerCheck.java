package dev.slipway.conformance;

import dev.slipway.backend.Backend;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.Interpreter;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Runs random chains of integer operators on a backend and compares them with the reference bit for bit. */
public final class RandomIntegerCheck {
  private static final BuildOptions OPTIONS = BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF);

  private RandomIntegerCheck() {}

  /**
   * Checks the chain of a seed, with tactics and tiles as the backend predicts them and as the seed draws them.
   *
   * @return what is wrong; empty where nothing is
   */
  public static Optional<String> failure(long seed, Backend backend) {
    RandomGraph random = new RandomIntegerLayers(seed).graph();
    try {
      Tensor expected = (Tensor) new Interpreter().run(random.graph(), random.inputs()).getFirst();
      return difference(random, backend, expected)
          .or(() -> difference(random, new RandomChoices(backend, seed), expected)
              .map(text -> "random tactics: " + text))
          .map(text -> "integers of seed " + seed + ": " + text + "\n" + GraphPrinter.summary(random.graph()));
    } catch (RuntimeException | AssertionError e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace, true));
      return Optional.of("integers of seed " + seed + ": " + trace);
    }
  }

  private static Optional<String> difference(RandomGraph random, Backend backend, Tensor expected) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (int i = 0; i < random.inputs().size(); i++) {
      inputs.put(random.graph().value(random.graph().inputs().get(i)).name(), (Tensor) random.inputs().get(i));
    }
    try (Engine engine = Engine.of(new Builder(backend, OPTIONS).build(random.graph()).plan(), backend);
        ExecutionContext context = engine.newContext()) {
      Tensor actual = context.run(inputs).get("y");
      for (long i = 0; i < expected.elementCount(); i++) {
        if (Double.compare(actual.getDouble(i), expected.getDouble(i)) != 0) {
          return Optional.of("element " + i + " of " + expected.type() + ": " + actual.getDouble(i) + " (expected: "
              + expected.getDouble(i) + ")");
        }
      }
      return Optional.empty();
    }
  }
}
