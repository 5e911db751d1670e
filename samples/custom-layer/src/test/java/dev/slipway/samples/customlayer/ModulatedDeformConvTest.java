package dev.slipway.samples.customlayer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.BackendProvider;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PlanFile;
import dev.slipway.backend.Support;
import dev.slipway.backend.Tactic;
import dev.slipway.backend.TuningChoice;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.backend.cuda.CudaBackendProvider;
import dev.slipway.backend.reference.ReferenceBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Node;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.operators.Network;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layer on its way through Slipway; the standard's DeformConv, which computes the same, says what is right. */
class ModulatedDeformConvTest {
  private static final String MODEL = """
      graph layer {
        input x: float32[2, 4, 7, 6]
        input offset: float32[2, 36, 4, 3]
        input mask: float32[2, 18, 4, 3]
        input w: float32[6, 2, 3, 3]
        input b: float32[6]
        y = %s
        output y = y
      }
      """;
  private static final Graph CUSTOM = parse("mmdeploy.MMCVModulatedDeformConv2d(x, offset, mask, w, b)"
      + " {stride = [2, 2], padding = [1, 1], groups = 2, deform_groups = 2}");
  private static final Graph STANDARD = parse(
      "DeformConv(x, w, offset, b, mask) {strides = [2, 2], pads = [1, 1, 1, 1], group = 2, offset_group = 2}");

  private static Graph parse(String node) {
    return GraphParser.parse(MODEL.formatted(node), Operators::get);
  }

  private static Map<String, Tensor> inputs() {
    SplittableRandom random = new SplittableRandom(1);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    CUSTOM.inputs().forEach(id -> {
      Tensor tensor = Tensor.allocate(CUSTOM.tensorType(id));
      for (long i = 0; i < tensor.elementCount(); i++) {
        tensor.setDouble(i, random.nextDouble(-1.5, 1.5));
      }
      inputs.put(CUSTOM.value(id).name(), tensor);
    });
    return inputs;
  }

  private static float[] evaluate(Graph graph) {
    return ((Tensor) new Interpreter().run(graph, List.copyOf(inputs().values())).getFirst()).toFloats();
  }

  private static void assertClose(Tensor actual) {
    float[] expected = evaluate(STANDARD);
    float[] values = actual.toFloats();
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).as("element %d", i).isCloseTo(expected[i], within(1e-5f));
    }
  }

  @Test
  void evaluatesAsTheStandardOperator() {
    assertThat(evaluate(CUSTOM)).containsExactly(evaluate(STANDARD));
  }

  @Test
  void travelsThroughOnnx() {
    Graph read = OnnxReader.read(OnnxWriter.bytes(CUSTOM), "layer.onnx");
    Node node = read.nodes().getFirst();
    assertThat(node.op()).isEqualTo(CUSTOM.nodes().getFirst().op());
    assertThat(evaluate(read)).containsExactly(evaluate(STANDARD));
  }

  @Test
  void isALayerOfANetwork() {
    Network network = new Network("layer");
    Network.Layer x = network.input("x", TensorType.of(DType.FLOAT32, 1, 2, 5, 5));
    Network.Layer moved = network.input("offset", TensorType.of(DType.FLOAT32, 1, 2, 5, 5));
    Network.Layer mask = network.input("mask", TensorType.of(DType.FLOAT32, 1, 1, 5, 5));
    Network.Layer w = network.constant("w", Tensor.allocate(DType.FLOAT32, 3, 2, 1, 1));
    Graph graph = network.add("mmdeploy.MMCVModulatedDeformConv2d", Attributes.NONE, x, moved, mask, w)
        .relu()
        .output("y");
    assertThat(graph.tensorType(graph.outputs().get("y")).shape()).isEqualTo(Shape.of(1, 3, 5, 5));
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatThrownBy(() -> GraphParser.parse(
            MODEL.replace("mask: float32[2, 18", "mask: float32[18").formatted(
                "mmdeploy.MMCVModulatedDeformConv2d(x, offset, mask, w)"), Operators::get))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("input 2: float32[18, 4, 3] (expected: four dimensions)");
  }

  @Test
  void runsOnTheReference(@TempDir Path folder) {
    assertRuns(new ReferenceBackendProvider(), folder);
  }

  @Test
  void runsOnTheCpu(@TempDir Path folder) {
    assertRuns(new CpuBackendProvider(), folder);
  }

  @Test
  @Tag("gpu")
  void runsOnTheGpu(@TempDir Path folder) {
    assumeUsable();
    assertRuns(new CudaBackendProvider(), folder);
  }

  /** Builds a plan, writes it, reads it, and runs it. */
  private static void assertRuns(BackendProvider provider, Path folder) {
    Path file = folder.resolve("layer.plan");
    try (Backend backend = provider.open(BackendOptions.withThreads(1)); Arena arena = Arena.ofShared()) {
      PlanFile.write(new Builder(backend, BuildOptions.defaults()).build(CUSTOM).plan(), file);
      try (Engine engine = Engine.of(PlanFile.read(file, arena), backend);
          ExecutionContext context = engine.newContext()) {
        assertThat(GraphPrinter.print(engine.graph())).contains("mmdeploy.MMCVModulatedDeformConv2d");
        assertClose(context.run(inputs()).get("y"));
      }
    }
  }

  /** Tuning would run one source alone. */
  @Test
  @Tag("gpu")
  void computesTheSameWithEachSource() {
    assumeUsable();
    try (Backend backend = new CudaBackendProvider().open(BackendOptions.withThreads(1));
        Arena arena = Arena.ofConfined()) {
      List<KernelRequest.Argument> arguments = new ArrayList<>();
      List<MemorySegment> memory = new ArrayList<>();
      inputs().forEach((name, tensor) -> {
        arguments.add(KernelRequest.Argument.of(tensor.type()));
        memory.add(tensor.copy(arena).data());
      });
      TensorType type = CUSTOM.tensorType(CUSTOM.outputs().get("y"));
      KernelRequest request =
          new KernelRequest(CUSTOM.nodes().getFirst().op(), arguments, List.of(type), backend.device());
      Tactic tactic = backend.tactics().stream()
          .filter(one -> one.supports(request) instanceof Support.Supported)
          .findFirst()
          .orElseThrow();
      assertThat(tactic.choices(request)).hasSize(2);
      for (TuningChoice choice : tactic.choices(request)) {
        Tensor result = Tensor.allocate(arena, type);
        tactic.build(request, choice, (port, format, bytes, pack) -> MemorySegment.NULL).run(new KernelArguments(
            memory.toArray(MemorySegment[]::new), new MemorySegment[] {result.data()}, MemorySegment.NULL));
        assertClose(result);
      }
    }
  }

  private static void assumeUsable() {
    Availability availability = new CudaBackendProvider().availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
  }
}
