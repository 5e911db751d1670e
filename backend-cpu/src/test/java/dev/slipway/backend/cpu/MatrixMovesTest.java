package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MatrixMovesTest {
  @ParameterizedTest
  @EnumSource
  void machineCodeMoves(Isa isa) {
    assumeTrue(isa.isActive(), () -> "no " + isa);
    Cases.each(60, (random, arena) -> check(random, arena, new MachineMatrixMoves(isa, Cases.CODES)));
  }

  @Test
  void vectorsMove() {
    Cases.each(60, (random, arena) -> check(random, arena, new VectorMatrixMoves()));
  }

  private static void check(Random random, Arena arena, MatrixMoves moves) {
    int rows = random.nextInt(40);
    int columns = random.nextInt(40);
    boolean transposed = random.nextBoolean();
    int fromWidth = columns + random.nextInt(3);
    int toWidth = (transposed ? rows : columns) + random.nextInt(3);
    float[] from = Cases.floats(random, rows * fromWidth + 1);
    MemorySegment to = Cases.unset(arena, 4L * (transposed ? columns : rows) * toWidth + 4);
    float[] expected = Cases.floats(to);
    long source = Cases.memory(arena, from).address();
    if (transposed) {
      moves.transpose(source, 4L * fromWidth, to.address(), 4L * toWidth, rows, columns);
    } else {
      moves.copy(source, 4L * fromWidth, to.address(), 4L * toWidth, rows, columns);
    }
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int at = transposed ? column * toWidth + row : row * toWidth + column;
        expected[at] = from[row * fromWidth + column];
      }
    }
    assertThat(Cases.floats(to)).containsExactly(expected);
  }
}
