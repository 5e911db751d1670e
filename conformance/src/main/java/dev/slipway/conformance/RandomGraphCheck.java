package dev.slipway.conformance;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Plan;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Expression;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs random graphs on a backend and compares them with the reference. */
public final class RandomGraphCheck {
  private static final BuildOptions OPTIONS = BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF);

  private RandomGraphCheck() {}

  /**
   * Checks the graph of a seed on a backend, with tactics and tiles as the backend predicts them and as the seed draws
   * them.
   *
   * @return what is wrong with the shortest part of the graph that fails; empty where nothing is
   */
  public static Optional<String> failure(long seed, Backend backend) {
    RandomGraph whole = RandomGraph.of(seed);
    Optional<String> failure = failure(whole, backend);
    if (failure.isEmpty()) {
      return failure;
    }
    for (Node node : whole.graph().nodes()) {
      RandomGraph part = new RandomGraph(seed, GraphPrefix.upTo(whole.graph(), node), whole.inputs());
      Optional<String> first = failure(part, backend);
      if (first.isPresent()) {
        return first.map(text -> report(part, text));
      }
    }
    return failure.map(text -> report(whole, text));
  }

  private static Optional<String> failure(RandomGraph random, Backend backend) {
    try {
      DisturbedReference reference = new DisturbedReference(random.graph(), random.inputs(), random.seed());
      return run(random, backend, reference)
          .or(() -> run(random, new RandomChoices(backend, random.seed()), reference)
              .map(text -> "random tactics: " + text));
    } catch (RuntimeException | AssertionError e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace, true));
      return Optional.of(trace.toString());
    }
  }

  private static String report(RandomGraph random, String text) {
    return "seed " + random.seed() + ": " + text + "\n" + GraphPrinter.summary(random.graph());
  }

  private static Optional<String> run(RandomGraph random, Backend backend, DisturbedReference reference) {
    Map<String, Datum> inputs = new LinkedHashMap<>();
    for (int i = 0; i < random.inputs().size(); i++) {
      inputs.put(random.graph().value(random.graph().inputs().get(i)).name(), random.inputs().get(i));
    }
    Plan plan = new Builder(backend, OPTIONS).build(random.graph()).plan();
    try (Engine engine = Engine.of(plan, backend);
        ExecutionContext context = engine.newContext()) {
      List<Datum> first = copies(context.runAny(inputs));
      Optional<String> difference = reference.difference(first);
      if (difference.isPresent()) {
        return difference.map(text -> text + ", by " + tactics(context, inputs));
      }
      List<Datum> second = copies(context.runAny(inputs));
      boolean assembled = backend.device().fingerprint().contains("machine code");
      boolean sameBits = random.graph().nodes().stream().noneMatch(node -> roundsAsCompiled(node.op(), assembled));
      return sameBits ? repeats(first, second) : reference.difference(second);
    }
  }

  private static List<Datum> copies(Map<String, Datum> outputs) {
    List<Datum> copies = new ArrayList<>();
    outputs.values().forEach(output ->
        copies.add(output instanceof Tensor tensor ? tensor.copy(Arena.ofAuto()) : output));
    return copies;
  }

  /**
   * Whether an operator has functions that the Vector API rounds otherwise once the virtual machine has compiled them.
   *
   * @param assembled whether the others are machine code
   */
  private static boolean roundsAsCompiled(Op op, boolean assembled) {
    return op instanceof Elementwise elementwise && roundsAsCompiled(elementwise.expression(), assembled);
  }

  private static boolean roundsAsCompiled(Expression expression, boolean assembled) {
    return switch (expression) {
      case Expression.Input _, Expression.Constant _ -> false;
      case Expression.Unary(var function, var x) -> switch (function) {
        case SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH -> true;
        case EXPM1, LOG, LOG1P -> !assembled || roundsAsCompiled(x, assembled);
        default -> roundsAsCompiled(x, assembled);
      };
      case Expression.Binary(var operation, var x, var y) ->
          operation == Expression.Operation.POWER || roundsAsCompiled(x, assembled) || roundsAsCompiled(y, assembled);
      case Expression.Select(var c, var y, var z) ->
          roundsAsCompiled(c, assembled) || roundsAsCompiled(y, assembled) || roundsAsCompiled(z, assembled);
    };
  }

  /** A second run must give the same bits: nothing depends on what memory held before. */
  private static Optional<String> repeats(List<Datum> first, List<Datum> second) {
    for (int i = 0; i < first.size(); i++) {
      if (((Tensor) first.get(i)).data().mismatch(((Tensor) second.get(i)).data()) >= 0) {
        return Optional.of("output " + i + ": another result in the second run");
      }
    }
    return Optional.empty();
  }

  private static String tactics(ExecutionContext context, Map<String, Datum> inputs) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    inputs.forEach((name, value) -> tensors.put(name, (Tensor) value));
    StringBuilder text = new StringBuilder();
    context.profile(tensors).forEach(step -> text.append("\n  ")
        .append(step.node()).append(" ").append(step.op()).append(" ").append(step.tactic()).append(" ")
        .append(step.shapes()));
    return text.toString();
  }
}
