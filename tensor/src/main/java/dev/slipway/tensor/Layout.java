package dev.slipway.tensor;

/** How the elements of a tensor lie in memory. */
public sealed interface Layout {

  /** Row-major, the last axis fastest, no gaps. */
  Layout CONTIGUOUS = new Contiguous();

  /** Elements that the storage has, padding included. */
  long storageElements(long[] dims);

  /** Row-major, no gaps. */
  record Contiguous() implements Layout {
    @Override
    public long storageElements(long[] dims) {
      return Shape.product(dims);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Contiguous;
    }

    @Override
    public int hashCode() {
      return 0;
    }

    @Override
    public String toString() {
      return "contiguous";
    }
  }

  /**
   * Axis 1 (channels) in blocks: N, ceil(C / block), spatial axes..., block. The channels that the last block has
   * too many hold zeros. NCHW16c in the field's terms for block 16.
   */
  record Blocked(int block) implements Layout {
    public Blocked {
      if (block < 2) {
        throw new IllegalArgumentException("block: " + block + " (expected: >= 2)");
      }
    }

    @Override
    public long storageElements(long[] dims) {
      if (dims.length < 2) {
        throw new SlipwayException("rank: " + dims.length + " (expected: >= 2 for a blocked layout)");
      }
      long[] padded = dims.clone();
      padded[1] = Math.multiplyExact(Math.ceilDiv(dims[1], block), block);
      return Shape.product(padded);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Blocked(int own) && own == block;
    }

    @Override
    public int hashCode() {
      return block;
    }

    @Override
    public String toString() {
      return "c" + block;
    }
  }
}
