package dev.slipway.evaluation;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Inference;
import java.nio.file.Path;

/**
 * Opens networks that work beside the model that is looked at, such as the recogniser behind a text detector. Whoever
 * gives it closes what it opened.
 */
@FunctionalInterface
public interface CompanionNetworks {

  /**
   * A network that can be run.
   *
   * @param model an ONNX file
   * @param profile the shapes that it will get
   */
  Inference open(Path model, OptimizationProfile profile);

  /** Refuses to open any. */
  static CompanionNetworks none() {
    return (model, profile) -> {
      throw new SlipwayException(model + ": a network beside the model (expected: none here)");
    };
  }
}
