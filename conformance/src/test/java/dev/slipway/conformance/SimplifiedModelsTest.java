package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime computes the same from a model and from its simplified file. */
@Tag("slow")
class SimplifiedModelsTest {

  static Stream<Arguments> models() {
    Stream<Arguments> recorded = Stream.of("dtln_1", "fastestdet", "mnist_cntk", "mobilenet_v1_0.25_224",
        "mobilenet_v2_1.0_wq8", "resnet8_cifar10", "retinaface_m025", "silero_vad_half", "squeezenet_fp16",
        "squeezenet_fp32", "squeezenet_qdq_int8", "ultraface_rfb_320", "yolov8n_int8_dynamic",
        "yolov8n_int8_qdq_static", "yolox_nano_coco", "yunet_n_dynamic").map(name -> Arguments.of(
            TestModel.shared(name), criterion(name), List.of()));
    return Stream.concat(recorded, PeerModelsTest.models().filter(arguments -> !isShared(arguments)));
  }

  private static Criterion criterion(String name) {
    return name.endsWith("fp16") ? Criterion.FLOAT16
        : name.contains("int8") ? Criterion.QUANTISED
        : Criterion.FLOAT32;
  }

  private static boolean isShared(Arguments arguments) {
    return ((TestModel) arguments.get()[0]).resource().isEmpty();
  }

  @ParameterizedTest
  @MethodSource("models")
  void computesTheSame(
      TestModel model, Criterion criterion, List<Map<String, Tensor>> inputs, TestReporter reporter) {
    Graph graph = model.graph();
    byte[] simplified = OnnxWriter.bytes(Pipelines.simplify(graph).graph());
    int nodes = OnnxReader.read(simplified, "simplified").nodes().size();
    List<Map<String, Tensor>> each =
        inputs.isEmpty() ? GoldenSet.of(model).stream().map(GoldenSet::inputs).toList() : inputs;
    try (PeerRuntime original = PeerRuntime.of(model.bytes());
        PeerRuntime changed = PeerRuntime.of(simplified)) {
      for (Map<String, Tensor> values : each) {
        Agreement agreement = criterion.check(changed.run(values), original.run(values), model.name());
        reporter.publishEntry(model.name(), graph.nodes().size() + " nodes to " + nodes + ", " + agreement);
      }
    }
    assertThat(nodes).isLessThanOrEqualTo(graph.nodes().size());
  }
}
