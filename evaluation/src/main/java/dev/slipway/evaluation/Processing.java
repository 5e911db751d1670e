package dev.slipway.evaluation;

import java.nio.file.Path;
import java.util.Objects;

/** What stands around a model: the preparation of its inputs and the meaning of its outputs. */
public record Processing(InputProcessing input, OutputProcessing output) {
  public Processing {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(output, "output");
  }

  /**
   * Reads a description in YAML, as {@code docs/evaluation.md} gives it:
   *
   * <pre>{@code
   * input:
   *   picture:
   *     format: bgr
   *     steps:
   *       - center-crop: 224
   *     normalize: {mean: [104, 117, 123]}
   * output:
   *   classes: {}
   * }</pre>
   *
   * @throws dev.slipway.tensor.SlipwayException where the file is missing or not of that form; the message names the
   *     key
   */
  public static Processing read(Path file) {
    return read(file, CompanionNetworks.none());
  }

  /** The same, where the description may name networks that work beside the model. */
  public static Processing read(Path file, CompanionNetworks networks) {
    return ProcessingFile.read(file, networks);
  }
}
