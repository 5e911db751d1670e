package dev.slipway.backend;

import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The shapes that an engine serves: kernels are tuned at opt, and anything from min to max runs. */
public record OptimizationProfile(Map<String, Range> ranges) {

  /** Dimensions of one input. */
  public record Range(long[] min, long[] opt, long[] max) {
    public Range {
      if (min.length != opt.length || opt.length != max.length) {
        throw new SlipwayException("profile: " + text(min, opt, max) + " (expected: one rank)");
      }
      for (int i = 0; i < min.length; i++) {
        if (min[i] < 0 || min[i] > opt[i] || opt[i] > max[i]) {
          throw new SlipwayException("profile: " + text(min, opt, max) + " (expected: 0 <= min <= opt <= max)");
        }
      }
      min = min.clone();
      opt = opt.clone();
      max = max.clone();
    }

    /** Exactly one shape. */
    public static Range exactly(long... dims) {
      return new Range(dims, dims, dims);
    }

    public boolean contains(long[] dims) {
      if (dims.length != min.length) {
        return false;
      }
      for (int i = 0; i < dims.length; i++) {
        if (dims[i] < min[i] || dims[i] > max[i]) {
          return false;
        }
      }
      return true;
    }

    @Override
    public String toString() {
      return Shape.text(min) + " to " + Shape.text(max);
    }

    private static String text(long[] min, long[] opt, long[] max) {
      return "min " + Shape.text(min) + ", opt " + Shape.text(opt) + ", max " + Shape.text(max);
    }
  }

  public OptimizationProfile {
    ranges = Collections.unmodifiableMap(new LinkedHashMap<>(ranges));
  }

  /** The shape to tune at, for each input. */
  public Map<String, Shape> optShapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    ranges.forEach((input, range) -> shapes.put(input, Shape.of(range.opt())));
    return shapes;
  }

  /** The largest shape, for each input. */
  public Map<String, Shape> maxShapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    ranges.forEach((input, range) -> shapes.put(input, Shape.of(range.max())));
    return shapes;
  }

  /** Whether every input of these types is inside. */
  public boolean contains(Map<String, TensorType> types) {
    for (Map.Entry<String, TensorType> type : types.entrySet()) {
      Range range = ranges.get(type.getKey());
      if (range != null && !range.contains(type.getValue().shape().known())) {
        return false;
      }
    }
    return true;
  }
}
