package dev.slipway.analysis;

import dev.slipway.runtime.RunTime;
import dev.slipway.runtime.StepTime;
import dev.slipway.runtime.StepWork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Where the time of a model's runs goes. All times are medians, in milliseconds.
 *
 * @param millis a run while its steps are timed
 * @param plainRuns nanoseconds of runs without timing, which took turns with those, in order
 * @param layerShare what all layers together take of a run, 0 to 1
 * @param rest what is no layer, by name: copies, and what lies before, between and behind the steps
 */
public record ModelProfile(
    String model,
    String device,
    String precision,
    int threads,
    int streams,
    int runs,
    double millis,
    long[] plainRuns,
    List<LayerProfile> layers,
    double layerShare,
    Map<String, Double> rest) {

  private static final String INPUTS = "inputs";
  private static final String UPLOADS = "copies to the device";
  private static final String DOWNLOADS = "copies to the host";
  private static final String BETWEEN = "between steps";
  private static final String OUTPUTS = "outputs";

  public ModelProfile {
    layers = List.copyOf(layers);
    rest = Collections.unmodifiableMap(new LinkedHashMap<>(rest));
  }

  /**
   * The medians of some runs.
   *
   * @param model the name to give it
   * @param roofs the roof of each step; {@link Roof#UNKNOWN} where there is none
   */
  public static ModelProfile of(
      String model,
      String device,
      String precision,
      int threads,
      ProfiledRuns runs,
      Function<StepWork, Roof> roofs) {
    List<RunTime> timed = runs.timed();
    double millis = medianMillis(timed, RunTime::nanos);
    List<LayerProfile> layers = new ArrayList<>();
    List<StepTime> steps = timed.getFirst().steps();
    for (int i = 0; i < steps.size(); i++) {
      int step = i;
      StepWork work = steps.get(i).work();
      ToLongFunction<RunTime> nanos = run -> run.steps().get(step).nanos();
      layers.add(new LayerProfile(work, medianMillis(timed, nanos), medianShare(timed, nanos), roofs.apply(work)));
    }
    return new ModelProfile(
        model,
        device,
        precision,
        threads,
        runs.streams().size(),
        timed.size(),
        millis,
        runs.plainNanos(),
        layers,
        medianShare(timed, RunTime::stepNanos),
        rest(timed));
  }

  private static Map<String, Double> rest(List<RunTime> runs) {
    Map<String, Double> rest = new LinkedHashMap<>();
    rest.put(INPUTS, medianMillis(runs, RunTime::inputNanos));
    if (!runs.getFirst().copies().isEmpty()) {
      rest.put(UPLOADS, medianMillis(runs, run -> copyNanos(run, true)));
      rest.put(DOWNLOADS, medianMillis(runs, run -> copyNanos(run, false)));
    }
    rest.put(BETWEEN, medianMillis(runs, RunTime::betweenNanos));
    rest.put(OUTPUTS, medianMillis(runs, RunTime::outputNanos));
    return rest;
  }

  private static long copyNanos(RunTime run, boolean toDevice) {
    return run.copies().stream()
        .filter(copy -> copy.toDevice() == toDevice)
        .mapToLong(RunTime.CopyTime::nanos)
        .sum();
  }

  /** Of each run by itself, since a disturbance makes all parts of a run longer. */
  private static double medianShare(List<RunTime> runs, ToLongFunction<RunTime> nanos) {
    double[] shares = runs.stream().mapToDouble(run -> nanos.applyAsLong(run) / (double) run.nanos()).toArray();
    return Samples.median(shares);
  }

  private static double medianMillis(List<RunTime> runs, ToLongFunction<RunTime> nanos) {
    return Samples.median(runs.stream().mapToLong(nanos).toArray()) / 1e6;
  }

  /** The model without its folder. */
  public String name() {
    return model.substring(model.lastIndexOf('/') + 1);
  }

  /** A run without timing; NaN where there was none. */
  public double plainMillis() {
    return Samples.median(plainRuns) / 1e6;
  }

  /** How much longer a run takes while its steps are timed: 0.01 for a percent. */
  public double overhead() {
    return millis / plainMillis() - 1;
  }

  /** Whether inputs and outputs are copied to and from a device with memory of its own. */
  public boolean hasCopies() {
    return rest.containsKey(UPLOADS);
  }

  /** All copies of inputs to the device. */
  public double uploadMillis() {
    return rest.getOrDefault(UPLOADS, 0.0);
  }

  /** All copies of outputs to the host. */
  public double downloadMillis() {
    return rest.getOrDefault(DOWNLOADS, 0.0);
  }

  /** All layers together. */
  public double layerMillis() {
    return layers.stream().mapToDouble(LayerProfile::millis).sum();
  }

  /** As an object of JSON. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("device", device);
    json.put("precision", precision);
    json.put("threads", threads);
    json.put("streams", streams);
    json.put("runs", runs);
    json.put("ms", millis);
    json.put("plainMs", plainMillis());
    json.put("overhead", overhead());
    json.put("layerMs", layerMillis());
    json.put("layerShare", layerShare);
    json.put("restMs", rest);
    json.put("runMs", Arrays.stream(plainRuns).mapToDouble(nanos -> nanos / 1e6).boxed().toList());
    json.put("layers", layers.stream().map(LayerProfile::json).toList());
    return json;
  }
}
