package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Plan;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.graph.Graph;
import dev.slipway.operators.Network;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Several contexts of one engine share its worker pool and its kernels. */
class SideBySideTest {

  @Test
  void contextsOfOneEngineDoNotDisturbEachOther() throws InterruptedException {
    try (Backend backend = new CpuBackendProvider().open(BackendOptions.withThreads(2));
        Engine engine = Engine.of(plan(backend), backend)) {
      List<Tensor> inputs = new ArrayList<>();
      List<float[]> expected = new ArrayList<>();
      try (ExecutionContext context = engine.newContext()) {
        for (int i = 0; i < 3; i++) {
          inputs.add(random(i, 1, 16, 24, 24).copy(Arena.ofAuto()));
          expected.add(context.run(Map.of("x", inputs.get(i))).get("y").toFloats());
        }
      }
      List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int own = i;
        threads.add(Thread.ofPlatform().start(() -> {
          try (ExecutionContext context = engine.newContext()) {
            for (int run = 0; run < 20; run++) {
              assertThat(context.run(Map.of("x", inputs.get(own))).get("y").toFloats())
                  .containsExactly(expected.get(own));
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

  private static Plan plan(Backend backend) {
    Network network = new Network("small");
    Graph graph = network.input("x", Dim.of(1), Dim.of(16), Dim.of(24), Dim.of(24))
        .conv(random(7, 32, 16, 3, 3), random(8, 32), Network.window().pad(1)).relu()
        .conv(random(9, 32, 32, 1, 1), random(10, 32), Network.window()).sigmoid()
        .maxPool(2, Network.window().stride(2))
        .globalAveragePool()
        .flatten()
        .gemm(random(11, 32, 10), random(12, 10))
        .softmax()
        .output("y");
    return new Builder(backend, BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF)).build(graph).plan();
  }

  private static Tensor random(long seed, long... dims) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor tensor = Tensor.allocate(DType.FLOAT32, dims);
    for (long i = 0; i < tensor.elementCount(); i++) {
      tensor.setDouble(i, random.nextDouble(-1, 1));
    }
    return tensor;
  }
}
