package dev.slipway.samples.lean;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs a plan once on inputs that count 0, 1, 2, ... and prints its outputs. */
public final class Main {
  private Main() {}

  /** Takes the path of a plan. */
  public static void main(String[] arguments) {
    if (arguments.length != 1) {
      System.err.println("arguments: " + arguments.length + " (expected: PLAN)");
      System.exit(2);
    }
    try (Engine engine = Engine.load(Path.of(arguments[0]));
        ExecutionContext context = engine.newContext()) {
      System.out.println("on " + engine.backend().device().description()
          + (engine.isTuned() ? "" : ", not tuned for it"));
      context.run(inputs(engine)).forEach((name, tensor) ->
          System.out.println(name + " = " + Arrays.toString(tensor.toFloats())));
    }
  }

  private static Map<String, Tensor> inputs(Engine engine) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    engine.inputs().forEach((name, type) -> {
      Tensor tensor = Tensor.allocate((TensorType) type);
      for (long i = 0; i < tensor.elementCount(); i++) {
        tensor.setDouble(i, i);
      }
      inputs.put(name, tensor);
    });
    return inputs;
  }
}
