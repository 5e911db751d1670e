package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.operators.Expression;

/** The transforms as passes over memory, each along one axis, through {@link TransformKernel}s. */
final class VectorWinogradTransforms implements WinogradTransforms {
  private final WinogradSpec spec;
  private final int m;
  private final int n;
  private final int vectorBytes;
  private final TransformKernel inputPass;
  private final TransformKernel columnPass;
  private final TransformKernel rowPass;

  VectorWinogradTransforms(WinogradSpec spec) {
    this.spec = spec;
    m = spec.algorithm().outputs();
    n = spec.algorithm().inputs();
    vectorBytes = spec.vectorBytes();
    Expression result = Expression.input(FusedGroup.RESULT);
    LinearTransform in = spec.algorithm().inputTransform();
    LinearTransform out = spec.algorithm().outputTransform();
    inputPass = TransformKernelGenerator.kernel(new TransformSpec(spec.vectorBits(), in, false, result));
    columnPass = TransformKernelGenerator.kernel(new TransformSpec(spec.vectorBits(), out, false, result));
    rowPass = TransformKernelGenerator.kernel(new TransformSpec(spec.vectorBits(), out, true, spec.activation()));
  }

  @Override
  public void input(long rows, int before, int columns, int tiles, long to, int blocks, long scratch) {
    long strip = scratch + WinogradSpec.TABLE_BYTES;
    int stripColumns = tiles * m + Winograd.TAPS - 1;
    long stripRow = (long) stripColumns * vectorBytes;
    for (int i = 0; i < n; i++) {
      long row = strip + i * stripRow;
      Memory.clear(row, (long) before * vectorBytes);
      int end = before + columns;
      Memory.clear(row + (long) end * vectorBytes, (long) (stripColumns - end) * vectorBytes);
      Memory.setLong(scratch + (long) i * Long.BYTES, strip + (long) i * vectorBytes);
    }
    for (int block = 0; block < blocks; block++) {
      long first = strip + (long) before * vectorBytes;
      inputPass.run(rows, 0, vectorBytes, first, stripRow, vectorBytes, 0, columns);
      advance(rows, n);
      for (int i = 0; i < n; i++) {
        long product = to + (long) block * spec.block() + (long) i * n * spec.product();
        inputPass.run(
            scratch, i * stripRow, (long) m * vectorBytes, product, spec.product(), vectorBytes, 0, tiles);
      }
    }
  }

  @Override
  public void output(long from, int tiles, long bias, long rows, int blocks, long scratch) {
    long strip = scratch + WinogradSpec.TABLE_BYTES;
    long column = (long) tiles * vectorBytes;
    for (int block = 0; block < blocks; block++) {
      for (int i = 0; i < n; i++) {
        long product = from + (long) block * spec.block() + (long) i * n * spec.product();
        Memory.setLong(scratch + (long) i * Long.BYTES, product);
      }
      for (int j = 0; j < n; j++) {
        columnPass.run(
            scratch, (long) j * spec.product(), vectorBytes, strip + j * column, n * column, vectorBytes, 0, tiles);
      }
      for (int j = 0; j < n; j++) {
        Memory.setLong(scratch + (long) j * Long.BYTES, strip + j * column);
      }
      long channels = bias + (long) block * vectorBytes;
      for (int k = 0; k < m; k++) {
        long row = Memory.getLong(rows + (long) k * Long.BYTES);
        rowPass.run(
            scratch, k * n * column, vectorBytes, row, vectorBytes, (long) m * vectorBytes, channels, tiles);
      }
      advance(rows, m);
    }
  }

  private static void advance(long rows, int count) {
    for (int i = 0; i < count; i++) {
      long at = rows + (long) i * Long.BYTES;
      Memory.setLong(at, Memory.getLong(at) + Memory.getLong(at + (long) count * Long.BYTES));
    }
  }
}
