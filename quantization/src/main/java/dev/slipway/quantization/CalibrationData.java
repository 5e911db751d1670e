package dev.slipway.quantization;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Samples of a model's inputs by name, which may be walked through any number of times. A sample is valid until the
 * next one is asked for.
 */
public interface CalibrationData extends Iterable<Map<String, Tensor>> {

  /** How many samples there are, where that is known before the end. */
  OptionalLong count();

  /**
   * What messages call a sample.
   *
   * @param index from 0
   */
  default String name(long index) {
    return "sample " + index;
  }

  /**
   * Refuses a sample that does not fit a model.
   *
   * @param index of the sample, for the message
   * @param inputs the model's
   * @throws SlipwayException where an input is missing or of another type
   */
  default void check(Map<String, Tensor> sample, long index, Map<String, ValueType> inputs) {
    inputs.forEach((name, type) -> {
      Tensor tensor = sample.get(name);
      if (tensor == null) {
        throw new SlipwayException(
            "calibration data: " + name(index) + ": input " + name + " is missing (expected: " + type + ")");
      }
      if (type instanceof TensorType expected && !fits(expected, tensor.type())) {
        throw new SlipwayException("calibration data: " + name(index) + ": input " + name + " is " + tensor.type()
            + " (expected: " + type + ")");
      }
    });
  }

  private static boolean fits(TensorType expected, TensorType actual) {
    if (expected.dtype() != actual.dtype()) {
      return false;
    }
    if (!expected.shape().ranked()) {
      return true;
    }
    boolean fits = expected.shape().rank() == actual.shape().rank();
    for (int i = 0; fits && i < expected.shape().rank(); i++) {
      fits = expected.shape().dim(i).known().isEmpty() || expected.shape().dim(i).equals(actual.shape().dim(i));
    }
    return fits;
  }

  /** Samples in memory. */
  static CalibrationData of(List<Map<String, Tensor>> samples) {
    List<Map<String, Tensor>> all = List.copyOf(samples);
    return new CalibrationData() {
      @Override
      public OptionalLong count() {
        return OptionalLong.of(all.size());
      }

      @Override
      public Iterator<Map<String, Tensor>> iterator() {
        return all.iterator();
      }
    };
  }

  /** A sample that stays valid. */
  static Map<String, Tensor> copy(Map<String, Tensor> sample) {
    Arena arena = Arena.ofAuto();
    Map<String, Tensor> copy = new LinkedHashMap<>();
    sample.forEach((name, tensor) -> copy.put(name, tensor.copy(arena)));
    return copy;
  }

  /** The first samples of these, at most so many. */
  default CalibrationData first(long limit) {
    return part(0, 1, limit);
  }

  /**
   * A part of these samples: every so manieth.
   *
   * @param start position of the first
   * @param step between two
   * @param limit at most so many
   */
  default CalibrationData part(long start, long step, long limit) {
    CalibrationData all = this;
    return new CalibrationData() {
      @Override
      public OptionalLong count() {
        return all.count().isPresent()
            ? OptionalLong.of(Math.clamp(Math.ceilDiv(all.count().getAsLong() - start, step), 0, limit))
            : all.count();
      }

      @Override
      public String name(long index) {
        return all.name(start + index * step);
      }

      @Override
      public Iterator<Map<String, Tensor>> iterator() {
        return new SamplePart(all.iterator(), start, step, limit);
      }
    };
  }

  /** At most so many of these samples, spread over all where their number is known. */
  default CalibrationData spread(long limit) {
    return part(0, Math.max(1, count().orElse(0) / limit), limit);
  }
}
