package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import java.lang.classfile.CodeBuilder;
import java.util.Map;

/** Emits how a tile of accumulators reaches memory, through an expression of each. */
final class TileStoreCode {
  private final TileSpec spec;
  private final CodeBuilder code;
  private final VectorCode vector;
  private final int output;
  private final int blockStride;
  private final ExpressionCode expression;
  private final int mask;

  /**
   * Emits the constants and masks into new locals.
   *
   * @param output local with the address of the tile
   * @param blockStride local with the bytes between two blocks of the output
   */
  TileStoreCode(TileSpec spec, CodeBuilder code, VectorCode vector, int output, int blockStride) {
    this.spec = spec;
    this.code = code;
    this.vector = vector;
    this.output = output;
    this.blockStride = blockStride;
    expression = new ExpressionCode(spec.activation(), code, vector);
    mask = partial(spec.blocks() - 1) ? vector.firstLanes(spec.lastLanes()) : -1;
  }

  /** Stores accumulators[pixel][block]. */
  void store(int[][] accumulators) {
    for (int q = 0; q < spec.blocks(); q++) {
      int to = column(q);
      for (int p = 0; p < spec.pixels(); p++) {
        int value = expression.evaluate(Map.of(FusedGroup.RESULT, accumulators[p][q]));
        long displacement = (long) p * spec.outputStride();
        code.aload(value);
        if (partial(q)) {
          vector.storeMasked(to, displacement, mask);
        } else {
          vector.store(to, displacement);
        }
      }
    }
  }

  /** A new local: the masked address of block {@code q}. */
  private int column(int q) {
    int address = vector.longLocal();
    code.lload(output);
    if (q > 0) {
      code.lload(blockStride).loadConstant((long) q).lmul().ladd();
    }
    code.lstore(address);
    return vector.masked(address);
  }

  private boolean partial(int q) {
    return q == spec.blocks() - 1 && spec.lastLanes() < spec.lanes();
  }
}
