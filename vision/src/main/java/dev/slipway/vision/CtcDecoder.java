package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.ArrayList;
import java.util.List;

/**
 * Greedy decoding of connectionist temporal classification (Graves et al., 2006): the best class of every step, repeats
 * merged, blanks dropped.
 *
 * @param classes the text of every class; class 0 is the blank
 */
public record CtcDecoder(List<String> classes) {

  public CtcDecoder {
    classes = List.copyOf(classes);
  }

  /** For a PP-OCR dictionary, one character a line: the blank stands before it and the space behind it. */
  public static CtcDecoder ofDictionary(List<String> characters) {
    List<String> classes = new ArrayList<>(characters.size() + 2);
    classes.add("");
    classes.addAll(characters);
    classes.add(" ");
    return new CtcDecoder(classes);
  }

  /**
   * Decodes one sequence.
   *
   * @param probabilities steps × classes, row-major, beginning at {@code offset}
   */
  public RecognizedText decode(float[] probabilities, int offset, int steps) {
    if (offset < 0 || steps < 0 || (long) steps * classes.size() > probabilities.length - offset) {
      throw new SlipwayException("probabilities: " + probabilities.length + " from " + offset + " (expected: "
          + steps + " steps of " + classes.size() + " classes)");
    }
    StringBuilder text = new StringBuilder();
    double sum = 0;
    int characters = 0;
    int previous = 0;
    for (int step = 0; step < steps; step++) {
      int row = offset + step * classes.size();
      int best = best(probabilities, row);
      if (best != 0 && best != previous) {
        text.append(classes.get(best));
        sum += probabilities[row + best];
        characters++;
      }
      previous = best;
    }
    return new RecognizedText(text.toString(), characters == 0 ? 0 : sum / characters);
  }

  private int best(float[] probabilities, int row) {
    int best = 0;
    for (int i = 1; i < classes.size(); i++) {
      if (probabilities[row + i] > probabilities[row + best]) {
        best = i;
      }
    }
    return best;
  }
}
