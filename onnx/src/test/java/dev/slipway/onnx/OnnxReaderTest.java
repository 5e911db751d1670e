package dev.slipway.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxReaderTest {

  private static Graph read(ModelBytes model) {
    return OnnxReader.read(model.bytes(), "m.onnx");
  }

  private static Tensor run(Graph graph, Tensor... inputs) {
    return (Tensor) new Interpreter().run(graph, List.<Datum>of(inputs)).getFirst();
  }

  @Test
  void readsInitializersThatAreInputsAsConstants() {
    Graph graph = read(ModelBytes.of()
        .input("x", DType.FLOAT32, 2)
        .input("w", DType.FLOAT32, 2)
        .initializer("w", Tensor.of(new float[] {1, 2}, 2))
        .node("", "Add", "x w", "y")
        .output("y"));
    assertThat(graph.inputs()).hasSize(1);
    assertThat(run(graph, Tensor.of(new float[] {10, 20}, 2)).toFloats()).containsExactly(11, 22);
  }

  @Test
  void keepsTheFileMapped(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("m.onnx");
    Files.write(file, ModelBytes.of().initializer("w", Tensor.of(new float[] {1}, 1)).output("w").bytes());
    Tensor constant = OnnxReader.read(file).constants().values().iterator().next();
    assertThat(constant.data().isMapped()).isTrue();
    assertThat(constant.toFloats()).containsExactly(1);
  }

  @Test
  void givesOneNameOnTwoAxesTwoSymbols() {
    Graph graph = read(ModelBytes.of()
        .input("ids", DType.INT64, "batch", "batch")
        .input("mask", DType.INT64, "batch", "batch")
        .input("x", DType.FLOAT32, "?", 3, "dim 1")
        .output("x"));
    assertThat(graph.inputs().stream().map(id -> graph.type(id).toString())).containsExactly(
        "int64[batch, batch_1]", "int64[batch, batch_1]", "float32[x_0, 3, dim_1]");
  }

  @Test
  void sortsNodes() {
    Graph graph = read(ModelBytes.of()
        .input("x", DType.FLOAT32, 1)
        .node("b", "Relu", "t", "y")
        .node("a", "Relu", "x", "t")
        .output("y"));
    assertThat(graph.nodes().stream().map(Node::name)).containsExactly("a", "b");
  }

  @Test
  void makesNodeNamesUnique() {
    Graph graph = read(ModelBytes.of()
        .input("x", DType.FLOAT32, 1)
        .node("", "Relu", "x", "a")
        .node("n", "Relu", "a", "b")
        .node("n", "Relu", "b", "c")
        .node("", "Relu", "c", "y")
        .output("y"));
    assertThat(graph.nodes().stream().map(Node::name)).doesNotHaveDuplicates().startsWith("Relu_0", "n");
  }

  @Test
  void inlinesFunctions() {
    WireWriter inner = new WireWriter().string(1, "Twice").string(10, "custom")
        .string(4, "a").string(5, "r").string(6, "axes")
        .message(7, ModelBytes.nodeOf("", "Add", "a a", "t"))
        .message(7, ModelBytes.nodeOf("", "ReduceSum", "t s", "r"))
        .message(7, ModelBytes.nodeOf("", "Constant", "", "s", ModelBytes.reference("value_ints", "axes", 7)))
        .message(9, ModelBytes.opset("", 17));
    WireWriter outer = new WireWriter().string(1, "Fourfold").string(10, "custom")
        .string(4, "a").string(5, "r").string(6, "axes")
        .message(7, ModelBytes.nodeOf("half", "Add", "a a", "t"))
        .message(7, ModelBytes.nodeOf("call", "custom:Twice", "t", "r", ModelBytes.reference("axes", "axes", 7)))
        .message(9, ModelBytes.opset("", 17)).message(9, ModelBytes.opset("custom", 1));
    Graph graph = read(ModelBytes.of()
        .input("x", DType.FLOAT32, 2)
        .node("f", "custom:Fourfold", "x", "y", ModelBytes.integers("axes", 0))
        .function(inner)
        .function(outer)
        .output("y"));
    assertThat(run(graph, Tensor.of(new float[] {1, 2}, 2)).toFloats()).containsExactly(12);
    assertThat(graph.nodes().getFirst().name()).isEqualTo("f/half");
  }

  @Test
  void refusesFunctionsThatCallThemselves() {
    WireWriter function = new WireWriter().string(1, "F").string(10, "custom").string(4, "a").string(5, "r")
        .message(7, ModelBytes.nodeOf("again", "custom:F", "a", "r"))
        .message(9, ModelBytes.opset("custom", 1));
    ModelBytes model = ModelBytes.of().input("x", DType.FLOAT32, 1).node("f", "custom:F", "x", "y").function(function)
        .output("y");
    assertThatThrownBy(() -> read(model)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("nested deeper than 64");
  }

  @Test
  @Tag("slow")
  void refusesFunctionsThatMultiply() {
    ModelBytes model = ModelBytes.of().input("x", DType.FLOAT32, 1).node("f", "custom:F0", "x", "y").output("y");
    for (int i = 0; i < 40; i++) {
      String next = i == 39 ? "Relu" : "custom:F" + (i + 1);
      model.function(new WireWriter().string(1, "F" + i).string(10, "custom").string(4, "a").string(5, "r")
          .message(7, ModelBytes.nodeOf("", next, "a", "b")).message(7, ModelBytes.nodeOf("", next, "b", "r"))
          .message(9, ModelBytes.opset("custom", 1)).message(9, ModelBytes.opset("", 17)));
    }
    assertThatThrownBy(() -> read(model)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("nodes: more than 65536");
  }

  private static ModelBytes branch(String output, String type, String inputs) {
    return ModelBytes.of().node("", type, inputs, output).output(output);
  }

  @Test
  void turnsCapturesIntoInputs() {
    ModelBytes nested = ModelBytes.of()
        .node("", "If", "c", "n", ModelBytes.graph("then_branch", branch("p", "Add", "x w")),
            ModelBytes.graph("else_branch", branch("q", "Relu", "x")))
        .output("n");
    Graph graph = read(ModelBytes.of()
        .input("c", DType.BOOL)
        .input("x", DType.FLOAT32, 2)
        .initializer("w", Tensor.of(new float[] {1, 2}, 2))
        .node("if", "If", "c", "y", ModelBytes.graph("then_branch", nested),
            ModelBytes.graph("else_branch", branch("e", "Add", "x x")))
        .output("y"));
    Node node = graph.nodes().getFirst();
    assertThat(node.inputs()).hasSize(3);
    assertThat(node.op().subgraphs()).allSatisfy(subgraph -> assertThat(subgraph.inputs()).hasSize(2));
    Tensor x = Tensor.of(new float[] {10, 20}, 2);
    assertThat(run(graph, Tensor.scalar(DType.BOOL, 1), x).toFloats()).containsExactly(11, 22);
    assertThat(run(graph, Tensor.scalar(DType.BOOL, 0), x).toFloats()).containsExactly(20, 40);
  }

  @Test
  void readsSparseInitializers() {
    WireWriter sparse = new WireWriter()
        .message(1, ModelBytes.tensor("w", Tensor.of(new float[] {5, 6}, 2)))
        .message(2, ModelBytes.tensor("", Tensor.of(new long[] {0, 1, 1, 0}, 2, 2)))
        .varint(3, 2).varint(3, 2);
    Graph graph = read(ModelBytes.of().sparse(sparse).output("w"));
    assertThat(graph.constants().values().iterator().next().toFloats()).containsExactly(0, 5, 6, 0);
  }

  @Test
  void keepsMetadata() {
    Graph graph = read(ModelBytes.of().input("x", DType.FLOAT32, 1).output("x"));
    assertThat(graph.metadata()).containsEntry("producer_name", "test").containsEntry("opset", "17")
        .containsEntry("ir_version", "8");
  }

  @Test
  void refusesEveryTruncation() {
    byte[] whole = ModelBytes.of()
        .input("x", DType.FLOAT32, "n", 2)
        .initializer("w", Tensor.of(new float[] {1, 2}, 2))
        .node("a", "Add", "x w", "t")
        .node("s", "Softmax", "t", "y", ModelBytes.integer("axis", -1))
        .output("y")
        .bytes();
    // The last field, the import of another domain, is not needed.
    for (int length = 0; length < whole.length - 13; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> OnnxReader.read(cut, "m.onnx"))
          .as("length %d", length)
          .isInstanceOf(SlipwayException.class)
          .hasMessageStartingWith("m.onnx: ");
    }
  }

  @Test
  void survivesEveryFlippedByte() {
    byte[] whole = ModelBytes.of()
        .input("x", DType.FLOAT32, "n", 2)
        .initializer("w", Tensor.of(new float[] {1, 2}, 2))
        .node("a", "Add", "x w", "t")
        .node("s", "Softmax", "t", "y", ModelBytes.integer("axis", -1))
        .output("y")
        .bytes();
    for (int i = 0; i < whole.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = whole.clone();
        damaged[i] ^= (byte) (1 << bit);
        ReadOutcome.of(damaged);
      }
    }
  }
}
