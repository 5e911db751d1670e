package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;

/** Every so manieth sample of an iteration, at most so many. */
final class SamplePart implements Iterator<Map<String, Tensor>> {
  private final Iterator<Map<String, Tensor>> all;
  private final long step;
  private long skip;
  private long left;

  SamplePart(Iterator<Map<String, Tensor>> all, long start, long step, long limit) {
    this.all = all;
    this.step = step;
    this.skip = start;
    this.left = limit;
  }

  @Override
  public boolean hasNext() {
    while (left > 0 && skip > 0 && all.hasNext()) {
      all.next();
      skip--;
    }
    return left > 0 && all.hasNext();
  }

  @Override
  public Map<String, Tensor> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    left--;
    skip = step - 1;
    return all.next();
  }
}
