package dev.slipway.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.operators.Network;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.EngineOptions;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.runtime.Stream;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineTest {
  @TempDir
  Path folder;

  private final Backend backend = new ReferenceBackendProvider().open(BackendOptions.withThreads(1));

  @AfterEach
  void closeBackend() {
    backend.close();
  }

  @Test
  void runsAPlanFromAFile() {
    Path file = folder.resolve("double.plan");
    PlanFile.write(plan(), file);
    try (Engine engine = Engine.load(file, EngineOptions.defaults().withBackend("reference"));
        ExecutionContext context = engine.newContext()) {
      assertThat(engine.isTuned()).isTrue();
      Tensor scores = context.run(Map.of("x", row(1, -2, 3))).get("y");
      assertThat(scores.toFloats()).containsExactly(2, 0, 6);
      assertThat(scores.dims()).containsExactly(1, 3);
    }
  }

  @Test
  void runsEveryShapeOfAProfileFromOnePlan() {
    try (Engine engine = Engine.of(plan(), backend);
        ExecutionContext context = engine.newContext()) {
      for (int rows = 1; rows <= 4; rows++) {
        Tensor x = Tensor.allocate(DType.FLOAT32, rows, 3);
        x.setDouble(rows * 3 - 1, 5);
        Tensor y = context.run(Map.of("x", x)).get("y");
        assertThat(y.dims()).containsExactly(rows, 3);
        assertThat(y.getDouble(rows * 3 - 1)).isEqualTo(10);
      }
    }
  }

  @Test
  void refusesInputsThatItDoesNotTake() {
    try (Engine engine = Engine.of(plan(), backend);
        ExecutionContext context = engine.newContext()) {
      assertRefused(context, Map.of("x", Tensor.allocate(DType.FLOAT32, 5, 3)),
          "input x: shape [5, 3] (expected: within [1, 3] to [4, 3], the ranges that the plan was built for)");
      assertRefused(context, Map.of("x", Tensor.allocate(DType.INT64, 1, 3)),
          "input x: int64[1, 3] (expected: float32[N, 3])");
      assertRefused(context, Map.of("x", Tensor.allocate(DType.FLOAT32, 3)),
          "input x: float32[3] (expected: float32[N, 3])");
      assertRefused(context, Map.of("z", row(1, 2, 3)), "input x: missing (expected: float32[N, 3])");
      assertRefused(context, Map.of("x", row(1, 2, 3), "z", row(1, 2, 3)),
          "input z: unknown (expected: one of [x])");
    }
  }

  @Test
  void writesIntoMemoryOfTheCaller() {
    try (Engine engine = Engine.of(plan(), backend);
        ExecutionContext context = engine.newContext()) {
      Tensor mine = Tensor.allocate(DType.FLOAT32, 1, 3);
      Map<String, Tensor> results = context.run(Map.of("x", row(1, 2, 3)), Map.of("y", mine));
      assertThat(results.get("y")).isSameAs(mine);
      assertThat(mine.toFloats()).containsExactly(2, 4, 6);
      assertThat(context.run(Map.of("x", row(4, 5, 6))).get("y").toFloats()).containsExactly(8, 10, 12);
      assertThat(mine.toFloats()).containsExactly(2, 4, 6);
      assertThatExceptionOfType(SlipwayException.class)
          .isThrownBy(() -> context.run(
              Map.of("x", row(1, 2, 3)), Map.of("y", Tensor.allocate(DType.FLOAT32, 2, 3))))
          .withMessage("output y: memory for float32[2, 3] (expected: float32[1, 3])");
    }
  }

  @Test
  void useAfterCloseIsAnException() {
    Engine engine = Engine.of(plan(), backend);
    ExecutionContext context = engine.newContext();
    Tensor y = context.run(Map.of("x", row(1, 2, 3))).get("y");
    context.close();
    context.close();
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> y.getDouble(0));
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> context.run(Map.of("x", row(1, 2, 3))));
    ExecutionContext open = engine.newContext();
    engine.close();
    engine.close();
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> open.run(Map.of("x", row(1, 2, 3))));
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(engine::newContext);
    open.close();
  }

  @Test
  void inputsThatAreClosedAreAnException() {
    try (Engine engine = Engine.of(plan(), backend);
        ExecutionContext context = engine.newContext()) {
      Arena arena = Arena.ofShared();
      Tensor x = row(1, 2, 3).copy(arena);
      arena.close();
      assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> context.run(Map.of("x", x)));
      assertThat(context.run(Map.of("x", row(1, 2, 3))).get("y").toFloats()).containsExactly(2, 4, 6);
    }
  }

  @Test
  void streamsRunInOrderAndReportErrors() {
    try (Engine engine = Engine.of(plan(), backend);
        ExecutionContext context = engine.newContext();
        Stream stream = new Stream()) {
      Tensor first = Tensor.allocate(DType.FLOAT32, 1, 3);
      Tensor second = Tensor.allocate(DType.FLOAT32, 1, 3);
      Stream.Event begin = stream.record();
      stream.enqueue(context, Map.of("x", row(1, 1, 1)), Map.of("y", first));
      stream.enqueue(context, Map.of("x", first), Map.of("y", second));
      Stream.Event end = stream.record();
      end.synchronize();
      assertThat(second.toFloats()).containsExactly(4, 4, 4);
      assertThat(end.millisSince(begin)).isGreaterThanOrEqualTo(0);
      assertThat(stream.enqueue(context, Map.of(), Map.of()))
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .withMessageContaining("input x: missing");
    }
  }

  @Test
  void contextsRunSideBySide() throws InterruptedException {
    try (Engine engine = Engine.of(plan(), backend)) {
      List<Thread> threads = new ArrayList<>();
      List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
      for (int t = 0; t < 4; t++) {
        int value = t + 1;
        threads.add(Thread.ofPlatform().start(() -> {
          try (ExecutionContext context = engine.newContext()) {
            for (int i = 0; i < 200; i++) {
              float[] y = context.run(Map.of("x", row(value, i, -1))).get("y").toFloats();
              assertThat(y).containsExactly(2 * value, 2 * i, 0);
            }
          } catch (Throwable e) {
            failures.add(e);
          }
        }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void joinsConcatenatedValuesInPlace() {
    Network network = new Network("join");
    Network.Layer x = network.input("x", Dim.of(1), Dim.of(2), Dim.of(2), Dim.of(2));
    Network.Layer both = network.concat(1, x.relu(), x, x.sigmoid());
    Graph graph = both.add(both).output("y");
    try (Engine engine = Engine.of(plan(graph, List.of()), backend);
        ExecutionContext context = engine.newContext()) {
      Tensor y = context.run(Map.of("x", Tensor.of(new float[] {0, 1, -2, 3, -4, 5, -6, 7}, 1, 2, 2, 2))).get("y");
      assertThat(y.dims()).containsExactly(1, 6, 2, 2);
      assertThat(y.toFloats()).startsWith(0, 2, 0, 6, 0, 10, 0, 14, 0, 2, -4, 6, -8, 10, -12, 14, 1);
    }
  }

  @Test
  void runsShapesThatDependOnData() {
    Network network = new Network("nonzero");
    Network.Layer x = network.input("x", Dim.of(5));
    Network.Layer where = network.add("NonZero", Attributes.NONE, x);
    Graph graph = network.add("Add", Attributes.NONE, where, where).output("y");
    try (Engine engine = Engine.of(plan(graph, List.of()), backend);
        ExecutionContext context = engine.newContext()) {
      assertThat(context.run(Map.of("x", Tensor.of(new float[] {0, 1, 0, 2, 3}, 5))).get("y").toLongs())
          .containsExactly(2, 6, 8);
      assertThat(context.run(Map.of("x", Tensor.of(new float[5], 5))).get("y").dims()).containsExactly(1, 0);
    }
  }

  private static void assertRefused(ExecutionContext context, Map<String, Tensor> inputs, String message) {
    assertThatExceptionOfType(SlipwayException.class)
        .isThrownBy(() -> context.run(inputs))
        .withMessage(message);
  }

  private static Tensor row(float... values) {
    return Tensor.of(values, 1, values.length);
  }

  private Plan plan() {
    Network network = new Network("double");
    Network.Layer x = network.input("x", Dim.symbol("N"), Dim.of(3)).relu();
    Graph graph = x.add(x).output("y");
    return plan(graph, List.of(new OptimizationProfile(Map.of(
        "x", new OptimizationProfile.Range(new long[] {1, 3}, new long[] {2, 3}, new long[] {4, 3})))));
  }

  private Plan plan(Graph graph, List<OptimizationProfile> profiles) {
    return new Builder(backend, BuildOptions.defaults().withProfiles(profiles)).build(graph).plan();
  }
}
