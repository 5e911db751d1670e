package dev.slipway.backend.cpu;

/**
 * For each row of a matrix of unsigned bytes the sum of its elements, times a factor: what the zero point of weights adds
 * to a product.
 *
 * @param factor less the zero point of the weights
 */
record ByteRowSums(int rows, int depth, int factor) {
  private static final double NANOS_PER_ELEMENT = 0.15;
  private static final long EVEN_BYTES = 0x00ff00ff00ff00ffL;
  private static final long EVEN_SHORTS = 0x0000ffff0000ffffL;

  /** Longs whose sums of two bytes each fit 16 bits. */
  private static final int SAFE_LONGS = 128;

  /** Bytes of the sums, a multiple of the alignment. */
  long bytes() {
    return AddressSpace.roundUp((long) rows * Integer.BYTES, AddressSpace.ALIGNMENT);
  }

  /** Writes the sums. */
  void run(WorkerPool pool, long input, long to) {
    Chunks chunks = Chunks.of(rows, depth * NANOS_PER_ELEMENT, pool);
    pool.run(chunks.units(), (unit, _) -> {
      for (int row = chunks.from(unit); row < chunks.to(unit); row++) {
        AddressSpace.setInt(to + (long) row * Integer.BYTES, factor * sum(input + (long) row * depth));
      }
    });
  }

  private int sum(long row) {
    int whole = depth / Long.BYTES;
    int sum = 0;
    for (int first = 0; first < whole; first += SAFE_LONGS) {
      sum += longs(row + (long) first * Long.BYTES, Math.min(SAFE_LONGS, whole - first));
    }
    for (int i = whole * Long.BYTES; i < depth; i++) {
      sum += ChannelBytes.getByte(row + i) & 0xff;
    }
    return sum;
  }

  private static int longs(long from, int count) {
    long shorts = 0;
    for (int i = 0; i < count; i++) {
      long word = AddressSpace.getLong(from + (long) i * Long.BYTES);
      shorts += (word & EVEN_BYTES) + (word >>> Byte.SIZE & EVEN_BYTES);
    }
    long ints = (shorts & EVEN_SHORTS) + (shorts >>> Short.SIZE & EVEN_SHORTS);
    return (int) ints + (int) (ints >>> Integer.SIZE);
  }
}
