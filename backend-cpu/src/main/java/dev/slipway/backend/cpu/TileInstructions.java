package dev.slipway.backend.cpu;

/** Instructions on the tile registers of AMX, by their mnemonics (Intel SDM volume 2). */
interface TileInstructions extends VectorForms {
  /** Takes rows and columns of all tiles from 64 bytes in memory and sets the tiles to zero. */
  default void ldtilecfg(Address configuration) {
    tile(VectorOpcode.LDTILECFG, 0, 0, configuration);
  }

  /** Gives the tiles back. */
  default void tilerelease() {
    tile(VectorOpcode.TILERELEASE, 0, 0, Gpr.RAX);
  }

  default void tilezero(TileRegister d) {
    tile(VectorOpcode.TILEZERO, d.number(), 0, Gpr.RAX);
  }

  /** @param rows base and displacement of the first row, the index being the bytes from one row to the next */
  default void tileloadd(TileRegister d, Address rows) {
    tile(VectorOpcode.TILELOADD, d.number(), 0, indexed(rows));
  }

  /** @param rows base and displacement of the first row, the index being the bytes from one row to the next */
  default void tilestored(Address rows, TileRegister s) {
    tile(VectorOpcode.TILESTORED, s.number(), 0, indexed(rows));
  }

  /**
   * Adds the products of pairs of bfloat16 to float32: {@code d[m][n] += a[m][2k] b[k][2n] + a[m][2k+1] b[k][2n+1]}.
   */
  default void tdpbf16ps(TileRegister d, TileRegister a, TileRegister b) {
    tile(VectorOpcode.TDPBF16PS, d.number(), b.number(), a);
  }

  /**
   * Adds the products of four unsigned bytes and four signed ones:
   * {@code d[m][n] += sum over i of a[m][4k+i] b[k][4n+i]}.
   */
  default void tdpbusd(TileRegister d, TileRegister a, TileRegister b) {
    tile(VectorOpcode.TDPBUSD, d.number(), b.number(), a);
  }

  private void tile(VectorOpcode opcode, int reg, int vvvv, RegisterOrMemory rm) {
    vector(opcode, reg, vvvv, rm, 128, MaskRegister.K0, false);
  }

  private static Address indexed(Address rows) {
    if (!rows.isIndexed()) {
      throw new IllegalArgumentException("rows of a tile: no index (expected: the bytes from one to the next)");
    }
    return rows;
  }
}
