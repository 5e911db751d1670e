package dev.slipway.quantization;

import dev.slipway.graph.ValueId;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * How much noise better scales would spare: the squared error of the weights and of the inputs of a layer over that of
 * the best scales, in decibels. A layer that loses much needs other scales, not floating point.
 */
final class ScaleLoss {
  private ScaleLoss() {}

  /** The loss of each layer, by its weights or its inputs, whichever is more. */
  static Map<String, Double> of(QuantizedModel model, CalibrationData data, GraphExecutor executor) {
    QuantizationPlan plan = model.plan();
    Map<ValueId, Double> inputs = inputs(model, data, executor);
    Map<String, Double> losses = new LinkedHashMap<>();
    for (Layer layer : plan.layers()) {
      Channels weights = Channels.of(layer.weights(plan.graph()), layer.channelAxis());
      double own = weights(weights, model.parameters().layers().get(layer.name()));
      losses.put(layer.name(), Math.max(own, inputs.get(layer.input())));
    }
    return losses;
  }

  private static double weights(Channels weights, LayerParameters parameters) {
    double best = 0;
    double actual = 0;
    for (int channel = 0; channel < weights.count(); channel++) {
      float magnitude = WeightRange.MSE.magnitude(weights, channel);
      best += WeightRange.error(weights, channel, QuantParams.scale(magnitude, QuantParams.SYMMETRIC_LEVELS, false));
      actual += WeightRange.error(weights, channel, parameters.scale(channel));
    }
    return decibels(actual, best);
  }

  private static Map<ValueId, Double> inputs(QuantizedModel model, CalibrationData data, GraphExecutor executor) {
    QuantizationPlan plan = model.plan();
    Set<ValueId> inputs = new LinkedHashSet<>(plan.layers().stream().map(Layer::input).toList());
    Calibrator observing = new Calibrator("scale loss", true, SquaredErrorObserver::new);
    Map<ValueId, Observer> observed = new Calibration(plan.graph(), data, executor, line -> {})
        .observe(inputs, QuantizationOptions.defaults().withCalibrator(observing));
    Map<ValueId, Double> losses = new LinkedHashMap<>();
    observed.forEach((id, observer) -> losses.put(id,
        observer instanceof SquaredErrorObserver errors ? loss(errors, model.parameters().values().get(id)) : 0.0));
    return losses;
  }

  private static double loss(SquaredErrorObserver errors, QuantParams params) {
    return decibels(errors.error(params), errors.error(QuantParams.of(errors.range(), params.dtype(), false)));
  }

  private static double decibels(double actual, double best) {
    return actual <= best || best == 0 ? 0 : 10 * Math.log10(actual / best);
  }
}
