package dev.slipway.evaluation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well texts are read: {@code exact}, the share that is right to the letter; {@code cer} and {@code wer}, the
 * characters and words to insert, delete or replace, for each of the right text's.
 */
public final class TextAccuracy implements Metric {
  private static final String NAME = "accuracy of texts";

  private int texts;
  private int exact;
  private final Edits characters = new Edits();
  private final Edits words = new Edits();

  @Override
  public void add(Prediction prediction, Label label) {
    if (!(prediction instanceof Prediction.Text(var read))) {
      throw Comparisons.mismatch(NAME, prediction, "a text");
    }
    if (!(label instanceof Label.Text(String right))) {
      throw Comparisons.mismatch(NAME, label, "a text");
    }
    texts++;
    exact += read.text().equals(right) ? 1 : 0;
    characters.add(read.text().codePoints().boxed().toList(), right.codePoints().boxed().toList());
    words.add(List.of(read.text().strip().split("\\s+")), List.of(right.strip().split("\\s+")));
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("exact", (double) exact / texts);
    values.put("cer", characters.rate());
    values.put("wer", words.rate());
    return values;
  }

  /** Edits that turn one sequence into another (Levenshtein), summed up. */
  private static final class Edits {
    private long edits;
    private long length;

    void add(List<?> read, List<?> right) {
      edits += distance(read, right);
      length += right.size();
    }

    double rate() {
      return (double) edits / length;
    }

    private static int distance(List<?> a, List<?> b) {
      int[] row = new int[b.size() + 1];
      for (int j = 0; j < row.length; j++) {
        row[j] = j;
      }
      for (int i = 1; i <= a.size(); i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j < row.length; j++) {
          int replaced = diagonal + (a.get(i - 1).equals(b.get(j - 1)) ? 0 : 1);
          diagonal = row[j];
          row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
        }
      }
      return row[b.size()];
    }
  }
}
