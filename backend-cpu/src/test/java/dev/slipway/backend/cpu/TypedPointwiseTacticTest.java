package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.operators.Cast;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class TypedPointwiseTacticTest {
  private static final List<DType> TYPES = TypedBlock.TYPES.stream().toList();
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final TypedPointwiseTactic TACTIC = new TypedPointwiseTactic(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void castAgreesWithTheReference() {
    Cases.each(150, (random, arena) -> {
      Tensor x = TacticCheck.random(random, TYPES.get(random.nextInt(TYPES.size())), 3, TacticCheck.edge(random) * 7L);
      TacticCheck.of(new Cast(TYPES.get(random.nextInt(TYPES.size())))).with(x).run(TACTIC, arena);
    });
  }

  @Test
  void largeIntsRoundToTheNearestFloat() {
    Cases.each(5, (random, arena) -> {
      int[] values = random.ints(300).toArray();
      TacticCheck.of(new Cast(DType.FLOAT32)).with(Tensor.of(values, values.length)).run(TACTIC, arena);
    });
  }

  @Test
  void comparisonsAndArithmeticAgreeWithTheReference() {
    List<String> operators = List.of("Add", "Sub", "Mul", "Max", "Min", "Equal", "Less", "GreaterOrEqual");
    List<DType> types = List.of(
        DType.FLOAT32, DType.INT32, DType.INT64, DType.FLOAT16, DType.FLOAT64, DType.INT8, DType.UINT8, DType.UINT32);
    Cases.each(150, (random, arena) -> {
      DType type = types.get(random.nextInt(types.size()));
      long[] dims = {1 + random.nextInt(3), 1 + random.nextInt(5), TacticCheck.edge(random)};
      TacticCheck.of(operators.get(random.nextInt(operators.size())), Attributes.NONE)
          .with(TacticCheck.random(random, type, broadcast(random, dims)))
          .with(TacticCheck.random(random, type, broadcast(random, dims)))
          .run(TACTIC, arena);
    });
  }

  @Test
  void whereAndLogicAgreeWithTheReference() {
    Cases.each(60, (random, arena) -> {
      DType type = TYPES.get(random.nextInt(TYPES.size()));
      long[] dims = {1 + random.nextInt(3), 1 + random.nextInt(5), TacticCheck.edge(random)};
      TacticCheck.of("Where", Attributes.NONE)
          .with(TacticCheck.random(random, DType.BOOL, broadcast(random, dims)))
          .with(TacticCheck.random(random, type, broadcast(random, dims)))
          .with(TacticCheck.random(random, type, broadcast(random, dims)))
          .run(TACTIC, arena);
      TacticCheck.of(random.nextBoolean() ? "And" : "Xor", Attributes.NONE)
          .with(TacticCheck.random(random, DType.BOOL, broadcast(random, dims)))
          .with(TacticCheck.random(random, DType.BOOL, broadcast(random, dims)))
          .run(TACTIC, arena);
      TacticCheck.of("Not", Attributes.NONE).with(TacticCheck.random(random, DType.BOOL, dims)).run(TACTIC, arena);
    });
  }

  /** The dimensions with some of them 1, and perhaps without the first. */
  private static long[] broadcast(Random random, long... dims) {
    int drop = random.nextInt(4) == 0 ? 1 : 0;
    long[] own = new long[dims.length - drop];
    for (int i = 0; i < own.length; i++) {
      own[i] = random.nextInt(3) == 0 ? 1 : dims[i + drop];
    }
    return own;
  }

  @Test
  void functionsThatNoVectorKernelHas() {
    Cases.each(5, (random, arena) -> {
      for (String name : List.of("Sin", "Acosh", "Softplus", "Mish")) {
        Tensor x = TacticCheck.floats(random, 3, 100);
        TacticCheck.of(name, Attributes.NONE).with(x).run(TACTIC, arena);
      }
    });
  }

  @Test
  void refusals() {
    Tensor x = Tensor.allocate(DType.UINT64, 2);
    assertThat(TacticCheck.of("Add", Attributes.NONE).with(x, x).refusal(TACTIC)).startsWith("input type uint64[2]");
    Tensor f = Tensor.allocate(DType.FLOAT32, 2);
    assertThat(TacticCheck.of("Mod", Attributes.of("fmod", 1)).with(f, f).refusal(TACTIC))
        .isEqualTo("operator Mod of floats (expected: one with an expression)");
  }
}
