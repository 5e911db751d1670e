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
 * @param gains what repairs gained, in the order in which they were applied
 * @param notes what the caller should know: values that never varied, ...
 */
public record QuantizedModel(
    Graph graph,
    QuantizationPlan plan,
    QuantizationParameters parameters,
    Map<ValueId, Range> ranges,
    List<RepairGain> gains,
    List<String> notes) {

  public QuantizedModel {
    ranges = Collections.unmodifiableMap(new LinkedHashMap<>(ranges));
    gains = List.copyOf(gains);
    notes = List.copyOf(notes);
  }

  /** A plan with these numbers, written out. */
  static QuantizedModel of(
      QuantizationPlan plan, QuantizationParameters parameters, Map<ValueId, Range> ranges, List<String> notes) {
    return new QuantizedModel(
        QuantizedGraph.qdq(plan, parameters), plan, parameters, ranges, List.of(), notes);
  }

  /** The same model with other numbers. */
  QuantizedModel with(QuantizationParameters others) {
    return of(plan, others, ranges, notes);
  }

  QuantizedModel withGains(List<RepairGain> reported) {
    return new QuantizedModel(graph, plan, parameters, ranges, reported, notes);
  }

  /** The same model with some of its layers in floating point. */
  QuantizedModel without(List<String> layers) {
    QuantizationPlan fewer = plan.without(layers);
    return new QuantizedModel(QuantizedGraph.qdq(fewer, parameters), fewer, parameters, ranges, gains, notes);
  }
}
