package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Tells whether strips of text stand on their head by a PP-OCR direction network: input {@code x} N×3×48×192, output
 * N×2 probabilities of 0 and 180 degrees.
 *
 * @param minProbability a strip is taken for turned above this probability
 * @param batchSize strips that go through the network at once
 */
public record TextDirectionClassifier(Inference inference, double minProbability, int batchSize) {
  private static final int WIDTH = 192;

  public TextDirectionClassifier {
    Objects.requireNonNull(inference, "inference");
    if (batchSize < 1) {
      throw new SlipwayException("batch size: " + batchSize + " (expected: >= 1)");
    }
  }

  /** With the threshold of PaddleOCR. */
  public TextDirectionClassifier(Inference inference) {
    this(inference, 0.9, 6);
  }

  /** For each strip whether it is turned by 180 degrees. */
  public List<Boolean> turned(List<Image> strips) {
    List<Boolean> turned = new ArrayList<>();
    for (int start = 0; start < strips.size(); start += batchSize) {
      List<Image> batch = strips.subList(start, Math.min(start + batchSize, strips.size()));
      float[] probabilities = probabilities(batch);
      for (int i = 0; i < batch.size(); i++) {
        turned.add(probabilities[2 * i + 1] > minProbability);
      }
    }
    return turned;
  }

  private float[] probabilities(List<Image> batch) {
    Tensor output = inference.run("x", TextStrips.input(batch, WIDTH));
    if (output.rank() != 2 || output.dim(0) != batch.size() || output.dim(1) != 2) {
      throw new SlipwayException("output of the direction network: " + output.type() + " (expected: float32["
          + batch.size() + ", 2])");
    }
    return output.toFloats();
  }
}
