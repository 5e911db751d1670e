package dev.slipway.backend.cpu;

import static dev.slipway.operators.Expression.input;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression.Function;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PackedMatrixProductTest {
  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @Test
  void agreesWithTheDefinition() {
    Cases.each(200, PackedMatrixProductTest::check);
  }

  private static void check(Random random, Arena arena) {
    int lanes = Memory.LANES;
    MatrixShape s =
        new MatrixShape(
            1 + random.nextInt(40),
            Cases.oneOf(random, 1, lanes - 1, lanes, lanes + 1, 4 * lanes, 6 * lanes + 3),
            Cases.oneOf(random, 1, 2, 17, 64, 100));
    MicroKernels kernels = Cases.kernels(random);
    List<TileShape> tiles = kernels.tiles(TileGrid.of(s));
    TileShape tile = tiles.get(random.nextInt(Math.min(20, tiles.size())));
    boolean transposed = random.nextBoolean();
    boolean silu = random.nextBoolean();
    var result = input(FusedGroup.RESULT);
    Epilogue epilogue =
        silu
            ? Epilogue.of(result.times(result.apply(Function.SIGMOID)))
            : new Epilogue(result.plus(input(0)), List.of(Side.FULL));
    float[] a = Cases.floats(random, s.rows() * s.depth());
    float[] b = Cases.floats(random, s.depth() * s.columns());
    float[] bias = Cases.floats(random, s.columns());
    float[] full = Cases.floats(random, s.rows() * s.columns());

    MemorySegment packed = Cases.unset(arena, PackedMatrixProduct.packedBytes(s)).fill((byte) 0);
    long depthStride = 4L * (transposed ? 1 : s.columns());
    long columnStride = 4L * (transposed ? s.depth() : 1);
    long right = Cases.memory(arena, b).address();
    PackedMatrixProduct.pack(kernels.moves(), s, tile, right, depthStride, columnStride, packed.address());
    PackedMatrixProduct product =
        new PackedMatrixProduct(kernels, s, tile, 4 * s.depth(), 4 * s.columns(), epilogue, arena);
    MemorySegment output = Cases.unset(arena, 4L * s.rows() * s.columns());
    product.run(
        random.nextBoolean() ? ONE : TWO,
        new TiledProduct.Operands(
            Cases.memory(arena, a).address(),
            packed.address(),
            Cases.memory(arena, Cases.blocked(bias, 1, s.columns(), 1)).address(),
            Cases.memory(arena, full).address(),
            0,
            0,
            output.address()));

    double[] y = new double[s.rows() * s.columns()];
    for (int m = 0; m < s.rows(); m++) {
      for (int n = 0; n < s.columns(); n++) {
        double sum = bias[n];
        for (int k = 0; k < s.depth(); k++) {
          sum += (double) a[m * s.depth() + k] * b[transposed ? n * s.depth() + k : k * s.columns() + n];
        }
        int i = m * s.columns() + n;
        y[i] = silu ? sum / (1 + Math.exp(-sum)) : sum + full[i];
      }
    }
    Cases.assertClose(Cases.floats(output), y, 64 + s.depth(), s + " " + kernels.name() + " " + tile + " " + transposed + " " + silu);
  }
}
