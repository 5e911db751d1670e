package dev.slipway.samples.cudalessons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.cuda.CudaBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.RunTime;
import dev.slipway.runtime.StepTime;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LessonsTest {

  private static Graph graph(String body) {
    return GraphParser.parse("graph lesson {\n" + body.replace("; ", "\n") + "\n}\n", Operators::get);
  }

  /** Quarters, so that sums and products are exact in any order. */
  private static Map<String, Tensor> inputs(Graph graph) {
    SplittableRandom random = new SplittableRandom(3);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(id -> {
      Tensor tensor = Tensor.allocate(graph.tensorType(id));
      for (long i = 0; i < tensor.elementCount(); i++) {
        tensor.setDouble(i, random.nextInt(-4, 5) / 4.0);
      }
      inputs.put(graph.value(id).name(), tensor);
    });
    return inputs;
  }

  private static float[] evaluate(Graph graph) {
    return ((Tensor) new Interpreter().run(graph, List.copyOf(inputs(graph).values())).getFirst()).toFloats();
  }

  private static Backend gpu() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    return new CudaBackendProvider().open(BackendOptions.withThreads(1));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "input a: float32[3, 5]; input b: float32[5, 4]|lessons.MatrixProduct(a, b)|MatMul(a, b)",
      "input x: float32[3, 5]|lessons.Transposition(x)|Transpose(x)",
      "input x: float32[3, 5]|lessons.Reduction(x)|ReduceSum(x) {keepdims = 0}",
      "input x: float32[3, 5]; constant two: float32[1] = {2.0}|lessons.Occupancy(x)|Div(x, two)"})
  void evaluatesAsTheStandardOperator(String inputs, String lesson, String standard) {
    assertThat(evaluate(graph(inputs + "; y = " + lesson + "; output y = y")))
        .containsExactly(evaluate(graph(inputs + "; y = " + standard + "; output y = y")));
  }

  @Test
  void areModels() {
    Models.all().forEach((name, graph) ->
        assertThat(OnnxReader.read(OnnxWriter.bytes(graph), name).nodes()).hasSameSizeAs(graph.nodes()));
  }

  @ParameterizedTest
  @Tag("gpu")
  @CsvSource(delimiter = '|', value = {
      "input a: float32[70, 45]; input b: float32[45, 133]|lessons.MatrixProduct(a, b)|naive,tiled",
      "input x: float32[70, 45]|lessons.Transposition(x)|naive,conflicts,padded",
      "input x: float32[1000, 1001]|lessons.Reduction(x)|naive,tree",
      "input x: float32[7]|lessons.Reduction(x)|naive,tree",
      "input x: float32[1000, 1001]|lessons.Occupancy(x)|naive,occupying",
      "input x: float32[7]|lessons.Occupancy(x)|naive,occupying"})
  void computesTheSameWithEachKernel(String inputs, String lesson, String kernels) {
    try (Backend backend = gpu()) {
      for (String kernel : kernels.split(",")) {
        Graph graph = graph(inputs + "; y = " + lesson + " {kernel = \"" + kernel + "\"}; output y = y");
        try (Engine engine = Engine.of(new Builder(backend, BuildOptions.defaults()).build(graph).plan(), backend);
            ExecutionContext context = engine.newContext()) {
          assertThat(context.run(inputs(graph)).get("y").toFloats()).isEqualTo(evaluate(graph));
          assertThat(context.profile(inputs(graph))).extracting(StepTime::tactic).containsExactly("cuda.provided");
        }
      }
    }
  }

  @Test
  @Tag("gpu")
  void copiesAndComputesOnSeveralStreams() {
    try (Backend backend = gpu()) {
      Graph graph = graph("input x: float32[16, 1024, 1024]; y = Sigmoid(x); output y = y");
      Tensor x = Tensor.allocate(TensorType.of(DType.FLOAT32, 16, 1024, 1024));
      for (long i = 0; i < x.elementCount(); i += 1000) {
        x.setDouble(i, i % 7 - 3);
      }
      for (boolean pinned : new boolean[] {false, true}) {
        for (int streams = 1; streams <= 2; streams++) {
          Streams.Rates rates = Streams.measure(backend, graph, x, streams, 20, pinned);
          System.out.printf("%d streams, %s memory: %.0f runs/s%n", streams, pinned ? "pinned" : "other",
              rates.runsPerSecond());
          for (Tensor y : rates.outputs()) {
            for (long i = 0; i < x.elementCount(); i += 500) {
              assertThat(y.getDouble(i)).isCloseTo(1 / (1 + Math.exp(-x.getDouble(i))), within(1e-6));
            }
          }
        }
      }
    }
  }

  @Test
  @Tag("gpu")
  void timesByEventsOfTheDevice() {
    try (Backend backend = gpu()) {
      Graph graph = graph("input x: float32[16, 1024, 1024]; y = Sigmoid(x); output y = y");
      RunTime time = Streams.times(backend, graph, Tensor.allocate(DType.FLOAT32, 16, 1024, 1024));
      List<Long> starts = new ArrayList<>();
      starts.add(time.copies().getFirst().start());
      time.steps().forEach(step -> starts.add(step.start()));
      starts.add(time.copies().getLast().start());
      assertThat(starts).hasSize(3).isSorted();
      assertThat(time.copies()).allMatch(copy -> copy.bytes() == 64L << 20 && copy.nanos() > 0);
    }
  }
}
