package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.graph.Graph;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trained models give the outputs recorded from ONNX Runtime. */
@Tag("slow")
class GoldenModelsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "dtln_1, FLOAT32",
    "fastestdet, FLOAT32",
    "mnist_cntk, FLOAT32",
    "mobilenet_v1_0.25_224, FLOAT32",
    "mobilenet_v2_1.0_wq8, FLOAT32",
    "resnet8_cifar10, FLOAT32",
    "retinaface_m025, FLOAT32",
    "silero_vad_half, FLOAT32",
    "squeezenet_fp16, FLOAT16",
    "squeezenet_fp32, FLOAT32",
    "squeezenet_qdq_int8, QUANTISED_CLASSES",
    "ultraface_rfb_320, FLOAT32",
    "yolov8n_int8_dynamic, QUANTISED",
    "yolov8n_int8_qdq_static, QUANTISED",
    "yunet_n_dynamic, FLOAT32"
  })
  void matchesRecordedOutputs(String name, Criterion criterion, TestReporter reporter) {
    TestModel model = TestModel.shared(name);
    List<GoldenSet> sets = GoldenSet.of(model);
    for (String backend : List.of("reference", "cpu")) {
      Plan plan = TestEngines.plan(
          model.graph(), backend, TestEngines.ranges(sets.stream().map(GoldenSet::inputs).toList()));
      Path file = folder.resolve(backend + ".plan");
      PlanFile.write(plan, file);
      try (Engine saved = Engine.load(file, TestEngines.options(backend, 2))) {
        assertThat(saved.isTuned()).isTrue();
        reporter.publishEntry(backend, check(saved, sets, criterion, backend + ", saved, 2 threads").toString());
      }
      if (backend.equals("cpu")) {
        try (Engine fresh = Engine.of(plan, TestEngines.options(backend, 1))) {
          check(fresh, sets, criterion, "cpu, 1 thread");
        }
      }
    }
  }

  /**
   * YOLOX is compared with its evaluation in float64, from which the recorded float32 outputs are 0.92 of the tolerance
   * away, so that a float32 result may be as far from those as twice that.
   */
  @ParameterizedTest
  @CsvSource({"reference, 1", "cpu, 1"})
  void matchesTheFloat64EvaluationOfYolox(String backend, double bound, TestReporter reporter) {
    TestModel model = TestModel.shared("yolox_nano_coco");
    GoldenSet recorded = GoldenSet.of(model).getFirst();
    Graph graph = model.graph();
    String output = graph.outputs().keySet().iterator().next();
    Map<String, Tensor> exact = Map.of(
        output, (Tensor) DoublePrecision.run(graph, List.copyOf(recorded.inputs().values())).getFirst());
    try (Engine engine = Engine.of(TestEngines.plan(graph, backend, Map.of()), TestEngines.options(backend, 2));
        ExecutionContext context = engine.newContext()) {
      Agreement agreement = Agreement.of(context.run(recorded.inputs()), exact, 1e-3, 1e-4);
      reporter.publishEntry(backend, agreement.toString());
      assertThat(agreement.worst()).isLessThanOrEqualTo(bound);
      assertThat(agreement.cosine()).isGreaterThan(0.9999999);
    }
  }

  private static Agreement check(Engine engine, List<GoldenSet> sets, Criterion criterion, String what) {
    Agreement agreement = null;
    try (ExecutionContext context = engine.newContext()) {
      for (GoldenSet set : sets) {
        Agreement one = criterion.check(context.run(set.inputs()), set.outputs(), what);
        agreement = agreement == null ? one : agreement.and(one);
      }
    }
    return agreement;
  }
}
