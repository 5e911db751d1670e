package dev.slipway.benchmarks;

import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A process that loads a plan, runs it once, says where its first output is largest, and waits for the end of its
 * standard input. Arguments: the plan, threads, and the inputs of float32, each as name and dimensions {@code 1,3,8,8}.
 */
final class SlipwayFirstResult {
  private static final byte FILLING = 0x3c;

  private SlipwayFirstResult() {}

  public static void main(String[] arguments) throws IOException {
    EngineOptions options = EngineOptions.defaults().withThreads(Integer.parseInt(arguments[1]));
    try (Engine engine = Engine.load(Path.of(arguments[0]), options);
        ExecutionContext context = engine.newContext()) {
      Map<String, Tensor> inputs = new HashMap<>();
      for (int i = 2; i < arguments.length; i += 2) {
        Tensor input = Tensor.allocate(DType.FLOAT32, dims(arguments[i + 1]));
        input.data().fill(FILLING);
        inputs.put(arguments[i], input);
      }
      System.out.println(largest(context.run(inputs).values().iterator().next().toFloats()));
      System.in.read();
    }
  }

  private static long[] dims(String text) {
    String[] numbers = text.split(",");
    long[] dims = new long[numbers.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Long.parseLong(numbers[i]);
    }
    return dims;
  }

  private static int largest(float[] values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      largest = values[i] > values[largest] ? i : largest;
    }
    return largest;
  }
}
