package dev.slipway.cli;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes optimisation profiles from shapes. */
final class Profiles {
  private Profiles() {}

  /** The inputs whose shapes are not fixed by the model. */
  static Map<String, TensorType> dynamicInputs(Map<String, ValueType> inputs) {
    Map<String, TensorType> dynamic = new LinkedHashMap<>();
    inputs.forEach((name, type) -> {
      if (type instanceof TensorType tensor && !tensor.shape().isKnown()) {
        dynamic.put(name, tensor);
      }
    });
    return dynamic;
  }

  /** The profile that just holds all these shapes, tuned at the first; none where the model fixes all shapes. */
  static List<OptimizationProfile> covering(Map<String, ValueType> inputs, List<Map<String, long[]>> shapes) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    for (String name : dynamicInputs(inputs).keySet()) {
      long[] opt = required(name, shapes.getFirst());
      long[] min = opt.clone();
      long[] max = opt.clone();
      for (Map<String, long[]> other : shapes) {
        long[] dims = required(name, other);
        if (dims.length != opt.length) {
          throw new SlipwayException("input " + name + ": shapes " + Shape.text(opt) + " and " + Shape.text(dims)
              + " (expected: one rank)");
        }
        for (int i = 0; i < dims.length; i++) {
          min[i] = Math.min(min[i], dims[i]);
          max[i] = Math.max(max[i], dims[i]);
        }
      }
      ranges.put(name, new OptimizationProfile.Range(min, opt, max));
    }
    return ranges.isEmpty() ? List.of() : List.of(new OptimizationProfile(ranges));
  }

  private static long[] required(String name, Map<String, long[]> shapes) {
    long[] dims = shapes.get(name);
    if (dims == null) {
      throw new SlipwayException("input " + name + ": no shape (expected: one for each input with dynamic dimensions)");
    }
    return dims;
  }

  /** Whether nothing but the first dimension of the inputs is dynamic. */
  static boolean isBatchOnly(Map<String, TensorType> dynamic) {
    return dynamic.values().stream().allMatch(type -> type.shape().ranked()
        && type.shape().rank() > 0
        && type.shape().slice(1, type.shape().rank()).isKnown());
  }

  /** The shapes of inputs that are dynamic in the batch alone. */
  static Map<String, long[]> atBatch(Map<String, TensorType> dynamic, long batch) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    dynamic.forEach((name, type) -> shapes.put(name, type.shape().with(0, Dim.of(batch)).known()));
    return shapes;
  }

  /** Refuses inputs with dynamic dimensions that no option gives. */
  static SlipwayException unbound(Map<String, TensorType> dynamic, String options) {
    List<String> examples = new ArrayList<>();
    dynamic.forEach((name, type) -> examples.add(name + ":" + example(type.shape())));
    return new SlipwayException("input " + dynamic.keySet().iterator().next() + ": "
        + dynamic.values().iterator().next() + " has dynamic dimensions (expected: " + options
        + ", for example --shapes "
        + String.join(",", examples) + ")");
  }

  private static String example(Shape shape) {
    if (!shape.ranked()) {
      return "1x3x224x224";
    }
    long[] dims = new long[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      boolean spatial = shape.rank() == 4 && i >= 2;
      dims[i] = shape.dim(i) instanceof Dim.Known(long size) ? size : spatial ? 224 : i == 0 ? 1 : 128;
    }
    return ShapeList.text(dims);
  }
}
