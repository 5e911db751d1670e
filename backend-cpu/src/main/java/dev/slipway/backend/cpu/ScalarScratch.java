package dev.slipway.backend.cpu;

/** Arrays that scalar kernels compute in, kept for each thread: runs allocate nothing once they are large enough. */
final class ScalarScratch {
  private static final ThreadLocal<ScalarScratch> OWN = ThreadLocal.withInitial(ScalarScratch::new);

  private float[][] tile = {};
  private float[] row = {};
  private float[] line = {};
  private int[] integers = {};
  private final double[] sums = new double[ScalarProduct.TILE];
  private double[][] registers = {};

  private ScalarScratch() {}

  /** That of the calling thread. */
  static ScalarScratch own() {
    return OWN.get();
  }

  /** So many rows of {@link ScalarProduct#TILE} columns. */
  float[][] tile(int rows) {
    tile = tile.length < rows ? new float[rows][ScalarProduct.TILE] : tile;
    return tile;
  }

  float[] row(int length) {
    row = row.length < length ? new float[length] : row;
    return row;
  }

  float[] line(int length) {
    line = line.length < length ? new float[length] : line;
    return line;
  }

  int[] integers(int length) {
    integers = integers.length < length ? new int[length] : integers;
    return integers;
  }

  /** A sum for each column of a tile. */
  double[] sums() {
    return sums;
  }

  /** So many arrays of at least the length. */
  double[][] registers(int count, int length) {
    if (registers.length < count || registers.length > 0 && registers[0].length < length) {
      registers = new double[Math.max(count, registers.length)]
          [registers.length == 0 ? length : Math.max(length, registers[0].length)];
    }
    return registers;
  }
}
