package dev.slipway.quantization;

import dev.slipway.graph.ValueId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers of a quantised graph: of each value that is quantised, and of each layer by its name. */
public record QuantizationParameters(Map<ValueId, QuantParams> values, Map<String, LayerParameters> layers) {

  public QuantizationParameters {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
  }

  /** Parameters that cover these ranges, with weights rounded to the nearest levels. */
  static QuantizationParameters of(
      QuantizationPlan plan, Map<ValueId, Range> ranges, QuantizationOptions options) {
    Map<ValueId, QuantParams> values = new LinkedHashMap<>();
    for (var group : plan.groups()) {
      Range shared = group.stream().map(ranges::get).reduce(Range.EMPTY, Range::and);
      QuantParams params = QuantParams.of(shared, options.activations(), options.powerOfTwo());
      group.forEach(value -> values.put(value, params));
    }
    Map<String, LayerParameters> layers = new LinkedHashMap<>();
    for (Layer layer : plan.layers()) {
      layers.put(
          layer.name(), LayerParameters.of(plan.graph(), layer, values.get(layer.input()).scale(), options));
    }
    return new QuantizationParameters(values, layers);
  }
}
