package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LaneMoveTest {
  @ParameterizedTest
  @EnumSource
  void machineCodeMoves(Isa isa) {
    assumeTrue(isa.isActive(), () -> "no " + isa);
    Cases.each(60, (random, arena) ->
        check(random, arena, isa.lanes(), sources -> new MachineLaneMove(isa, Cases.CODES, sources)));
  }

  @Test
  void vectorsMove() {
    Cases.each(60, (random, arena) -> check(random, arena, Memory.LANES, VectorLaneMove::new));
  }

  private static void check(Random random, Arena arena, int lanes, Function<int[], LaneMove> moves) {
    int vectors = random.nextInt(9);
    int[] sources = random.ints(lanes, LaneMove.NOT_TAKEN, lanes).toArray();
    float[] from = Cases.floats(random, vectors * lanes);
    MemorySegment to = Cases.unset(arena, 4L * (vectors * lanes + 1));
    boolean merges = random.nextBoolean();
    float[] expected = Cases.floats(to);
    for (int i = 0; i < vectors * lanes; i++) {
      int source = sources[i % lanes];
      if (source != LaneMove.NOT_TAKEN) {
        expected[i] = from[i - i % lanes + source];
      } else if (!merges) {
        expected[i] = 0;
      }
    }
    LaneMove move = moves.apply(sources);
    long source = Cases.memory(arena, from).address();
    if (merges) {
      move.merge(source, to.address(), vectors);
    } else {
      move.place(source, to.address(), vectors);
    }
    assertThat(Cases.floats(to)).containsExactly(expected);
  }
}
