package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.GlobalMaxPool;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ReductionTacticTest {
  private static final String[] REDUCTIONS = {
    "ReduceMean", "ReduceSum", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceMax", "ReduceMin", "ReduceProd"
  };
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final ReductionTactic TACTIC = new ReductionTactic(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void agreesWithTheReference() {
    Cases.each(200, (random, arena) -> {
      Tensor x = TacticCheck.floats(
          random, 1 + random.nextInt(3), TacticCheck.edge(random), 1 + random.nextInt(4), TacticCheck.edge(random));
      long[] axes = LongStream.range(0, 4).filter(_ -> random.nextBoolean()).map(a -> random.nextBoolean() ? a : a - 4)
          .toArray();
      String name = REDUCTIONS[random.nextInt(REDUCTIONS.length)];
      Attributes attributes = Attributes.of("keepdims", random.nextInt(2))
          .with("noop_with_empty_axes", random.nextInt(2));
      TacticCheck.of(name, attributes).with(x).withConstant(Tensor.vector(axes)).run(TACTIC, arena);
    });
  }

  @Test
  void withoutAxes() {
    Cases.each(5, (random, arena) ->
        TacticCheck.of("ReduceSum", Attributes.NONE).with(TacticCheck.floats(random, 3, 37)).run(TACTIC, arena));
  }

  @Test
  void globalPooling() {
    Cases.each(20, (random, arena) -> {
      Tensor x = TacticCheck.floats(random, 2, 1 + random.nextInt(20), TacticCheck.edge(random), 1 + random.nextInt(5));
      TacticCheck.of(new GlobalAveragePool()).with(x).run(TACTIC, arena);
      TacticCheck.of(new GlobalMaxPool()).with(x).run(TACTIC, arena);
    });
  }

  @Test
  void refusals() {
    TacticCheck variable = TacticCheck.of("ReduceSum", Attributes.NONE)
        .with(Tensor.allocate(DType.FLOAT32, 2), Tensor.vector(0));
    assertThat(variable.refusal(TACTIC)).isEqualTo("axes that are not constant");
    TacticCheck empty = TacticCheck.of("ReduceSum", Attributes.NONE).with(Tensor.allocate(DType.FLOAT32, 0, 3));
    assertThat(empty.refusal(TACTIC)).isEqualTo("reduction of no elements");
  }
}
