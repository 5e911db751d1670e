package dev.slipway.backend.cpu;

/**
 * The numbers between float32 and 8-bit integers: {@code q = saturate(round(x / scale) + zero point)}, halves to the
 * even number, and {@code x = (q - zero point) · scale}.
 *
 * @param signed whether the integers are int8, else uint8
 */
record ByteQuantization(float scale, int zeroPoint, boolean signed) {
  int lowest() {
    return signed ? Byte.MIN_VALUE : 0;
  }

  int highest() {
    return signed ? Byte.MAX_VALUE : 0xff;
  }

  /** The largest magnitude of so many floats; 0 where there are none. */
  static float magnitude(long from, int count) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(AddressSpace.get(from + (long) i * Float.BYTES)));
    }
    return largest;
  }

  /** Writes {@code count} bytes for as many floats. */
  void quantize(long from, long to, int count) {
    for (int i = 0; i < count; i++) {
      ChannelBytes.setByte(to + i, quantize(AddressSpace.get(from + (long) i * Float.BYTES)));
    }
  }

  /**
   * Writes for each pixel sixteen bytes, one from each of up to so many planes of floats, zeros behind them.
   *
   * @param planeBytes from a plane to the next
   */
  void quantizeBlock(long from, long planeBytes, int planes, long to, int pixels) {
    for (int pixel = 0; pixel < pixels; pixel++) {
      for (int plane = 0; plane < ChannelBytes.BLOCK; plane++) {
        long at = from + plane * planeBytes + (long) pixel * Float.BYTES;
        ChannelBytes.setByte(
            to + (long) pixel * ChannelBytes.BLOCK + plane, plane < planes ? quantize(AddressSpace.get(at)) : (byte) 0);
      }
    }
  }

  /** One number; NaN becomes 0. */
  byte quantize(float x) {
    double rounded = Math.rint(x / scale) + zeroPoint;
    return (byte) (long) Math.clamp(rounded, lowest(), highest());
  }

  /** Writes {@code count} floats for as many bytes. */
  void dequantize(long from, long to, int count) {
    for (int i = 0; i < count; i++) {
      byte value = ChannelBytes.getByte(from + i);
      AddressSpace.set(to + (long) i * Float.BYTES, ((signed ? value : value & 0xff) - zeroPoint) * scale);
    }
  }
}
