package dev.slipway.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.slipway.graph.Graph;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime computes the same from a model and from what the writer makes of its graph. */
@Tag("slow")
class SharedModelsTest {
  private static final Path MODELS = Path.of(System.getProperty("slipway.shared", "../shared"), "models");

  /** Sizes that symbolic dimensions take, large enough for every model's windows and strides. */
  private static final Map<String, Long> SIZES = Map.of("height", 320L, "width", 320L, "sequence", 576L);

  static List<String> names() throws IOException {
    if (!Files.isDirectory(MODELS)) {
      return List.of("");
    }
    try (Stream<Path> files = Files.list(MODELS)) {
      return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".onnx")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void writtenModelComputesTheSame(String name) throws OrtException {
    Assumptions.assumeFalse(name.isEmpty(), "no models: " + MODELS);
    Path file = MODELS.resolve(name);
    Graph graph = OnnxReader.read(file);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession original = environment.createSession(file.toString());
        OrtSession written = environment.createSession(OnnxWriter.bytes(graph))) {
      Map<String, OnnxTensor> inputs = inputs(environment, original, graph);
      Assumptions.assumeFalse(inputs.isEmpty(), "inputs of " + name + " are not float32");
      try (OrtSession.Result expected = original.run(inputs);
          OrtSession.Result actual = written.run(inputs)) {
        for (int i = 0; i < expected.size(); i++) {
          assertSame(((OnnxTensor) actual.get(i)).getFloatBuffer(), ((OnnxTensor) expected.get(i)).getFloatBuffer());
        }
      }
    }
  }

  /** Random inputs; none where one is not float32. */
  private static Map<String, OnnxTensor> inputs(OrtEnvironment environment, OrtSession session, Graph graph)
      throws OrtException {
    Random random = new Random(1);
    Map<String, OnnxTensor> inputs = new HashMap<>();
    for (Map.Entry<String, NodeInfo> entry : session.getInputInfo().entrySet()) {
      TensorInfo info = (TensorInfo) entry.getValue().getInfo();
      if (info.type != OnnxJavaType.FLOAT) {
        return Map.of();
      }
      long[] dims = info.getShape();
      for (int axis = 0; axis < dims.length; axis++) {
        String symbol = graph.shape(graph.input(entry.getKey()).orElseThrow()).dim(axis).toString();
        dims[axis] = dims[axis] < 0 ? SIZES.getOrDefault(symbol, 1L) : dims[axis];
      }
      float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat();
      }
      inputs.put(entry.getKey(), OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), dims));
    }
    return inputs;
  }

  /** The two sessions may fuse in another order, so that float32 differs by rounding. */
  private static void assertSame(FloatBuffer actual, FloatBuffer expected) {
    assertThat(actual.remaining()).isEqualTo(expected.remaining());
    for (int i = 0; i < expected.remaining(); i++) {
      float difference = Math.abs(actual.get(i) - expected.get(i));
      assertThat(difference).as("element %d", i).isLessThanOrEqualTo(1e-5f * (1 + Math.abs(expected.get(i))));
    }
  }
}
