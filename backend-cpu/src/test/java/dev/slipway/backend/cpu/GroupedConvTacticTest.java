package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphParser;
import dev.slipway.operators.Fused;
import dev.slipway.operators.Operators;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class GroupedConvTacticTest {
  private static final WorkerPool POOL = new WorkerPool(2);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  void convolvesGroups() {
    Cases.each(40, (random, arena) -> {
      int groups = Cases.oneOf(random, 2, 3, 8);
      int in = Cases.oneOf(random, 1, 4, 5, 16);
      int out = Cases.oneOf(random, 2, 4, 7, 16);
      long stride = 1 + random.nextInt(2);
      TacticCheck check = TacticCheck.of(
          "Conv",
          Attributes.of("group", (long) groups)
              .with("pads", List.of(1L, 1L, 0L, 1L))
              .with("strides", List.of(stride, 1L)));
      check = random.nextBoolean()
          ? check.with(TacticCheck.floats(random, 2, groups * in, 7, 5 + random.nextInt(30)))
          : check.withBlocked(TacticCheck.floats(random, 1, groups * in, 7, 5 + random.nextInt(30))).blockedOutputs();
      check.withConstant(TacticCheck.floats(random, groups * out, in, 3, 2))
          .withConstant(TacticCheck.floats(random, groups * out))
          .run(new GroupedConvTactic(POOL, Cases.kernels(random)), arena);
    });
  }

  @Test
  void addsBehindGroups() {
    Fused group = new Fused(GraphParser.parse("""
        graph group {
          input x: float32[2, 16, 6, 5]
          input w: float32[32, 4, 1, 1]
          input s: float32[2, 32, 6, 5]
          input b: float32[32, 1, 1]
          c = Conv(x, w, _) {group = 4}
          t = Mul(c, b)
          y = Add(t, s)
          output y = y
        }
        """, Operators::get));
    Cases.each(4, (random, arena) ->
        TacticCheck.of(group)
            .with(TacticCheck.floats(random, 2, 16, 6, 5))
            .withConstant(TacticCheck.floats(random, 32, 4, 1, 1))
            .with(TacticCheck.floats(random, 2, 32, 6, 5))
            .withConstant(TacticCheck.floats(random, 32, 1, 1))
            .run(new GroupedConvTactic(POOL, Cases.kernels(random)), arena));
  }

  @Test
  void mergesGroupsToWholeBlocks() {
    int lanes = Memory.LANES;
    ConvShape narrow = ConvShape.of(8 * lanes, 9, 16 * lanes, 3, 1, 1, 16);
    assertThat(MergedGroups.of(narrow).groups()).isEqualTo(2);
    assertThat(MergedGroups.of(narrow).count()).isEqualTo(8);
    ConvShape odd = ConvShape.of(3 * (lanes + 1), 9, 3, 3, 1, 1, 3);
    assertThat(MergedGroups.of(odd).count()).isEqualTo(1);
  }
}
