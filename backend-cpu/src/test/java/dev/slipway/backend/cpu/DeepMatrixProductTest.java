package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.input;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Expression.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeepMatrixProductTest {
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);
  private static final Expression RESULT = input(FusedGroup.RESULT);

  private static final List<Epilogue> EPILOGUES = List.of(
      Epilogue.NONE,
      Epilogue.of(RESULT.times(RESULT.apply(Function.SIGMOID))),
      new Epilogue(RESULT.plus(input(0)), List.of(Side.FULL)),
      new Epilogue(RESULT.times(input(1)).plus(input(0)), List.of(Side.FULL, Side.CHANNEL)));

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @ParameterizedTest
  @CsvSource({"1024, 1", "2047, 1", "2048, 2", "2053, 1", "3072, 3", "11008, 16"})
  void slicesEvenly(int depth, int slices) {
    assertThat(DeepMatrixProduct.slices(new MatrixShape(128, 768, depth), Epilogue.NONE)).isEqualTo(slices);
  }

  @Test
  void agreesWithTheDefinition() {
    Cases.each(4, DeepMatrixProductTest::check);
  }

  private static void check(Random random, Arena arena) {
    int columns = Cases.oneOf(random, 256, 256 + Memory.LANES - 1, 256 + 3 * Memory.LANES + 1);
    MicroKernels kernels = Cases.kernels(random);
    // Vector code is interpreted here.
    int rows = 1 + random.nextInt(kernels.warmUp() ? 2 : 12);
    MatrixShape s = new MatrixShape(rows, columns, Cases.oneOf(random, 2048, 2049, 2052, 2053));
    Epilogue epilogue = EPILOGUES.get(random.nextInt(EPILOGUES.size()));
    List<TileShape> tiles = kernels.tiles(DeepMatrixProduct.grid(s, epilogue));
    TileShape tile = tiles.get(random.nextInt(Math.min(20, tiles.size())));
    float[] a = Cases.floats(random, s.rows() * s.depth());
    float[] b = Cases.floats(random, s.depth() * s.columns());
    float[] bias = Cases.floats(random, s.columns());
    float[] full = Cases.floats(random, s.rows() * s.columns());
    float[] scale = Cases.floats(random, s.columns());

    MemorySegment packed = Cases.unset(arena, PackedMatrixProduct.packedBytes(s)).fill((byte) 0);
    DeepMatrixProduct.pack(
        kernels.moves(),
        s,
        DeepMatrixProduct.slices(s, epilogue),
        tile,
        Cases.memory(arena, b).address(),
        (long) Float.BYTES * s.columns(),
        Float.BYTES,
        packed.address());
    DeepMatrixProduct product = new DeepMatrixProduct(kernels, s, tile, epilogue, arena);
    MemorySegment output = Cases.unset(arena, 4L * s.rows() * s.columns());
    product.run(
        random.nextBoolean() ? ONE : TWO,
        new TiledProduct.Operands(
            Cases.memory(arena, a).address(),
            packed.address(),
            Cases.memory(arena, Cases.blocked(bias, 1, s.columns(), 1)).address(),
            Cases.memory(arena, full).address(),
            Cases.memory(arena, Cases.blocked(scale, 1, s.columns(), 1)).address(),
            0,
            output.address()),
        Cases.unset(arena, product.workspaceBytes()).address());

    double[] y = new double[s.rows() * s.columns()];
    for (int i = 0; i < y.length; i++) {
      int row = i / s.columns();
      int column = i % s.columns();
      double sum = bias[column];
      for (int k = 0; k < s.depth(); k++) {
        sum += (double) a[row * s.depth() + k] * b[k * s.columns() + column];
      }
      y[i] = epilogue.shifted().evaluate(new double[] {sum, full[i], scale[column]});
    }
    Cases.assertClose(Cases.floats(output), y, 64 + s.depth(), s + " " + kernels.name() + " " + tile + " " + epilogue);
  }
}
