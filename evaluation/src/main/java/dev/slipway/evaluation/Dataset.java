package dev.slipway.evaluation;

import java.util.OptionalInt;

/** Items in a fixed order, read one by one. Several threads may read at once. */
public interface Dataset extends AutoCloseable {

  /** What messages call it, such as its file. */
  String name();

  /** How many items there are, at least one. */
  int size();

  /**
   * Reads an item.
   *
   * @param index from 0 to {@link #size()}, exclusive
   * @throws dev.slipway.tensor.SlipwayException where it is broken; the message names the item
   */
  Item item(int index);

  /** The class of an item where it is known without reading the item. */
  default OptionalInt category(int index) {
    return OptionalInt.empty();
  }

  /** Closes its files; reading after that is an error. */
  @Override
  default void close() {}
}
