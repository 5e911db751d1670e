package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.constant;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The transforms in machine code give what those over the Vector API give, for each instruction set. */
class WinogradTransformsTest {
  private static final Expression RESULT = Expression.input(FusedGroup.RESULT);
  private static final List<Expression> ACTIVATIONS =
      List.of(
          RESULT,
          RESULT.max(constant(0)),
          RESULT.max(constant(0)).min(constant(6)),
          RESULT.max(RESULT.times(constant(0.125))),
          RESULT.times(constant(0.5)).plus(constant(0.25)).max(constant(0)));

  @ParameterizedTest
  @EnumSource
  void agreeWithThoseInJava(Isa isa) {
    Assumptions.assumeTrue(isa.isActive(), isa + ": not active");
    Cases.each(30, (random, arena) -> {
      for (Winograd algorithm : Winograd.values()) {
        int tiles = 1 + random.nextInt(6);
        int blocks = 1 + random.nextInt(3);
        int product = (tiles + random.nextInt(2)) * isa.vectorBytes();
        int block = algorithm.products() * product;
        Expression activation = ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size()));
        WinogradSpec spec =
            new WinogradSpec(isa.vectorBits(), algorithm, tiles, product, block, activation);
        input(random, arena, spec, isa, blocks);
        output(random, arena, spec, isa, blocks);
      }
    });
  }

  private static void input(Random random, Arena arena, WinogradSpec spec, Isa isa, int blocks) {
    int n = spec.algorithm().inputs();
    int before = random.nextInt(3);
    int columns = Math.max(0, spec.columns() - before - random.nextInt(3));
    int row = columns * spec.vectorBytes();
    MemorySegment image = Cases.memory(arena, Cases.floats(random, blocks * n * row / Float.BYTES));
    MemorySegment expected = transformed(arena, spec, blocks);
    MemorySegment actual = transformed(arena, spec, blocks);
    long scratch = Cases.unset(arena, spec.scratchBytes()).address();
    long rows = table(arena, image.address(), n, row);
    new VectorWinogradTransforms(spec)
        .input(rows, before, columns, spec.tiles(), expected.address(), blocks, scratch);
    rows = table(arena, image.address(), n, row);
    new MachineWinogradTransforms(spec, isa, Cases.CODES)
        .input(rows, before, columns, spec.tiles(), actual.address(), blocks, scratch);
    assertThat(Cases.floats(actual)).as("input of %s", spec).containsExactly(Cases.floats(expected));
  }

  private static void output(Random random, Arena arena, WinogradSpec spec, Isa isa, int blocks) {
    int m = spec.algorithm().outputs();
    int row = spec.tiles() * m * spec.vectorBytes();
    MemorySegment results = transformed(arena, spec, blocks);
    int count = (int) (results.byteSize() / Float.BYTES);
    MemorySegment.copy(Cases.floats(random, count), 0, results, ValueLayout.JAVA_FLOAT, 0, count);
    long bias = Cases.memory(arena, Cases.floats(random, blocks * spec.vectorBytes() / Float.BYTES)).address();
    MemorySegment expected = Cases.unset(arena, (long) blocks * m * row);
    MemorySegment actual = Cases.unset(arena, (long) blocks * m * row);
    long scratch = Cases.unset(arena, spec.scratchBytes()).address();
    new VectorWinogradTransforms(spec)
        .output(results.address(), spec.tiles(), bias, table(arena, expected.address(), m, row), blocks, scratch);
    new MachineWinogradTransforms(spec, isa, Cases.CODES)
        .output(results.address(), spec.tiles(), bias, table(arena, actual.address(), m, row), blocks, scratch);
    Cases.assertClose(Cases.floats(actual), Cases.doubles(Cases.floats(expected)), 4, "output of " + spec);
  }

  private static MemorySegment transformed(Arena arena, WinogradSpec spec, int blocks) {
    return Cases.unset(arena, (long) blocks * spec.block()).fill((byte) 0);
  }

  private static long table(Arena arena, long first, int rows, int rowBytes) {
    MemorySegment table = arena.allocate(2L * rows * Long.BYTES, Memory.ALIGNMENT);
    for (int i = 0; i < rows; i++) {
      table.setAtIndex(ValueLayout.JAVA_LONG, i, first + (long) i * rowBytes);
      table.setAtIndex(ValueLayout.JAVA_LONG, rows + i, (long) rows * rowBytes);
    }
    return table.address();
  }
}
