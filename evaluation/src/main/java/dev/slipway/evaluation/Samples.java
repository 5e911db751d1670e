package dev.slipway.evaluation;

import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Samples in a fixed order that can be gone through any number of times. */
public interface Samples {

  /** How many there are. */
  int size();

  /**
   * The samples from the first on, lazily: few are in memory at once. A stream is for one thread; abandoning it early
   * leaks nothing.
   */
  Stream<Sample> stream();

  /** Samples that are in memory. */
  static Samples of(List<Sample> samples) {
    return new ListedSamples(List.copyOf(samples));
  }

  /**
   * The items of a data set, prepared for a model by other threads while earlier ones are in use. The data set must
   * stay open.
   *
   * @param inputs the model's inputs
   */
  static Samples of(Dataset dataset, InputProcessing processing, Map<String, ValueType> inputs) {
    return new PreparedSamples(dataset, processing, inputs, PreparedSamples.DEFAULT_WORKERS);
  }

  /**
   * The same with a number of threads that prepare.
   *
   * @param workers 0 to prepare each sample when it is asked for, so that nothing runs beside whoever uses them
   */
  static Samples of(Dataset dataset, InputProcessing processing, Map<String, ValueType> inputs, int workers) {
    return new PreparedSamples(dataset, processing, inputs, workers);
  }

  /**
   * These samples, kept in memory by the first walk over all of them, so that later ones need not prepare them again;
   * where their inputs take more than so many bytes, nothing is kept.
   */
  default Samples cached(long bytes) {
    return new CachedSamples(this, bytes);
  }
}
