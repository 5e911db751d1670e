package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;

/** Applies repairs to a quantised model, one after the other, and keeps those that gain. */
final class Repairs {
  /** The gain is measured on so many samples, which are not learned from: every fourth. */
  private static final int MEASURED = 16;

  private static final int MEASURED_STEP = 4;

  /** Moments of so many layers are in memory at once. */
  private static final int LAYERS_AT_ONCE = 16;

  private final QuantizationOptions options;
  private final GraphExecutor executor;
  private final CalibrationData data;
  private final Function<QuantizationPlan, QuantizedModel> quantize;
  private final List<RepairGain> gains = new ArrayList<>();
  private QuantizedModel model;
  private double signalToNoise;

  /**
   * Repairs of a model.
   *
   * @param quantize calibrates a plan anew where its graph has changed
   */
  Repairs(
      QuantizedModel model,
      QuantizationOptions options,
      GraphExecutor executor,
      CalibrationData data,
      Function<QuantizationPlan, QuantizedModel> quantize) {
    this.model = model;
    this.options = options;
    this.executor = executor;
    this.data = data;
    this.quantize = quantize;
  }

  /** The repaired model with what each repair gained. */
  QuantizedModel apply() {
    Graph exact = model.plan().graph();
    signalToNoise = measure(model, exact);
    for (Repair repair : Repair.values()) {
      if (options.repairs().contains(repair)) {
        options.progress().accept("repairing: " + repair.label());
        apply(repair, exact);
      }
    }
    return model.withGains(gains);
  }

  private void apply(Repair repair, Graph exact) {
    Candidate candidate = switch (repair) {
      case EQUALIZE -> measured(requantized(CrossLayerEqualization.apply(model.plan())), exact);
      case SMOOTH -> smoothed(exact);
      case ROUND -> measured(changed(layer -> true, AdaptiveRounding::round), exact);
      case CORRECT_BIAS -> measured(changed(this::takesBias, BiasCorrection::correct), exact);
    };
    RepairGain gain =
        new RepairGain(repair, candidate.layers(), signalToNoise, candidate.signalToNoise().orElse(signalToNoise));
    gains.add(gain);
    if (gain.isKept()) {
      model = candidate.model();
      signalToNoise = gain.after();
    }
  }

  /** A repaired model; signal to noise is empty before it is measured, and where nothing was repaired. */
  private record Candidate(QuantizedModel model, int layers, OptionalDouble signalToNoise) {
    Candidate(QuantizedModel model, int layers) {
      this(model, layers, OptionalDouble.empty());
    }
  }

  private Candidate measured(Candidate candidate, Graph exact) {
    return candidate.layers() == 0
        ? candidate
        : new Candidate(
            candidate.model(), candidate.layers(), OptionalDouble.of(measure(candidate.model(), exact)));
  }

  /** The best of some degrees of smoothing. */
  private Candidate smoothed(Graph exact) {
    SmoothQuant smooth = SmoothQuant.of(model.plan(), data, executor);
    if (!smooth.isApplicable()) {
      return new Candidate(model, 0);
    }
    return SmoothQuant.ALPHAS.stream()
        .map(alpha -> measured(requantized(smooth.apply(alpha)), exact))
        .max(Comparator.comparingDouble(candidate -> candidate.signalToNoise().orElseThrow()))
        .orElseThrow();
  }

  private double measure(QuantizedModel quantized, Graph exact) {
    return new Sensitivity(quantized, executor, line -> {}).whole(exact, measured(data));
  }

  /** The samples that gains are measured on. */
  static CalibrationData measured(CalibrationData data) {
    return data.part(0, MEASURED_STEP, MEASURED);
  }

  /** The others; all where there are too few to leave some out. */
  private CalibrationData learned() {
    return data.count().orElse(0) < MEASURED_STEP ? data : new LeftOut(data, MEASURED_STEP);
  }

  private Candidate requantized(EditedGraph edited) {
    return edited.layers() == 0
        ? new Candidate(model, 0)
        : new Candidate(quantize.apply(QuantizationPlan.of(edited.graph(), options.excluded())), edited.layers());
  }

  @FunctionalInterface
  private interface Change {
    LayerParameters apply(Channels weights, LayerParameters parameters, InputMoments moments);
  }

  private Candidate changed(Predicate<Layer> takes, Change change) {
    QuantizationPlan plan = model.plan();
    List<Layer> layers = plan.layers().stream().filter(takes).toList();
    Map<String, LayerParameters> all = new LinkedHashMap<>(model.parameters().layers());
    int count = 0;
    for (int start = 0; start < layers.size(); start += LAYERS_AT_ONCE) {
      List<Layer> some = layers.subList(start, Math.min(start + LAYERS_AT_ONCE, layers.size()));
      Map<String, InputMoments> moments = InputMoments.of(model, some, learned(), executor);
      for (Layer layer : some) {
        if (moments.containsKey(layer.name())) {
          Channels weights = Channels.of(layer.weights(plan.graph()), layer.channelAxis());
          all.put(layer.name(), change.apply(weights, all.get(layer.name()), moments.get(layer.name())));
          count++;
        }
      }
    }
    Map<ValueId, QuantParams> values = model.parameters().values();
    return new Candidate(model.with(new QuantizationParameters(values, all)), count);
  }

  /** Whether a layer has a bias for each output channel, or room for one. */
  private boolean takesBias(Layer layer) {
    return layer.bias().isPresent() || layer.biasPort() >= 0 && !layer.node().hasInput(layer.biasPort());
  }
}
