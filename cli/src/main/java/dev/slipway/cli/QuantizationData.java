package dev.slipway.cli;

import dev.slipway.evaluation.CompanionNetworks;
import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Datasets;
import dev.slipway.evaluation.InputShapes;
import dev.slipway.evaluation.Processing;
import dev.slipway.evaluation.Samples;
import dev.slipway.evaluation.Selection;
import dev.slipway.quantization.CalibrationData;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.ValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a model is calibrated on, and what its accuracy is measured on; the two share nothing. */
final class QuantizationData {
  private static final int DEFAULT_SAMPLES = 100;

  @Option(
      names = "--data",
      paramLabel = "[FORM:]PATH",
      description = "Samples to calibrate on: pictures or another data set (see --preprocessing), golden data, or .npy"
          + " and .npz files, one for each sample.")
  private Optional<String> data = Optional.empty();

  @Mixin private DatasetFiles files;

  @Option(
      names = "--calibrate",
      paramLabel = "RULE",
      description = "The part of a data set to calibrate on: every:N, items whose position divides by N, or class:N,"
          + " those whose class does (default: all of --data, every:10 of --dataset).")
  private Optional<String> calibrate = Optional.empty();

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Calibrate on at most so many samples, evenly spread (default: 100).")
  private int samples = DEFAULT_SAMPLES;

  @Option(
      names = "--evaluate",
      paramLabel = "N",
      description = "Measure the accuracy on at most so many samples, evenly spread (default: all).")
  private Optional<Integer> evaluate = Optional.empty();

  /**
   * What is open during a command.
   *
   * @param labelled what the accuracy is measured on
   */
  record Opened(
      CalibrationData calibration,
      Optional<Labelled> labelled,
      List<Map<String, long[]>> shapes,
      List<Dataset> datasets) implements AutoCloseable {

    /** The accuracy by the first metric of the data set. */
    Optional<DatasetAccuracy> accuracy(Consumer<String> progress) {
      return labelled.map(each ->
          new DatasetAccuracy(each.dataset(), each.processing(), each.inputs(), progress));
    }

    @Override
    public void close() {
      datasets.forEach(Dataset::close);
    }
  }

  /** A data set with labels, and how a model with these inputs works on it. */
  record Labelled(Dataset dataset, Processing processing, Map<String, ValueType> inputs) {}

  /**
   * Opens the data for a model; the caller closes them.
   *
   * @param networks opens those beside the model
   * @param inputs the model's
   * @param outputs the model's
   * @param repeated whether many models are calibrated, so that samples in memory are worth their space
   */
  Opened open(
      ModelFile model,
      CompanionNetworks networks,
      Map<String, ValueType> inputs,
      Map<String, ValueType> outputs,
      boolean repeated) {
    List<Dataset> opened = new ArrayList<>();
    try {
      return open(model, networks, inputs, outputs, repeated, opened);
    } catch (RuntimeException e) {
      opened.forEach(Dataset::close);
      throw e;
    }
  }

  /** Whether there is anything to calibrate on. */
  boolean isGiven() {
    return data.isPresent() || files.dataset().isPresent();
  }

  /** Refuses a search for accuracy without labels. */
  void requireDataset(String option) {
    if (files.dataset().isEmpty()) {
      throw new SlipwayException(option + ": without --dataset (expected: a data set with labels, on which the accuracy"
          + " is measured)");
    }
  }

  /** Refuses what can be refused before long work. */
  void check() {
    if (!isGiven()) {
      throw new SlipwayException("--data: missing (expected: --data with samples to calibrate on, or --dataset)");
    }
    OptionValue.atLeast("--samples", samples, 1);
    evaluate.ifPresent(count -> OptionValue.atLeast("--evaluate", count, 1));
  }

  private Opened open(
      ModelFile model,
      CompanionNetworks networks,
      Map<String, ValueType> inputs,
      Map<String, ValueType> outputs,
      boolean repeated,
      List<Dataset> opened) {
    boolean tensors = data.isPresent() && TensorSamples.isAt(Path.of(data.get()));
    Optional<Dataset> labelled = files.dataset().map(text -> open(text, opened));
    Optional<Dataset> source = tensors ? Optional.empty() : data.map(text -> open(text, opened)).or(() -> labelled);
    Optional<Processing> processing =
        tensors && labelled.isEmpty() ? Optional.empty() : Optional.of(files.processing(model, networks));
    List<Map<String, long[]>> shapes = new ArrayList<>();
    CalibrationData calibration;
    if (tensors) {
      calibration = TensorSamples.read(Path.of(data.get()), inputs, outputs).first(samples);
      shapes.addAll(shapes(calibration, inputs));
    } else {
      Dataset whole = source.orElseThrow();
      Dataset part = Datasets.spread(Datasets.keep(whole, calibrated(whole)), samples);
      Samples prepared = Samples.of(part, processing.orElseThrow().input(), inputs);
      calibration = new Prepared(repeated ? DatasetAccuracy.cached(prepared) : prepared);
      if (!Profiles.dynamicInputs(inputs).isEmpty()) {
        shapes.addAll(InputShapes.of(whole, processing.orElseThrow().input(), inputs));
      }
    }
    return new Opened(
        calibration,
        labelled.map(whole -> new Labelled(evaluated(whole), processing.orElseThrow(), inputs)),
        shapes,
        opened);
  }

  /** The shapes of samples, which are refused where they do not fit the model. */
  private static List<Map<String, long[]>> shapes(CalibrationData samples, Map<String, ValueType> inputs) {
    List<Map<String, long[]>> shapes = new ArrayList<>();
    for (Map<String, Tensor> sample : samples) {
      samples.check(sample, shapes.size(), inputs);
      shapes.add(GoldenData.shapes(sample));
    }
    return shapes;
  }

  private Dataset open(String text, List<Dataset> opened) {
    Dataset whole = files.open(text);
    opened.add(whole);
    return whole;
  }

  private Dataset evaluated(Dataset whole) {
    Dataset rest = data.isPresent() ? whole : Datasets.keep(whole, calibrated(whole).negate());
    return evaluate.map(count -> Datasets.spread(rest, count)).orElse(rest);
  }

  private IntPredicate calibrated(Dataset whole) {
    if (calibrate.isEmpty() && data.isPresent()) {
      return index -> true;
    }
    return Selection.parse("--calibrate", calibrate.orElse("every:10")).on(whole);
  }

  /** Samples of a data set without their labels. */
  private record Prepared(Samples samples) implements CalibrationData {

    @Override
    public OptionalLong count() {
      return OptionalLong.of(samples.size());
    }

    @Override
    public Iterator<Map<String, Tensor>> iterator() {
      return samples.stream().map(sample -> sample.inputs()).iterator();
    }
  }
}
