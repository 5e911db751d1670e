package dev.slipway.evaluation;

import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The shapes that a data set gives a model, for optimisation profiles. */
public final class InputShapes {
  private InputShapes() {}

  /**
   * Every shape once, by input, the median first. Where the processing makes all shapes equal, one sample is looked at,
   * otherwise all are.
   */
  public static List<Map<String, long[]>> of(
      Dataset dataset, InputProcessing processing, Map<String, ValueType> inputs) {
    int looked = processing.hasFixedShape() ? 1 : dataset.size();
    try (Stream<Sample> samples = Samples.of(Datasets.keep(dataset, index -> index < looked), processing, inputs)
        .stream()) {
      List<Map<String, List<Long>>> shapes = new ArrayList<>(samples.map(InputShapes::dims)
          .sorted(Comparator.comparingLong(InputShapes::elements))
          .toList());
      shapes.addFirst(shapes.get(shapes.size() / 2));
      return shapes.stream().distinct().map(InputShapes::arrays).toList();
    }
  }

  private static Map<String, List<Long>> dims(Sample sample) {
    Map<String, List<Long>> dims = new LinkedHashMap<>();
    sample.inputs().forEach((name, tensor) -> dims.put(name, Arrays.stream(tensor.dims()).boxed().toList()));
    return dims;
  }

  private static long elements(Map<String, List<Long>> dims) {
    return dims.values().stream().mapToLong(list -> list.stream().reduce(1L, (a, b) -> a * b)).sum();
  }

  private static Map<String, long[]> arrays(Map<String, List<Long>> dims) {
    Map<String, long[]> arrays = new LinkedHashMap<>();
    dims.forEach((name, list) -> arrays.put(name, list.stream().mapToLong(Long::longValue).toArray()));
    return arrays;
  }
}
