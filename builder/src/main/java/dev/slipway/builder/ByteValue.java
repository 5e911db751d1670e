package dev.slipway.builder;

import dev.slipway.graph.ValueId;
import java.util.Optional;

/**
 * Unsigned bytes in the lowered graph.
 *
 * @param id in the lowered graph
 * @param root the bytes that these are a function of, element by element; these themselves where {@code table} is empty
 * @param table for each byte of the root the byte here
 */
record ByteValue(ValueId id, ByteScale scale, ValueId root, Optional<int[]> table) {

  /** Bytes that are no function of others. */
  static ByteValue of(ValueId id, ByteScale scale) {
    return new ByteValue(id, scale, id, Optional.empty());
  }

  /** The byte here for one of the root. */
  int at(int rootByte) {
    return table.map(entries -> entries[rootByte]).orElse(rootByte);
  }
}
