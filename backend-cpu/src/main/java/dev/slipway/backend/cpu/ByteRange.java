package dev.slipway.backend.cpu;

import dev.slipway.operators.ByteRounding;

/**
 * What machine code has to do to rounded results besides packing them, which saturates them to bytes.
 *
 * @param moved whether the zero point is another than 0
 * @param bounded whether the range is less than that of bytes
 */
record ByteRange(boolean moved, boolean bounded) {
  /** All of it. */
  static final ByteRange ANY = new ByteRange(true, true);

  static ByteRange of(ByteRounding rounding) {
    return new ByteRange(rounding.zeroPoint() != 0, rounding.lowest() > 0 || rounding.highest() < 0xff);
  }

  @Override
  public String toString() {
    return "bytes" + (moved ? " moved" : "") + (bounded ? " bounded" : "");
  }
}
