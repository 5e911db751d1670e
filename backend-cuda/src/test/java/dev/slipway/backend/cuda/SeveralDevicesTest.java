package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Plan;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.BuildResult;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.operators.Operators;
import dev.slipway.runtime.ContextPool;
import dev.slipway.runtime.Engine;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One plan on two GPUs of a kind. */
@Tag("gpu")
class SeveralDevicesTest {
  @TempDir private Path folder;
  private CudaBackend first;
  private CudaBackend second;

  @BeforeEach
  void open() {
    CudaBackendProvider provider = new CudaBackendProvider();
    Availability availability = provider.availability();
    assumeTrue(availability instanceof Availability.Usable, availability::toString);
    int count = provider.deviceCount();
    assumeTrue(count >= 2, () -> "GPUs: " + count + " (expected: 2)");
    first = new CudaBackend(new OpenCudaDevice(CudaLibraries.load(), 0));
    second = new CudaBackend(new OpenCudaDevice(CudaLibraries.load(), 1));
    assumeTrue(first.device().fingerprint().equals(second.device().fingerprint()), "GPUs of two kinds");
  }

  @AfterEach
  void close() {
    if (second != null) {
      first.close();
      second.close();
      assertThat(first.openCount() + second.openCount()).isZero();
    }
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

  private static float[] expected(Tensor input) {
    return ((Tensor) new Interpreter().run(graph(), List.of(input)).getFirst()).toFloats();
  }

  private Plan plan() {
    return new Builder(first, BuildOptions.defaults()).build(graph()).plan();
  }

  @Test
  void runsAPlanOfOneOnTheOther() {
    Plan plan = plan();
    try (Engine engine = Engine.of(plan, second);
        ContextPool pool = ContextPool.of(List.of(engine), 1)) {
      assertThat(engine.isTuned()).isTrue();
      Tensor input = random(3, 2, 16, 12, 12);
      assertThat(pool.run(Map.of("x", input)).get("y").toFloats())
          .usingComparatorWithPrecision(1e-5f)
          .containsExactly(expected(input));
      assertThat(second.artifacts().orElseThrow().made()).as("made anew").isZero();
    }
  }

  @Test
  void oneHasTheTimesOfTheOther() {
    BuildOptions options = BuildOptions.defaults().withTimingCache(folder.resolve("times"));
    BuildResult built = new Builder(first, options).build(graph());
    List<String> notices = new ArrayList<>();
    BuildResult again = new Builder(second, options.withProgress(notices::add)).build(graph());
    assertThat(notices).noneMatch(notice -> notice.contains("measuring anew"));
    assertThat(again.plan().tuned().orElseThrow().choices()).isEqualTo(built.plan().tuned().orElseThrow().choices());
  }

  @Test
  void threadsShareBoth() throws InterruptedException, ExecutionException {
    Plan plan = plan();
    Set<Integer> ordinals = ConcurrentHashMap.newKeySet();
    try (ContextPool pool = ContextPool.of(List.of(Engine.of(plan, first), Engine.of(plan, second)), 2);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      pool.engines().forEach(engine -> ordinals.add(engine.backend().device().ordinal()));
      List<Tensor> inputs = new ArrayList<>();
      List<Future<float[]>> results = new ArrayList<>();
      for (int run = 0; run < 400; run++) {
        Tensor input = random(run % 16, 2, 16, 12, 12);
        inputs.add(input);
        results.add(threads.submit(() -> pool.run(Map.of("x", input)).get("y").toFloats()));
      }
      for (int run = 0; run < 400; run++) {
        float[] one = results.get(run).get();
        assertThat(one).isEqualTo(results.get(run % 16).get());
        if (run < 16) {
          assertThat(one).usingComparatorWithPrecision(1e-5f).containsExactly(expected(inputs.get(run)));
        }
      }
    }
    assertThat(ordinals).containsExactlyInAnyOrder(0, 1);
  }
}
