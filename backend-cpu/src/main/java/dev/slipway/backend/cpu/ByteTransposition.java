package dev.slipway.backend.cpu;

/** Transposes bytes, between planes and pixels of sixteen channels too: matrices of 8 x 8 bytes, a row in a long. */
final class ByteTransposition {
  private static final int SIDE = Long.BYTES;
  private static final long LOW_INT = 0x00000000ffffffffL;
  private static final long LOW_SHORTS = 0x0000ffff0000ffffL;
  private static final long LOW_BYTES = 0x00ff00ff00ff00ffL;

  private ByteTransposition() {}

  /**
   * Copies some pixels of a block.
   *
   * @param planes address of the pixels in the block's first plane
   * @param pixels address of the pixels in the block
   * @param planeBytes from a plane to the next
   * @param channels that are there, 1 to 16; others of the block become zero
   * @param toPixels whether from the planes to the pixels
   */
  static void run(long planes, long pixels, long planeBytes, int channels, int count, boolean toPixels) {
    long[] matrix = new long[SIDE];
    for (int half = 0; half < ChannelBytes.BLOCK; half += SIDE) {
      int rows = Math.clamp(channels - half, 0, SIDE);
      long plane = planes + half * planeBytes;
      if (toPixels) {
        toPixels(matrix, plane, planeBytes, rows, pixels + half, count);
      } else if (rows > 0) {
        toPlanes(matrix, pixels + half, plane, planeBytes, rows, count);
      }
    }
  }

  /**
   * Transposes a matrix.
   *
   * @param fromStep from a row to the next
   * @param toStep from a row of the transposed matrix to the next
   */
  static void run(long from, long fromStep, long to, long toStep, long rows, long columns) {
    long[] matrix = new long[SIDE];
    for (long row = 0; row < rows; row += SIDE) {
      int height = (int) Math.min(SIDE, rows - row);
      for (long column = 0; column < columns; column += SIDE) {
        int width = (int) Math.min(SIDE, columns - column);
        for (int i = 0; i < SIDE; i++) {
          matrix[i] = i < height ? load(from + (row + i) * fromStep + column, width) : 0;
        }
        transpose(matrix);
        for (int i = 0; i < width; i++) {
          store(matrix[i], to + (column + i) * toStep + row, height);
        }
      }
    }
  }

  private static void toPixels(long[] matrix, long plane, long planeBytes, int rows, long pixels, int count) {
    for (int first = 0; first < count; first += SIDE) {
      int columns = Math.min(SIDE, count - first);
      for (int row = 0; row < SIDE; row++) {
        matrix[row] = row < rows ? load(plane + row * planeBytes + first, columns) : 0;
      }
      transpose(matrix);
      for (int column = 0; column < columns; column++) {
        AddressSpace.setLong(pixels + (long) (first + column) * ChannelBytes.BLOCK, matrix[column]);
      }
    }
  }

  private static void toPlanes(long[] matrix, long pixels, long plane, long planeBytes, int rows, int count) {
    for (int first = 0; first < count; first += SIDE) {
      int columns = Math.min(SIDE, count - first);
      for (int column = 0; column < SIDE; column++) {
        long at = pixels + (long) (first + column) * ChannelBytes.BLOCK;
        matrix[column] = column < columns ? AddressSpace.getLong(at) : 0;
      }
      transpose(matrix);
      for (int row = 0; row < rows; row++) {
        store(matrix[row], plane + row * planeBytes + first, columns);
      }
    }
  }

  private static long load(long address, int bytes) {
    if (bytes == SIDE) {
      return AddressSpace.getLong(address);
    }
    long word = 0;
    for (int i = 0; i < bytes; i++) {
      word |= (ChannelBytes.getByte(address + i) & 0xffL) << i * Byte.SIZE;
    }
    return word;
  }

  private static void store(long word, long address, int bytes) {
    if (bytes == SIDE) {
      AddressSpace.setLong(address, word);
      return;
    }
    for (int i = 0; i < bytes; i++) {
      ChannelBytes.setByte(address + i, (byte) (word >>> i * Byte.SIZE));
    }
  }

  /** Swaps quarters, then the quarters of these, then theirs. */
  private static void transpose(long[] rows) {
    for (int i = 0; i < 4; i++) {
      swap(rows, i, i + 4, Integer.SIZE, LOW_INT);
    }
    for (int i = 0; i < 8; i += 4) {
      swap(rows, i, i + 2, Short.SIZE, LOW_SHORTS);
      swap(rows, i + 1, i + 3, Short.SIZE, LOW_SHORTS);
    }
    for (int i = 0; i < 8; i += 2) {
      swap(rows, i, i + 1, Byte.SIZE, LOW_BYTES);
    }
  }

  /** Swaps the high parts of one row with the low ones of another. */
  private static void swap(long[] rows, int high, int low, int bits, long mask) {
    long changed = (rows[high] >>> bits ^ rows[low]) & mask;
    rows[low] ^= changed;
    rows[high] ^= changed << bits;
  }
}
