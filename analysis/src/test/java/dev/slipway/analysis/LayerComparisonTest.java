package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Plan;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Fused;
import dev.slipway.optimizer.Pass;
import dev.slipway.optimizer.PassContext;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.optimizer.Pipelines;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class LayerComparisonTest {
  private static final Backend CPU = new CpuBackendProvider().open(BackendOptions.withThreads(1));
  private static final Graph MODEL = DeepNetwork.graph();
  private static final Map<String, Tensor> INPUTS = DeepNetwork.inputs();
  private static final Trace EXPECTED = Trace.ofReference(MODEL, INPUTS);

  @AfterAll
  static void close() {
    CPU.close();
  }

  private static IntStream placements() {
    return IntStream.range(0, DeepNetwork.LAYERS);
  }

  private static Plan plan(Backend backend, Graph graph) {
    return new Builder(backend, BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF)).build(graph).plan();
  }

  private static Trace trace(Backend backend, Plan plan) {
    try (Engine engine = Engine.of(plan, backend)) {
      return Trace.ofEngine(engine, INPUTS);
    }
  }

  private static LayerComparison compare(Trace trace) {
    return LayerComparison.of(trace, EXPECTED, MODEL, INPUTS, Threshold.FLOAT32);
  }

  private static CauseSearch search() {
    return new CauseSearch(MODEL, INPUTS, Threshold.FLOAT32, line -> {});
  }

  /** The convolution of a placement. */
  private static Node convolution(Graph graph, int layer) {
    return graph.nodes().stream()
        .filter(node -> node.op().schema().name().equals("Conv"))
        .skip(layer)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void findsNothingWhereNothingIsWrong() {
    LayerComparison comparison = compare(trace(CPU, plan(CPU, MODEL)));

    assertThat(comparison.firstDivergence()).isEmpty();
    assertThat(comparison.layers()).hasSizeGreaterThan(DeepNetwork.LAYERS);
    assertThat(comparison.layers()).allSatisfy(layer -> assertThat(layer.local().relative()).isLessThan(1e-5));
    assertThat(comparison.layers().getLast().value()).isEqualTo(MODEL.value(MODEL.outputs().get("probabilities")).name());
  }

  @Test
  void leavesTheOutputsBitIdentical() {
    try (Engine engine = Engine.of(plan(CPU, MODEL), CPU);
        ExecutionContext context = engine.newContext()) {
      Tensor plain = context.run(INPUTS).get("probabilities").copy(Arena.ofAuto());
      List<String> nodes = new ArrayList<>();
      Tensor tapped = context.runTapped(INPUTS, (node, outputs) -> nodes.add(node)).get("probabilities");

      assertThat(tapped.data().mismatch(plain.data())).isEqualTo(-1);
      assertThat(nodes).hasSizeGreaterThan(DeepNetwork.LAYERS);
    }
  }

  @ParameterizedTest
  @MethodSource("placements")
  void findsChangedWeights(int layer) {
    Node convolution = convolution(MODEL, layer);
    Tensor weights = MODEL.constant(convolution.input(1)).orElseThrow().copy(Arena.ofAuto());
    weights.setDouble(layer, weights.getDouble(layer) + 0.3);
    GraphPatch.Builder patch = GraphPatch.on(MODEL, "changed");
    patch.replace(convolution.input(1), patch.constant("changed", weights));
    Graph changed = MODEL.apply(patch.build());

    Trace trace = trace(CPU, plan(CPU, changed));
    LayerDifference first = compare(trace).firstDivergence().orElseThrow();

    assertThat(behind(convolution)).contains(first.node());
    Cause cause = search().ofModels(changed).orElseThrow();
    assertThat(cause.kind()).isEqualTo(Cause.Kind.MODEL);
    assertThat(cause.subject()).isEqualTo(convolution.name());
    assertThat(cause.explanation()).contains(MODEL.value(convolution.input(1)).name());
  }

  @ParameterizedTest
  @MethodSource("placements")
  void findsAFaultyKernel(int layer) {
    int channels = DeepNetwork.channels(layer);
    FaultyBackend backend = new FaultyBackend(CPU, request -> isConvolution(request)
        && request.output().shape().dim(1).known().orElse(0) == channels);
    Plan plan = plan(backend, MODEL);
    Trace trace = trace(backend, plan);

    LayerDifference first = compare(trace).firstDivergence().orElseThrow();
    Cause cause = search().ofEngine(trace, plan, Pipelines.lower());

    Node convolution = convolution(MODEL, layer);
    assertThat(behind(convolution)).contains(first.node());
    assertThat(cause.kind()).isEqualTo(Cause.Kind.KERNEL);
    assertThat(cause.subject()).contains(convolution.name());
    assertThat(cause.explanation()).contains("cpu.conv");
  }

  private static boolean isConvolution(KernelRequest request) {
    return request.op().schema().name().equals("Conv")
        || request.op() instanceof Fused(Graph body)
            && body.nodes().stream().anyMatch(node -> node.op().schema().name().equals("Conv"));
  }

  @ParameterizedTest
  @MethodSource("placements")
  void findsAFaultyPass(int layer) {
    Node convolution = convolution(MODEL, layer);
    List<Pass> passes = new ArrayList<>(Pipelines.lower());
    passes.add(1, new ScaleTwice(convolution));
    Graph broken = new PassDriver().run(passes, MODEL).graph();
    Plan plan = plan(CPU, broken);
    Trace trace = trace(CPU, plan);

    LayerDifference first = compare(trace).firstDivergence().orElseThrow();
    Cause cause = search().ofEngine(trace, plan, passes);

    assertThat(behind(convolution)).contains(first.node());
    assertThat(cause.kind()).isEqualTo(Cause.Kind.PASS);
    assertThat(cause.subject()).isEqualTo("ScaleTwice");
  }

  /** A pass that scales the weights of a convolution, as one that folds a scale twice would. */
  private record ScaleTwice(Node convolution) implements Pass {
    @Override
    public Optional<GraphPatch> next(PassContext context, Graph graph) {
      Optional<Node> node = graph.node(convolution.name())
          .filter(found -> !graph.value(found.input(1)).name().startsWith("scaled"));
      return node.map(found -> {
        GraphPatch.Builder patch = GraphPatch.on(graph, "scaled the weights of " + found.name()).reuseName(found);
        Tensor weights = graph.constant(found.input(1)).orElseThrow().copy(Arena.ofAuto());
        for (int i = 0; i < weights.elementCount(); i++) {
          weights.setDouble(i, weights.getDouble(i) * 0.9);
        }
        List<ValueId> inputs = new ArrayList<>(found.inputs());
        inputs.set(1, patch.constant("scaled", weights));
        return patch.replace(found.output(), patch.add(found.name(), found.op(), inputs, 1).getFirst()).build();
      });
    }
  }

  /** The convolution and what a kernel may join with it: all that stands before the next one. */
  private static List<String> behind(Node convolution) {
    List<String> nodes = new ArrayList<>(List.of(convolution.name()));
    List<Node> all = MODEL.nodes();
    for (int i = all.indexOf(convolution) + 1; i < all.size() && !all.get(i).op().schema().name().equals("Conv"); i++) {
      nodes.add(all.get(i).name());
    }
    return nodes;
  }
}
