package dev.slipway.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.Node;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpsetUpgradeTest {

  /** A node of one input x. */
  private static Graph read(long opset, String type, Tensor x, WireWriter... attributes) {
    Object[] dims = Arrays.stream(x.dims()).mapToObj(dim -> (Object) (int) dim).toArray();
    return OnnxReader.read(ModelBytes.of().opset(opset).input("x", x.dtype(), dims)
        .node("n", type, "x", "y", attributes).output("y").bytes(), "m.onnx");
  }

  private static Tensor run(Graph graph, Tensor... inputs) {
    return (Tensor) new Interpreter().run(graph, List.<Datum>of(inputs)).getFirst();
  }

  private static Tensor upgraded(long opset, String type, Tensor x, WireWriter... attributes) {
    return run(read(opset, type, x, attributes), x);
  }

  private static Tensor ramp(long... dims) {
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, i);
    }
    return tensor;
  }

  @Test
  void softmaxBefore13SpansAllAxesFromTheAxisOn() {
    Tensor y = upgraded(11, "Softmax", ramp(1, 2, 2));
    assertThat(y.dims()).containsExactly(1, 2, 2);
    assertThat(y.getDouble(0)).isCloseTo(Math.exp(-3) / (1 + Math.exp(-1) + Math.exp(-2) + Math.exp(-3)), within(1e-6));
  }

  @Test
  void softmaxBefore13OnTheLastAxisStaysOneNode() {
    Graph graph = read(11, "Softmax", ramp(2, 2, 2), ModelBytes.integer("axis", 2));
    assertThat(graph.nodes().stream().map(node -> node.op().schema().name())).containsExactly("Softmax");
    assertThat(read(11, "Softmax", ramp(2, 3, 1, 1)).nodes()).hasSize(1);
  }

  @Test
  void squeezeAndUnsqueezeTakeAxesAsInput() {
    assertThat(upgraded(11, "Squeeze", ramp(1, 2, 1), ModelBytes.integers("axes", 0)).dims()).containsExactly(2, 1);
    assertThat(upgraded(11, "Unsqueeze", ramp(2), ModelBytes.integers("axes", 0, 2)).dims()).containsExactly(1, 2, 1);
  }

  @Test
  void reductionsTakeAxesAsInput() {
    assertThat(upgraded(11, "ReduceSum", ramp(2, 3), ModelBytes.integers("axes", 1), ModelBytes.integer("keepdims", 0))
        .toFloats()).containsExactly(3, 12);
    assertThat(upgraded(13, "ReduceMax", ramp(2, 3), ModelBytes.integers("axes", 0)).toFloats())
        .containsExactly(3, 4, 5);
  }

  @Test
  void sliceTakesBoundsAsInputs() {
    assertThat(upgraded(9, "Slice", ramp(4), ModelBytes.integers("starts", 1), ModelBytes.integers("ends", 3)).toFloats())
        .containsExactly(1, 2);
  }

  @Test
  void clipTakesBoundsAsInputs() {
    assertThat(upgraded(6, "Clip", ramp(4), ModelBytes.real("min", 1), ModelBytes.real("max", 2)).toFloats())
        .containsExactly(1, 1, 2, 2);
    assertThat(upgraded(6, "Clip", ramp(2)).toFloats()).containsExactly(0, 1);
  }

  @Test
  void padTakesPadsAsInput() {
    assertThat(upgraded(2, "Pad", ramp(1), ModelBytes.integers("pads", 1, 1), ModelBytes.real("value", 9)).toFloats())
        .containsExactly(9, 0, 9);
  }

  @Test
  void splitWithoutSizesMakesEqualParts() {
    Graph graph = OnnxReader.read(ModelBytes.of().opset(13).input("x", DType.FLOAT32, 4)
        .node("n", "Split", "x", "a b").output("a").output("b").bytes(), "m.onnx");
    assertThat(((Tensor) new Interpreter().run(graph, List.of(ramp(4))).get(1)).toFloats()).containsExactly(2, 3);
  }

  @Test
  void castTakesTheNameOfATypeBefore6() {
    assertThat(upgraded(5, "Cast", ramp(2), ModelBytes.string("to", "INT32")).dtype()).isEqualTo(DType.INT32);
    assertThatThrownBy(() -> read(5, "Cast", ramp(2), ModelBytes.string("to", "TEXT")))
        .isInstanceOf(SlipwayException.class).hasMessageContaining("attribute to: TEXT");
  }

  @Test
  void additionBefore7BroadcastsFromTheAxis() {
    Graph graph = OnnxReader.read(ModelBytes.of().opset(6).input("x", DType.FLOAT32, 1, 2, 3)
        .initializer("b", Tensor.of(new float[] {10, 20}, 2))
        .node("n", "Add", "x b", "y", ModelBytes.integer("axis", 1), ModelBytes.integer("broadcast", 1))
        .output("y").bytes(), "m.onnx");
    assertThat(run(graph, ramp(1, 2, 3)).toFloats()).containsExactly(10, 11, 12, 23, 24, 25);
  }

  @Test
  void upsampleBecomesResize() {
    Graph graph = read(7, "Upsample", ramp(1, 1, 1, 2), ModelBytes.reals("scales", 1, 1, 1, 2));
    assertThat(graph.nodes().stream().map(Node::op).map(op -> op.schema().name())).containsExactly("Resize");
    assertThat(run(graph, ramp(1, 1, 1, 2)).toFloats()).containsExactly(0, 0, 1, 1);
  }

  @Test
  void dropoutPassesItsInput() {
    assertThat(upgraded(7, "Dropout", ramp(3), ModelBytes.real("ratio", 0.9f)).toFloats()).containsExactly(0, 1, 2);
  }

  @Test
  void topKTakesTheCountAsInput() {
    Graph graph = OnnxReader.read(ModelBytes.of().opset(9).input("x", DType.FLOAT32, 4)
        .node("n", "TopK", "x", "v i", ModelBytes.integer("k", 2)).output("v").bytes(), "m.onnx");
    assertThat(run(graph, ramp(4)).toFloats()).containsExactly(3, 2);
  }

  @Test
  void batchNormalizationWithoutSpatialIsRefused() {
    ModelBytes model = ModelBytes.of().opset(8).input("x", DType.FLOAT32, 1, 2, 2)
        .initializer("c", ramp(2))
        .node("n", "BatchNormalization", "x c c c c", "y", ModelBytes.integer("spatial", 0)).output("y");
    assertThatThrownBy(() -> OnnxReader.read(model.bytes(), "m.onnx")).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("attribute spatial: 0");
  }

  @Test
  void groupNormalizationScalesEachChannel() {
    Graph graph = OnnxReader.read(ModelBytes.of().opset(18).input("x", DType.FLOAT32, 1, 4, 2)
        .initializer("s", Tensor.of(new float[] {1, 0}, 2))
        .initializer("b", Tensor.of(new float[] {0, 5}, 2))
        .node("n", "GroupNormalization", "x s b", "y", ModelBytes.integer("num_groups", 2)).output("y").bytes(),
        "m.onnx");
    float[] y = run(graph, ramp(1, 4, 2)).toFloats();
    assertThat(y[4]).isEqualTo(5);
    assertThat(y[7]).isEqualTo(5);
    assertThat(y[0]).isNegative();
  }

  @Test
  void scanBefore9RunsOverTheBatch() {
    ModelBytes body = ModelBytes.of()
        .input("state", DType.FLOAT32, 1).input("next", DType.FLOAT32, 1)
        .node("", "Add", "state next", "out").node("", "Identity", "out", "seen").output("out").output("seen");
    Graph graph = OnnxReader.read(ModelBytes.of().opset(8)
        .input("s", DType.FLOAT32, 2, 1).input("x", DType.FLOAT32, 2, 3, 1)
        .node("n", "Scan", "_ s x", "last all", ModelBytes.integer("num_scan_inputs", 1), ModelBytes.graph("body", body))
        .output("last").output("all").bytes(), "m.onnx");
    List<Datum> outputs = new Interpreter().run(graph, List.of(Tensor.allocate(DType.FLOAT32, 2, 1), ramp(2, 3, 1)));
    assertThat(((Tensor) outputs.get(0)).toFloats()).containsExactly(3, 12);
    assertThat(((Tensor) outputs.get(1)).toFloats()).containsExactly(0, 1, 3, 3, 7, 12);
  }
}
