package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Plan;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans that were saved: what they keep of the device, and what loading them makes again. */
@Tag("gpu")
class CudaPlanTest {
  @TempDir private Path folder;

  private static Backend open() {
    CudaBackendProvider provider = new CudaBackendProvider();
    Availability availability = provider.availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    return provider.open(BackendOptions.defaults());
  }

  private static Tensor random(long seed, long... dims) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, random.nextDouble() - 0.5);
    }
    return tensor;
  }

  private static Graph graph() {
    return GraphParser.parse("""
        graph test {
          input x: float32[2, 16, 12, 12]
          constant w: float32[24, 16, 3, 3] = @0
          constant v: float32[24, 40] = @1
          c = Conv(x, w, _) {pads = [1, 1, 1, 1]}
          r = Relu(c)
          m = GlobalAveragePool(r)
          f = Flatten(m)
          p = MatMul(f, v)
          y = Softmax(p)
          output "y" = y
        }
        """, Operators::get, List.of(random(1, 24, 16, 3, 3), random(2, 24, 40)));
  }

  private static float[] run(Engine engine) {
    try (ExecutionContext context = engine.newContext()) {
      return context.run(Map.of("x", random(3, 2, 16, 12, 12))).get("y").toFloats();
    }
  }

  private Path saved(BuildOptions.Precision precision) {
    try (Backend backend = open()) {
      BuildOptions options = BuildOptions.defaults().withPrecision(precision);
      Path file = folder.resolve(precision + ".plan");
      PlanFile.write(new Builder(backend, options).build(graph()).plan(), file);
      return file;
    }
  }

  @Test
  void compilesAndSearchesNothingWhenLoaded() {
    for (BuildOptions.Precision precision : Set.of(BuildOptions.Precision.FP32, BuildOptions.Precision.FP16)) {
      Path file = saved(precision);
      try (Arena arena = Arena.ofShared();
          Backend backend = open()) {
        Plan plan = PlanFile.read(file, arena);
        Set<String> kinds = plan.tuned().orElseThrow().artifacts().keySet().stream()
            .map(name -> name.split(" ", 2)[0])
            .collect(Collectors.toSet());
        assertThat(kinds).contains("cubin", "cublaslt");
        float[] loaded;
        Artifacts artifacts = backend.artifacts().orElseThrow();
        try (Engine engine = Engine.of(plan, backend)) {
          assertThat(engine.isTuned()).isTrue();
          loaded = run(engine);
        }
        assertThat(artifacts.made()).as("made anew in %s", precision).isZero();
        Plan portable = new Plan(plan.manifest(), plan.portable(), Optional.empty());
        try (Engine engine = Engine.of(portable, backend)) {
          assertThat(loaded).usingComparatorWithPrecision(2e-3f).containsExactly(run(engine));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"TF32, 2e-3", "FP16, 2e-3", "BF16, 2e-2", "BEST, 2e-2"})
  void computesInEachPrecision(BuildOptions.Precision precision, float tolerance) {
    try (Backend backend = open()) {
      BuildOptions options = BuildOptions.defaults().withPrecision(precision)
          .withSamples(List.of(Map.of("x", random(3, 2, 16, 12, 12))));
      Plan plan = new Builder(backend, options).build(graph()).plan();
      Plan portable = new Plan(plan.manifest(), plan.portable(), Optional.empty());
      try (Engine engine = Engine.of(plan, backend);
          Engine exact = Engine.of(portable, backend)) {
        assertThat(run(engine)).usingComparatorWithPrecision(tolerance).containsExactly(run(exact));
      }
    }
  }

  @Test
  void keepsLayersInFloat32ThatOverflowFloat16() {
    Graph graph = GraphParser.parse("""
        graph test {
          input x: float32[2, 8]
          constant c: float32[1] = {40000}
          constant d: float32[1] = {0.0001}
          y = Mul(x, c)
          s = Mul(y, y)
          r = Sqrt(s)
          z = Mul(r, d)
          output "y" = z
        }
        """, Operators::get);
    Tensor x = random(5, 2, 8);
    try (Backend backend = open()) {
      BuildOptions options =
          BuildOptions.defaults().withPrecision(BuildOptions.Precision.FP16).withSamples(List.of(Map.of("x", x)));
      BuildResult result = new Builder(backend, options).build(graph);
      assertThat(result.reasons().values().stream().flatMap(List::stream))
          .anyMatch(reason -> reason.startsWith("stays float32: s reaches"));
      try (Engine engine = Engine.of(result.plan(), backend);
          ExecutionContext context = engine.newContext()) {
        float[] got = context.run(Map.of("x", x)).get("y").toFloats();
        for (int i = 0; i < got.length; i++) {
          assertThat(got[i]).isCloseTo(4 * Math.abs(x.toFloats()[i]), within(0.01f));
        }
      }
    }
  }

  @Test
  void runsThePortableGraphOfAPlanForAnotherDevice() {
    Path file = saved(BuildOptions.Precision.FP32);
    try (Arena arena = Arena.ofShared();
        Backend backend = open()) {
      Plan plan = PlanFile.read(file, arena);
      Plan.Tuned tuned = plan.tuned().orElseThrow();
      Plan.Tuned elsewhere = new Plan.Tuned(
          tuned.fingerprint() + ", cuDNN 0.0.1", tuned.device(), tuned.graph(), tuned.choices(), tuned.packed(),
          tuned.artifacts());
      try (Engine engine = Engine.of(new Plan(plan.manifest(), plan.portable(), Optional.of(elsewhere)), backend)) {
        assertThat(engine.isTuned()).isFalse();
        assertThat(run(engine)).hasSize(80);
      }
    }
  }
}
