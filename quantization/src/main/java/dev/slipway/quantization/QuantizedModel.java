package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What quantisation made of a model.
 *
 * @param graph with QuantizeLinear and DequantizeLinear, standard ONNX
 * @param plan what was quantised, and why the rest was not; its graph is the float model
 * @param ranges of the values that are quantised
 * @param notes what the caller should know: values that never varied, ...
 */
public record QuantizedModel(
    Graph graph,
    QuantizationPlan plan,
    QuantizationParameters parameters,
    Map<ValueId, Range> ranges,
    List<String> notes) {

  public QuantizedModel {
    ranges = Collections.unmodifiableMap(new LinkedHashMap<>(ranges));
    notes = List.copyOf(notes);
  }
}
