package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs a float graph over samples and observes values inside of it. */
final class Calibration {
  private static final int CHUNK = 1 << 14;
  private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private final Graph graph;
  private final CalibrationData data;
  private final GraphExecutor executor;
  private final Consumer<String> progress;
  private final float[] chunk = new float[CHUNK];

  Calibration(Graph graph, CalibrationData data, GraphExecutor executor, Consumer<String> progress) {
    this.graph = graph;
    this.data = data;
    this.executor = executor;
    this.progress = progress;
  }

  /**
   * The ranges of values.
   *
   * @throws SlipwayException for samples that the graph does not take, that are not finite, or where there are none
   */
  Map<ValueId, Range> ranges(Collection<ValueId> values, QuantizationOptions options) {
    return ranges(observe(values, options));
  }

  private static Map<ValueId, Range> ranges(Map<ValueId, Observer> observers) {
    Map<ValueId, Range> ranges = new LinkedHashMap<>();
    observers.forEach((id, observed) -> ranges.put(id, observed.range()));
    return ranges;
  }

  /** The observers of values after all samples; refuses as {@link #ranges} does. */
  Map<ValueId, Observer> observe(Collection<ValueId> values, QuantizationOptions options) {
    Calibrator calibrator = options.calibrator();
    try (Taps taps = new Taps(executor, graph, values)) {
      Map<ValueId, Range> full = calibrator.needsRange()
          ? ranges(pass(taps, values, "observing ranges", id -> new MinMaxObserver()))
          : Map.of();
      return pass(taps, values, "calibrating",
          id -> calibrator.observer(full.getOrDefault(id, Range.EMPTY), options.activations()));
    }
  }

  /** Lets observers see values, in one pass; refuses as {@link #ranges} does. */
  void observe(Map<ValueId, ? extends Observer> observers) {
    try (Taps taps = new Taps(executor, graph, observers.keySet())) {
      pass(taps, observers.keySet(), "observing", observers::get);
    }
  }

  private Map<ValueId, Observer> pass(
      Taps taps, Collection<ValueId> values, String task, Function<ValueId, Observer> observer) {
    Map<ValueId, Observer> observers = new LinkedHashMap<>();
    values.forEach(id -> observers.put(id, observer.apply(id)));
    Map<String, ValueType> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(id -> inputs.put(graph.value(id).name(), graph.type(id)));
    long done = 0;
    for (Map<String, Tensor> sample : data) {
      data.check(sample, done, inputs);
      Map<ValueId, Tensor> seen = taps.run(sample);
      for (Map.Entry<ValueId, Observer> entry : observers.entrySet()) {
        observe(entry.getKey(), seen.get(entry.getKey()), entry.getValue(), done);
      }
      report(task, ++done);
    }
    if (done == 0) {
      throw new SlipwayException("calibration data: no samples (expected: at least 1, better 100)");
    }
    return observers;
  }

  private void report(String task, long done) {
    if (data.count().isPresent()) {
      progress.accept(task + ": " + done + " of " + data.count().getAsLong() + " samples");
    }
  }

  private void observe(ValueId id, Tensor tensor, Observer observer, long sample) {
    MemorySegment data = tensor.data();
    long count = tensor.elementCount();
    for (long at = 0; at < count; at += CHUNK) {
      int length = (int) Math.min(CHUNK, count - at);
      MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED, at * Float.BYTES, chunk, 0, length);
      requireFinite(id, length, sample);
      observer.observe(chunk, length);
    }
    observer.endSample();
  }

  private void requireFinite(ValueId id, int length, long sample) {
    int largest = 0;
    for (int i = 0; i < length; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(chunk[i]) & Integer.MAX_VALUE);
    }
    if (largest >= INFINITY_BITS) {
      String what = graph.isInput(id) ? "input " : "value ";
      throw new SlipwayException(at(sample) + ": " + what + graph.value(id).name() + " holds "
          + (largest > INFINITY_BITS ? "NaN" : "an infinity") + " (expected: finite numbers)");
    }
  }

  private String at(long sample) {
    return "calibration data: " + data.name(sample);
  }
}
