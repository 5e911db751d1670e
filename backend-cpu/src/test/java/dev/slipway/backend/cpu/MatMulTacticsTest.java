package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Device;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.Support;
import dev.slipway.graph.Attributes;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class MatMulTacticsTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void multipliesByConstantMatrices() {
    Cases.each(60, (random, arena) -> {
      int depth = 1 + random.nextInt(70);
      int columns = TacticCheck.edge(random);
      long[] left = random.nextBoolean() ? new long[] {edge(random), depth} : new long[] {2, edge(random), depth};
      TacticCheck.of("MatMul", Attributes.NONE)
          .with(TacticCheck.floats(random, left))
          .withConstant(TacticCheck.floats(random, depth, columns))
          .run(new MatMulTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void predictsThatWeightsOfFewRowsTakeTimeToArrive() {
    assertThat(micros(1)).isEqualTo(micros(4)).isGreaterThan(1000);
    assertThat(micros(128)).isGreaterThan(4 * micros(4));
  }

  /** The predicted time for 32 MB of weights on two threads. */
  private static double micros(int rows) {
    KernelRequest request = new KernelRequest(
        new MatMul(),
        List.of(
            KernelRequest.Argument.of(TensorType.of(DType.FLOAT32, rows, 2000)),
            KernelRequest.Argument.of(Tensor.allocate(DType.FLOAT32, 2000, 4096))),
        List.of(TensorType.of(DType.FLOAT32, rows, 4096)),
        new Device("cpu", 0, "test", "test"));
    Support support = new MatMulTactic(POOL, Cases.kernels()).supports(request);
    return ((Support.Supported) support).predictedMicros();
  }

  @Test
  void computesGemm() {
    Cases.each(60, (random, arena) -> {
      int depth = 1 + random.nextInt(70);
      int columns = TacticCheck.edge(random);
      boolean transposed = random.nextBoolean();
      Attributes attributes = Attributes.of("alpha", random.nextBoolean() ? 1f : 0.5f)
          .with("beta", random.nextBoolean() ? 1f : 2f)
          .with("transB", transposed);
      TacticCheck check = TacticCheck.of("Gemm", attributes)
          .with(TacticCheck.floats(random, edge(random), depth))
          .withConstant(TacticCheck.floats(random, transposed ? columns : depth, transposed ? depth : columns));
      Tensor c = TacticCheck.floats(random, columns);
      (random.nextBoolean() ? check.withConstant(c) : check).run(new MatMulTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void multipliesBatches() {
    Cases.each(80, (random, arena) -> {
      int depth = 1 + random.nextInt(70);
      int rows = edge(random);
      int columns = TacticCheck.edge(random);
      int heads = 1 + random.nextInt(4);
      long[] left = {Cases.oneOf(random, 1, 2), heads, rows, depth};
      long[] right = switch (random.nextInt(3)) {
        case 0 -> new long[] {left[0], heads, depth, columns};
        case 1 -> new long[] {heads, depth, columns};
        default -> new long[] {1, 1, depth, columns};
      };
      TacticCheck.of("MatMul", Attributes.NONE)
          .with(TacticCheck.floats(random, left), TacticCheck.floats(random, right))
          .run(new BatchedMatMulTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  private static int edge(Random random) {
    return Cases.oneOf(random, 1, 2, 5, 6, 7, 13, 24, 25);
  }
}
