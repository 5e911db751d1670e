package dev.slipway.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxWriterTest {
  @TempDir Path folder;

  /** relu(x + w) + w of float32[n, 2]. */
  private static Graph small() {
    GraphBuilder builder = new GraphBuilder("small");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("n"), Dim.of(2))));
    ValueId w = builder.constant("w", Tensor.of(new float[] {1, -2}, 2));
    ValueId sum = builder.add(Operators.get("Add").create(Attributes.NONE), x, w);
    ValueId relu = builder.add(Operators.get("Relu").create(Attributes.NONE), sum);
    builder.output("y", builder.add(Operators.get("Add").create(Attributes.NONE), relu, w));
    return builder.metadata("note", "kept").build();
  }

  private static float[] run(Graph graph, Tensor... inputs) {
    return ((Tensor) new Interpreter().run(graph, List.<Datum>of(inputs)).getFirst()).toFloats();
  }

  private static float[] runWithOnnxRuntime(Path model, String input, float[] values, long... dims) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model.toString());
        OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), dims);
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] outputs = new float[buffer.remaining()];
      buffer.get(outputs);
      return outputs;
    }
  }

  @Test
  void readsBackWhatItWrote() {
    Graph back = OnnxReader.read(OnnxWriter.bytes(small()), "m.onnx");
    assertThat(back.inputs().stream().map(id -> back.type(id).toString())).containsExactly("float32[n, 2]");
    assertThat(back.outputs().keySet()).containsExactly("y");
    assertThat(back.metadata()).containsEntry("note", "kept").containsEntry("opset", "14");
    assertThat(run(back, Tensor.of(new float[] {1, 1}, 1, 2))).containsExactly(3, -2);
  }

  private static String opset(DType dtype) {
    Graph graph = OnnxReader.read(ModelBytes.of().opset(22).input("x", dtype, 2).node("", "Softplus", "x", "y")
        .output("y").bytes(), "m.onnx");
    return OnnxReader.read(OnnxWriter.bytes(graph), "m.onnx").metadata().get("opset");
  }

  @Test
  void writesTheOpsetThatElementTypesNeed() {
    assertThat(opset(DType.FLOAT32)).isEqualTo("13");
    assertThat(opset(DType.BFLOAT16)).isEqualTo("22");
  }

  @Test
  void onnxRuntimeRunsWhatItWrote() throws OrtException {
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(small(), file);
    assertThat(runWithOnnxRuntime(file, "x", new float[] {1, 1, -5, 5}, 2, 2)).containsExactly(3, -2, 1, 1);
  }

  @Test
  void onnxRuntimeFindsExternalData() throws OrtException, IOException {
    GraphBuilder builder = new GraphBuilder("large");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, 1000));
    float[] values = new float[1000];
    values[999] = 7;
    ValueId w = builder.constant("w", Tensor.of(values, 1000));
    ValueId v = builder.constant("v", Tensor.of(new float[] {1}, 1));
    ValueId sum = builder.add(Operators.get("Add").create(Attributes.NONE), x, w);
    builder.output("y", builder.add(Operators.get("Add").create(Attributes.NONE), sum, v));
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(builder.build(), file, 100);
    assertThat(Files.size(folder.resolve("m.onnx.data"))).isEqualTo(4032);
    float[] expected = new float[1000];
    Arrays.fill(expected, 1);
    expected[999] = 8;
    assertThat(runWithOnnxRuntime(file, "x", new float[1000], 1000)).containsExactly(expected);
    assertThat(run(OnnxReader.read(file), Tensor.allocate(DType.FLOAT32, 1000))).containsExactly(expected);
  }

  @Test
  void leavesNothingButTheFile() throws IOException {
    OnnxWriter.write(small(), folder.resolve("m.onnx"));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("m.onnx"));
    }
  }

  @Test
  void writesOverTheFileThatWasRead() {
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(small(), file);
    Graph graph = OnnxReader.read(file);
    OnnxWriter.write(graph, file);
    assertThat(run(OnnxReader.read(file), Tensor.of(new float[] {1, 1}, 1, 2))).containsExactly(3, -2);
  }

  @Test
  void givesOutputsThatNoNodeMakesAnIdentity() throws OrtException {
    GraphBuilder builder = new GraphBuilder("outputs");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, 2));
    ValueId relu = builder.add(Operators.get("Relu").create(Attributes.NONE), x);
    builder.output("first", relu).output("second", relu).output("third", x);
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(builder.build(), file);
    assertThat(runWithOnnxRuntime(file, "x", new float[] {-1, 1}, 2)).containsExactly(0, 1);
    assertThat(OnnxReader.read(file).outputs().keySet()).containsExactly("first", "second", "third");
  }

  @Test
  void lowersCapturesToNames() throws OrtException {
    ModelBytes then = ModelBytes.of().node("", "Add", "x w", "p").output("p");
    ModelBytes otherwise = ModelBytes.of().node("", "Mul", "x w", "p").output("p");
    Graph graph = OnnxReader.read(ModelBytes.of()
        .input("x", DType.FLOAT32, 2)
        .initializer("zero", Tensor.scalar(0f))
        .initializer("first", Tensor.scalar(0L))
        .initializer("w", Tensor.of(new float[] {3, 4}, 2))
        .node("", "Gather", "x first", "head")
        .node("", "Greater", "head zero", "c")
        .node("if", "If", "c", "y", ModelBytes.graph("then_branch", then), ModelBytes.graph("else_branch", otherwise))
        .output("y").bytes(), "m.onnx");
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(graph, file);
    assertThat(runWithOnnxRuntime(file, "x", new float[] {1, 2}, 2)).containsExactly(4, 6);
    assertThat(runWithOnnxRuntime(file, "x", new float[] {-1, 2}, 2)).containsExactly(-3, 8);
    assertThat(run(OnnxReader.read(file), Tensor.of(new float[] {-1, 2}, 2))).containsExactly(-3, 8);
  }

  @Test
  void refusesOperatorsOfItsOwn() {
    GraphBuilder builder = new GraphBuilder("fused");
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("n"), Dim.of(2))));
    builder.output("y", builder.add(Operators.get("slipway.Fused").create(Attributes.of("body", small())), x));
    assertThatThrownBy(() -> OnnxWriter.write(builder.build(), folder.resolve("m.onnx")))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("operator slipway.Fused (expected: an operator of ONNX");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void refusesFolderThatIsMissing() {
    Path file = folder.resolve("none").resolve("m.onnx");
    assertThatThrownBy(() -> OnnxWriter.write(small(), file)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("m.onnx: cannot be written");
  }
}
