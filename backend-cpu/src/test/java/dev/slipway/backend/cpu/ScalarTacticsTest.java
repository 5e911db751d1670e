package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ScalarTacticsTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void convolves() {
    Cases.each(80, (random, arena) -> {
      int groups = 1 + random.nextInt(3);
      int channels = groups * (1 + random.nextInt(4));
      int filters = groups * (1 + random.nextInt(4));
      int kernel = 1 + random.nextInt(3);
      int dilation = 1 + random.nextInt(2);
      int extent = dilation * (kernel - 1) + 1;
      int height = extent + random.nextInt(20);
      int width = extent + Cases.oneOf(random, 0, 1, 5, 40);
      Attributes attributes = Attributes.of("group", groups)
          .with("pads", numbers(random.nextInt(3), random.nextInt(3), random.nextInt(3), random.nextInt(3)))
          .with("strides", numbers(1 + random.nextInt(2), 1 + random.nextInt(3)))
          .with("dilations", numbers(dilation, dilation));
      TacticCheck check = TacticCheck.of("Conv", attributes)
          .with(TacticCheck.floats(random, 1 + random.nextInt(2), channels, height, width))
          .withConstant(TacticCheck.floats(random, filters, channels / groups, kernel, kernel));
      (random.nextBoolean() ? check.withConstant(TacticCheck.floats(random, filters)) : check)
          .run(new ScalarConvTactic(POOL), arena);
    });
  }

  @Test
  void convolvesLines() {
    Cases.each(20, (random, arena) -> TacticCheck.of("Conv", Attributes.of("pads", numbers(1, 2)))
        .with(TacticCheck.floats(random, 2, 3, 5 + random.nextInt(300)), TacticCheck.floats(random, 4, 3, 3))
        .run(new ScalarConvTactic(POOL), arena));
  }

  @Test
  void appliesWhatFollowsAConvolution() {
    Fused fused = fused("""
        input x: float32[N, C, H, W]
        input w: float32[M, C, 3, 3]
        input slope: float32[M, 1, 1]
        input z: float32[N, M, P, Q]
        c = Conv(x, w) {pads = [1, 1, 1, 1]}
        m = Mul(c, slope)
        s = Add(z, m)
        y = Relu(s)
        output y = y
        """);
    Cases.each(20, (random, arena) -> {
      int size = 1 + random.nextInt(20);
      TacticCheck.of(fused)
          .with(TacticCheck.floats(random, 2, 3, size, size))
          .withConstant(TacticCheck.floats(random, 5, 3, 3, 3))
          .with(TacticCheck.floats(random, 5, 1, 1), TacticCheck.floats(random, 2, 5, size, size))
          .run(new ScalarConvTactic(POOL), arena);
    });
  }

  @Test
  void multipliesStacksOfMatrices() {
    Cases.each(60, (random, arena) -> {
      int depth = 1 + random.nextInt(20);
      int rows = Cases.oneOf(random, 1, 2, 31, 33);
      int columns = Cases.oneOf(random, 1, 3, 127, 128, 129);
      long[] right = random.nextBoolean() ? new long[] {depth, columns} : new long[] {3, depth, columns};
      long[] left = random.nextBoolean() ? new long[] {rows, depth} : new long[] {2, 1, rows, depth};
      TacticCheck.of("MatMul", Attributes.NONE)
          .with(TacticCheck.floats(random, left), TacticCheck.floats(random, right))
          .run(new ScalarMatMulTactic(POOL), arena);
    });
  }

  @Test
  void computesGemm() {
    Cases.each(60, (random, arena) -> {
      boolean transA = random.nextBoolean();
      boolean transB = random.nextBoolean();
      int m = 1 + random.nextInt(5);
      int k = 1 + random.nextInt(9);
      int n = 1 + random.nextInt(140);
      TacticCheck check = TacticCheck
          .of("Gemm", Attributes.of("alpha", 0.5f).with("beta", 2f).with("transA", transA).with("transB", transB))
          .with(TacticCheck.floats(random, transA ? k : m, transA ? m : k))
          .with(TacticCheck.floats(random, transB ? n : k, transB ? k : n));
      (random.nextBoolean() ? check.with(TacticCheck.floats(random, m, 1)) : check)
          .run(new ScalarMatMulTactic(POOL), arena);
    });
  }

  @Test
  void pools() {
    Cases.each(60, (random, arena) -> {
      boolean maximum = random.nextBoolean();
      Attributes attributes = Attributes.of("kernel_shape", numbers(3, 2))
          .with("pads", numbers(1, 0, 1, 1))
          .with("strides", numbers(1 + random.nextInt(2), 1 + random.nextInt(2)));
      attributes = maximum
          ? attributes.with("ceil_mode", random.nextInt(2))
          : attributes.with("count_include_pad", random.nextInt(2));
      TacticCheck.of(maximum ? "MaxPool" : "AveragePool", attributes)
          .with(TacticCheck.floats(random, 2, 3, 3 + random.nextInt(9), 3 + random.nextInt(9)))
          .run(new ScalarPoolTactic(POOL), arena);
    });
  }

  @Test
  void poolsWholePlanes() {
    for (String operator : List.of("GlobalAveragePool", "GlobalMaxPool")) {
      Cases.each(10, (random, arena) -> TacticCheck.of(operator, Attributes.NONE)
          .with(TacticCheck.floats(random, 2, 3, 1 + random.nextInt(9), 1 + random.nextInt(9)))
          .run(new ScalarPoolTactic(POOL), arena));
    }
  }

  @Test
  void broadcastsOperands() {
    for (String operator : List.of("Add", "Sub", "Mul", "Div", "Max", "PRelu")) {
      Cases.each(30, (random, arena) -> {
        long[] dims = {1 + random.nextInt(3), 1 + random.nextInt(4), 1 + random.nextInt(300)};
        TacticCheck.of(operator, Attributes.NONE)
            .with(TacticCheck.floats(random, dims), part(random, dims))
            .run(new ScalarPointwiseTactic(POOL), arena);
      });
    }
  }

  /** Leaves out leading axes and makes others 1. */
  private static Tensor part(Random random, long[] dims) {
    int from = random.nextInt(dims.length + 1);
    long[] kept = new long[dims.length - from];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = random.nextBoolean() ? 1 : dims[from + i];
    }
    return TacticCheck.floats(random, kept);
  }

  @Test
  void computesChainsOfFunctions() {
    Fused fused = fused("""
        input x: float32[N, C]
        input b: float32[C]
        a = Add(x, b)
        t = Tanh(a)
        s = Sigmoid(x)
        m = Mul(t, s)
        h = HardSwish(m)
        y = Sub(h, x)
        output y = y
        """);
    Cases.each(10, (random, arena) -> {
      int channels = Cases.oneOf(random, 1, 255, 256, 257, 9000);
      TacticCheck.of(fused)
          .with(TacticCheck.floats(random, 3, channels), TacticCheck.floats(random, channels))
          .run(new ScalarPointwiseTactic(POOL), arena);
    });
  }

  @Test
  void normalisesPowers() {
    Cases.each(40, (random, arena) -> TacticCheck.of("Softmax", Attributes.of("axis", random.nextInt(3)))
        .with(TacticCheck.floats(random, 1 + random.nextInt(3), 1 + random.nextInt(40), 1 + random.nextInt(300)))
        .run(new ScalarSoftmaxTactic(POOL), arena));
  }

  @Test
  void normalisesLayers() {
    Cases.each(40, (random, arena) -> {
      long[] dims = {1 + random.nextInt(3), 1 + random.nextInt(20), 1 + random.nextInt(50)};
      int axis = random.nextInt(3);
      long[] row = Arrays.copyOfRange(dims, axis, dims.length);
      TacticCheck check = TacticCheck.of("LayerNormalization", Attributes.of("axis", axis))
          .with(TacticCheck.floats(random, dims), TacticCheck.floats(random, row));
      (random.nextBoolean() ? check.with(TacticCheck.floats(random, row)) : check)
          .run(new ScalarLayerNormalizationTactic(POOL), arena);
    });
  }

  @Test
  void saysWhyItRefuses() {
    TacticCheck check = TacticCheck.of("Relu", Attributes.NONE).with(Tensor.of(new double[] {1}, 1));
    assertThat(check.refusal(new ScalarPointwiseTactic(POOL)))
        .isEqualTo("input type float64[1] (expected: float32)");
  }

  private static Fused fused(String body) {
    return new Fused(GraphParser.parse("graph g {\n" + body + "}", Operators::get));
  }

  private static List<Long> numbers(long... values) {
    return Arrays.stream(values).boxed().toList();
  }
}
