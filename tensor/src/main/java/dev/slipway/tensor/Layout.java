package dev.slipway.tensor;

import java.util.Optional;

/** How the elements of a tensor lie in memory. */
public sealed interface Layout {

  /** Row-major, the last axis fastest, no gaps. */
  Layout CONTIGUOUS = new Contiguous();

  /** The layout of this text, as {@code contiguous}, {@code c16} or {@code last8}; empty where there is none. */
  static Optional<Layout> parse(String text) {
    if (text.equals("contiguous")) {
      return Optional.of(CONTIGUOUS);
    }
    int blocked = number(text, "c", 5);
    if (blocked >= 2) {
      return Optional.of(new Blocked(blocked));
    }
    int last = number(text, "last", 4);
    return last >= 1 ? Optional.of(new ChannelsLast(last)) : Optional.empty();
  }

  /** The number of so many digits behind a prefix, written without leading zeros; 0 where there is none. */
  private static int number(String text, String prefix, int mostDigits) {
    int digits = text.length() - prefix.length();
    if (!text.startsWith(prefix) || digits < 1 || digits > mostDigits || text.charAt(prefix.length()) == '0') {
      return 0;
    }
    int number = 0;
    for (int i = prefix.length(); i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      number = 10 * number + digit;
    }
    return number;
  }

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

  /**
   * Axis 1 (channels) innermost: N, spatial axes, C, the channels filled up with zeros to a multiple. NHWC in the
   * field's terms for multiple 1.
   */
  record ChannelsLast(int multiple) implements Layout {
    public ChannelsLast {
      if (multiple < 1) {
        throw new IllegalArgumentException("multiple: " + multiple + " (expected: >= 1)");
      }
    }

    /** Channels in memory. */
    public long storedChannels(long channels) {
      return Math.multiplyExact(Math.ceilDiv(channels, multiple), multiple);
    }

    @Override
    public long storageElements(long[] dims) {
      if (dims.length < 2) {
        throw new SlipwayException("rank: " + dims.length + " (expected: >= 2 for a layout with channels last)");
      }
      long[] padded = dims.clone();
      padded[1] = storedChannels(dims[1]);
      return Shape.product(padded);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof ChannelsLast(int own) && own == multiple;
    }

    @Override
    public int hashCode() {
      return -multiple;
    }

    @Override
    public String toString() {
      return "last" + multiple;
    }
  }
}
