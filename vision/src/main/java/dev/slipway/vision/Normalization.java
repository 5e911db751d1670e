package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;
import java.util.List;

/**
 * Pixel values to network values: {@code (pixel * scale - mean) / deviation}, rounded once to float32.
 *
 * @param mean one number for all channels, or one for each in the order of the pixel format
 * @param deviation the same for the divisor
 */
public record Normalization(double scale, List<Double> mean, List<Double> deviation) {
  /** Values 0 to 255 as they are. */
  public static final Normalization NONE = scale(1);

  /** Values -1 to 1: x / 127.5 - 1. */
  public static final Normalization SYMMETRIC = new Normalization(1 / 255.0, List.of(0.5), List.of(0.5));

  /** Mean and deviation of ImageNet's red, green and blue. */
  public static final Normalization IMAGENET =
      new Normalization(1 / 255.0, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  public Normalization {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.isEmpty() || deviation.isEmpty() || deviation.contains(0.0)) {
      throw new SlipwayException("normalisation: mean " + mean + ", deviation " + deviation
          + " (expected: at least one number in each, no zero deviation)");
    }
  }

  public static Normalization scale(double scale) {
    return new Normalization(scale, List.of(0.0), List.of(1.0));
  }

  /** The pixel minus a mean of each channel. */
  public static Normalization subtract(double... mean) {
    return new Normalization(1, Arrays.stream(mean).boxed().toList(), List.of(1.0));
  }

  /** The network value of every pixel value of a channel. */
  float[] table(int channel) {
    double center = mean.get(Math.min(channel, mean.size() - 1));
    double divisor = deviation.get(Math.min(channel, deviation.size() - 1));
    float[] table = new float[256];
    for (int value = 0; value < table.length; value++) {
      table[value] = (float) ((value * scale - center) / divisor);
    }
    return table;
  }
}
