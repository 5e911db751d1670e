package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.OptionalLong;

/**
 * Samples without every so manieth, beginning with the first: what {@code data.part(0, step, ...)} does not have.
 *
 * @param step at least 2
 */
record LeftOut(CalibrationData data, long step) implements CalibrationData {

  @Override
  public OptionalLong count() {
    OptionalLong all = data.count();
    return all.isPresent() ? OptionalLong.of(all.getAsLong() - Math.ceilDiv(all.getAsLong(), step)) : all;
  }

  @Override
  public String name(long index) {
    return data.name(index + index / (step - 1) + 1);
  }

  @Override
  public Iterator<Map<String, Tensor>> iterator() {
    Iterator<Map<String, Tensor>> all = data.iterator();
    return new Iterator<>() {
      private long position;

      @Override
      public boolean hasNext() {
        if (position % step == 0 && all.hasNext()) {
          all.next();
          position++;
        }
        return all.hasNext();
      }

      @Override
      public Map<String, Tensor> next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        position++;
        return all.next();
      }
    };
  }
}
