package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Quantises models after training. Immutable and thread-safe, where its executor is. */
public final class Quantizer {
  private final QuantizationOptions options;
  private final GraphExecutor executor;

  /**
   * A quantiser.
   *
   * @param executor runs the float graph over the samples
   */
  public Quantizer(QuantizationOptions options, GraphExecutor executor) {
    this.options = options;
    this.executor = executor;
  }

  /**
   * Calibrates a model and quantises it.
   *
   * @throws SlipwayException where the model is quantised already or has no layer that can be, where a layer to exclude
   *     does not exist, or where the data do not fit
   */
  public QuantizedModel quantize(Graph model, CalibrationData data) {
    QuantizedModel plain = calibrate(plan(model), data);
    return options.repairs().isEmpty()
        ? plain
        : new Repairs(plain, options, executor, data, plan -> calibrate(plan, data)).apply();
  }

  /**
   * Quantises a model by ranges that were found before, without repairs.
   *
   * @throws SlipwayException as {@link #quantize(Graph, CalibrationData)} does, and where a value is not in the cache
   */
  public QuantizedModel quantize(Graph model, CalibrationCache cache) {
    QuantizationPlan plan = plan(model);
    return quantize(plan, cache.ranges(plan.graph(), plan.values()));
  }

  private QuantizedModel calibrate(QuantizationPlan plan, CalibrationData data) {
    Calibration calibration = new Calibration(plan.graph(), data, executor, options.progress());
    return quantize(plan, calibration.ranges(plan.values(), options));
  }

  private QuantizedModel quantize(QuantizationPlan plan, Map<ValueId, Range> ranges) {
    QuantizationParameters parameters = QuantizationParameters.of(plan, ranges, options);
    return QuantizedModel.of(plan, parameters, ranges, notes(plan, ranges));
  }

  private QuantizationPlan plan(Graph model) {
    QuantizationPlan plan = QuantizationPlan.of(FloatModel.of(model), options.excluded());
    if (plan.layers().isEmpty()) {
      String why = plan.kept().isEmpty() ? "it has no layer with weights" : plan.kept().getFirst().toString();
      throw new SlipwayException("model " + model.name() + ": nothing can be quantised, " + why
          + " (expected: a float32 Conv, Gemm or MatMul with constant weights)");
    }
    return plan;
  }

  private static List<String> notes(QuantizationPlan plan, Map<ValueId, Range> ranges) {
    Graph graph = plan.graph();
    List<String> notes = new ArrayList<>();
    ranges.forEach((id, range) -> {
      if (range.min() < range.max()) {
        return;
      }
      if (graph.isInput(id) && range.magnitude() == 0) {
        throw new SlipwayException("calibration data: input " + graph.value(id).name()
            + (range.isEmpty() ? " has no elements in any sample" : " is 0 everywhere")
            + " (expected: real samples, whose range tells the scale)");
      }
      notes.add("value " + graph.value(id).name() + ": "
          + (range.magnitude() == 0 ? "0" : range.min()) + " in all samples, so that its scale is arbitrary (expected:"
          + " samples that make it vary)");
    });
    return notes;
  }
}
