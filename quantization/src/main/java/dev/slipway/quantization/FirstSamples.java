package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;

/** Ends an iteration after so many samples. */
final class FirstSamples implements Iterator<Map<String, Tensor>> {
  private final Iterator<Map<String, Tensor>> all;
  private long left;

  FirstSamples(Iterator<Map<String, Tensor>> all, long limit) {
    this.all = all;
    this.left = limit;
  }

  @Override
  public boolean hasNext() {
    return left > 0 && all.hasNext();
  }

  @Override
  public Map<String, Tensor> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    left--;
    return all.next();
  }
}
