package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Reads strips of text by a PP-OCR recognition network: input {@code x} N×3×48×W, output N×steps×classes probabilities.
 * Widths are rounded up to multiples of 32, so that an engine meets few shapes; strips of one width share a batch.
 *
 * @param batchSize strips that go through the network at once
 */
public record TextRecognizer(Inference inference, CtcDecoder decoder, int batchSize) {
  private static final int MULTIPLE = 32;

  /** Networks are trained at this width; narrower strips are padded to it. */
  private static final int MIN_WIDTH = 320;

  /** Longer strips are squeezed, because attention needs memory in the square of the width. */
  private static final int MAX_WIDTH = 3200;

  public TextRecognizer {
    Objects.requireNonNull(inference, "inference");
    Objects.requireNonNull(decoder, "decoder");
    if (batchSize < 1) {
      throw new SlipwayException("batch size: " + batchSize + " (expected: >= 1)");
    }
  }

  public TextRecognizer(Inference inference, CtcDecoder decoder) {
    this(inference, decoder, 6);
  }

  /** The input of the network for one strip, a batch of one. */
  public static Tensor input(Image strip) {
    return TextStrips.input(List.of(strip), paddedWidth(strip));
  }

  /** The text of each strip, in the order given. */
  public List<RecognizedText> recognize(List<Image> strips) {
    TreeMap<Integer, List<Integer>> byWidth = new TreeMap<>();
    for (int i = 0; i < strips.size(); i++) {
      byWidth.computeIfAbsent(paddedWidth(strips.get(i)), width -> new ArrayList<>()).add(i);
    }
    RecognizedText[] texts = new RecognizedText[strips.size()];
    byWidth.forEach((width, indices) -> {
      for (int start = 0; start < indices.size(); start += batchSize) {
        recognize(strips, indices.subList(start, Math.min(start + batchSize, indices.size())), width, texts);
      }
    });
    return Arrays.asList(texts);
  }

  private void recognize(List<Image> strips, List<Integer> indices, int width, RecognizedText[] texts) {
    Tensor output = inference.run("x", TextStrips.input(indices.stream().map(strips::get).toList(), width));
    if (output.rank() != 3 || output.dim(0) != indices.size() || output.dim(2) != decoder.classes().size()) {
      throw new SlipwayException("output of the recognition network: " + output.type() + " (expected: float32["
          + indices.size() + ", steps, " + decoder.classes().size() + "], the dictionary with blank and space)");
    }
    float[] probabilities = output.toFloats();
    int steps = Math.toIntExact(output.dim(1));
    for (int i = 0; i < indices.size(); i++) {
      texts[indices.get(i)] = decoder.decode(probabilities, i * steps * decoder.classes().size(), steps);
    }
  }

  private static int paddedWidth(Image strip) {
    return Math.max(Math.ceilDiv(TextStrips.width(strip, MAX_WIDTH), MULTIPLE) * MULTIPLE, MIN_WIDTH);
  }
}
