package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Some items of a data set, in their order. */
final class Subset implements Dataset {
  private final Dataset whole;
  private final int[] positions;

  private Subset(Dataset whole, int[] positions) {
    this.whole = whole;
    this.positions = positions;
  }

  static Dataset of(Dataset whole, IntPredicate taken) {
    int[] positions = IntStream.range(0, whole.size()).filter(taken).toArray();
    if (positions.length == 0) {
      throw new SlipwayException("data set " + whole.name() + ": nothing of its " + whole.size()
          + " items is selected (expected: at least 1)");
    }
    return new Subset(whole, positions);
  }

  static Dataset spread(Dataset whole, int count) {
    if (count < 1) {
      throw new SlipwayException("samples: " + count + " (expected: >= 1)");
    }
    int kept = Math.min(count, whole.size());
    int[] positions = IntStream.range(0, kept).map(i -> (int) ((long) i * whole.size() / kept)).toArray();
    return new Subset(whole, positions);
  }

  @Override
  public String name() {
    return whole.name();
  }

  @Override
  public int size() {
    return positions.length;
  }

  @Override
  public Item item(int index) {
    return whole.item(positions[index]);
  }

  @Override
  public OptionalInt category(int index) {
    return whole.category(positions[index]);
  }

  @Override
  public void close() {
    whole.close();
  }
}
