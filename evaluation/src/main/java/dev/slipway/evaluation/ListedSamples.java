package dev.slipway.evaluation;

import java.util.List;
import java.util.stream.Stream;

/** Samples in memory. */
record ListedSamples(List<Sample> samples) implements Samples {
  @Override
  public int size() {
    return samples.size();
  }

  @Override
  public Stream<Sample> stream() {
    return samples.stream();
  }
}
