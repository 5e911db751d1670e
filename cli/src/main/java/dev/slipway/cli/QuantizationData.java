package dev.slipway.cli;

import dev.slipway.evaluation.Dataset;
import dev.slipway.evaluation.Datasets;
import dev.slipway.evaluation.Evaluation;
import dev.slipway.evaluation.InputShapes;
import dev.slipway.evaluation.Processing;
import dev.slipway.evaluation.Samples;
import dev.slipway.evaluation.Selection;
import dev.slipway.quantization.AccuracyMeasure;
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

  @Option(
      names = "--dataset",
      paramLabel = "[FORM:]PATH",
      description = "A data set with labels, to measure the accuracy on; without --data, the part that --calibrate"
          + " names is calibrated on.")
  private Optional<String> dataset = Optional.empty();

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "A csv with the labels, where they do not lie in the data set.")
  private Optional<Path> labels = Optional.empty();

  @Option(
      names = "--preprocessing",
      paramLabel = "FILE",
      description = "YAML that says how items become inputs and what outputs mean (default: the model's path with the"
          + " extension .yaml).")
  private Optional<Path> preprocessing = Optional.empty();

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

  /** What is open during a command. */
  record Opened(
      CalibrationData calibration,
      Optional<Evaluation> evaluation,
      List<Map<String, long[]>> shapes,
      List<Dataset> datasets) implements AutoCloseable {

    /** The accuracy by the first metric of the data set. */
    Optional<AccuracyMeasure> accuracy(Consumer<String> progress) {
      return evaluation.map(each -> model -> each.withProgress(progress).run(model::run).accuracy());
    }

    @Override
    public void close() {
      datasets.forEach(Dataset::close);
    }
  }

  /**
   * Opens the data for a model; the caller closes them.
   *
   * @param inputs the model's
   * @param outputs the model's
   */
  Opened open(ModelFile model, Map<String, ValueType> inputs, Map<String, ValueType> outputs) {
    List<Dataset> opened = new ArrayList<>();
    try {
      return open(model, inputs, outputs, opened);
    } catch (RuntimeException e) {
      opened.forEach(Dataset::close);
      throw e;
    }
  }

  /** Whether there is anything to calibrate on. */
  boolean isGiven() {
    return data.isPresent() || dataset.isPresent();
  }

  /** Refuses a search for accuracy without labels. */
  void requireDataset(String option) {
    if (dataset.isEmpty()) {
      throw new SlipwayException(option + ": without --dataset (expected: a data set with labels, on which the accuracy"
          + " is measured)");
    }
  }

  /** Refuses what can be refused before long work. */
  void check() {
    if (!isGiven()) {
      throw new SlipwayException("--data: missing (expected: --data with samples to calibrate on, or --dataset)");
    }
    if (samples < 1) {
      throw new SlipwayException("--samples: " + samples + " (expected: >= 1)");
    }
  }

  private Opened open(
      ModelFile model, Map<String, ValueType> inputs, Map<String, ValueType> outputs, List<Dataset> opened) {
    boolean tensors = data.isPresent() && TensorSamples.isAt(Path.of(data.get()));
    Optional<Processing> processing =
        tensors && dataset.isEmpty() ? Optional.empty() : Optional.of(processing(model));
    Optional<Dataset> labelled = dataset.map(text -> open(text, opened));
    List<Map<String, long[]>> shapes = new ArrayList<>();
    CalibrationData calibration;
    if (tensors) {
      calibration = TensorSamples.read(Path.of(data.get()), inputs, outputs).first(samples);
      calibration.forEach(sample -> shapes.add(GoldenData.shapes(sample)));
    } else {
      Dataset whole = data.map(text -> open(text, opened)).orElseGet(labelled::orElseThrow);
      Dataset part = Datasets.spread(Datasets.keep(whole, calibrated(whole)), samples);
      calibration = new Prepared(Samples.of(part, processing.orElseThrow().input(), inputs));
      if (!Profiles.dynamicInputs(inputs).isEmpty()) {
        shapes.addAll(InputShapes.of(whole, processing.orElseThrow().input(), inputs));
      }
    }
    Optional<Evaluation> evaluation =
        labelled.map(whole -> evaluation(whole, processing.orElseThrow(), inputs));
    return new Opened(calibration, evaluation, shapes, opened);
  }

  private Dataset open(String text, List<Dataset> opened) {
    Dataset whole = labels.map(file -> Datasets.open(text, file)).orElseGet(() -> Datasets.open(text));
    opened.add(whole);
    return whole;
  }

  private Evaluation evaluation(Dataset whole, Processing processing, Map<String, ValueType> inputs) {
    Dataset rest = data.isPresent() ? whole : Datasets.keep(whole, calibrated(whole).negate());
    Dataset part = evaluate.map(count -> Datasets.spread(rest, count)).orElse(rest);
    return Evaluation.of(Samples.of(part, processing.input(), inputs), processing.output());
  }

  private IntPredicate calibrated(Dataset whole) {
    if (calibrate.isEmpty() && data.isPresent()) {
      return index -> true;
    }
    return Selection.parse("--calibrate", calibrate.orElse("every:10")).on(whole);
  }

  private Processing processing(ModelFile model) {
    return Processing.read(preprocessing.orElseGet(() -> DatasetOptions.beside(model.path())));
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
