package dev.slipway.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ContextPoolTest {
  private final FakeDevice first = new FakeDevice(Set.of("Neg"));
  private final FakeDevice second = new FakeDevice(Set.of("Neg"));

  private ContextPool pool(int contextsEach) {
    Graph graph = GraphParser.parse("""
        graph test {
          input x: float32[2]
          y = Neg(x)
          output "y" = y
        }
        """, Operators::get);
    Plan.Manifest manifest = new Plan.Manifest("test", "", "fp32", List.of(), Map.of());
    Plan plan = new Plan(manifest, () -> graph, Optional.empty());
    return ContextPool.of(List.of(Engine.of(plan, first), Engine.of(plan, second)), contextsEach);
  }

  private static Map<String, Tensor> input(float value) {
    Tensor x = Tensor.allocate(DType.FLOAT32, 2);
    x.set(new float[] {value, 2 * value});
    return Map.of("x", x);
  }

  @Test
  void devicesTakeTurns() {
    try (ContextPool pool = pool(2)) {
      assertThat(pool.size()).isEqualTo(4);
      List<Map<String, Tensor>> results = new ArrayList<>();
      for (int run = 1; run <= 8; run++) {
        results.add(pool.run(input(run)));
      }
      assertThat(first.log.stream().filter("upload 8"::equals)).hasSize(4);
      assertThat(second.log.stream().filter("upload 8"::equals)).hasSize(4);
      for (int run = 1; run <= 8; run++) {
        assertThat(results.get(run - 1).get("y").toFloats()).containsExactly(-run, -2f * run);
      }
    }
    assertThat(first.openQueues + second.openQueues).isZero();
  }

  @Test
  void threadsWaitForContexts() throws InterruptedException, ExecutionException {
    try (ContextPool pool = pool(1);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<float[]>> results = new ArrayList<>();
      for (int run = 1; run <= 200; run++) {
        float value = run;
        results.add(threads.submit(() -> pool.run(input(value)).get("y").toFloats()));
      }
      for (int run = 1; run <= 200; run++) {
        assertThat(results.get(run - 1).get()).containsExactly(-run, -2f * run);
      }
    }
  }

  @Test
  void givesAContextBackWhoseWorkFailed() {
    try (ContextPool pool = pool(1)) {
      for (int i = 0; i < 5; i++) {
        assertThatThrownBy(() -> pool.run(Map.of())).isInstanceOf(SlipwayException.class);
      }
      assertThat(pool.run(input(1)).get("y").toFloats()).containsExactly(-1, -2);
    }
  }

  @Test
  void closeWaitsForContextsInUse() throws InterruptedException, ExecutionException {
    ContextPool pool = pool(1);
    CountDownLatch lent = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<float[]> running = threads.submit(() -> pool.use(context -> {
        lent.countDown();
        awaitQuietly(goOn);
        return context.run(input(3)).get("y").toFloats();
      }));
      lent.await();
      Future<?> closing = threads.submit(pool::close);
      goOn.countDown();
      assertThat(running.get()).containsExactly(-3, -6);
      closing.get();
    }
    assertThat(first.openQueues + second.openQueues).isZero();
    assertThatThrownBy(() -> pool.run(input(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("context pool is closed");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
