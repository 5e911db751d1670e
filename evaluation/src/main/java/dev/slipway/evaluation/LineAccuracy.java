package dev.slipway.evaluation;

import dev.slipway.vision.Box;
import dev.slipway.vision.Point;
import dev.slipway.vision.Quad;
import dev.slipway.vision.TextLine;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;

/**
 * How well the lines of pictures are read, wherever they stand: {@code precision}, the share of those read that are
 * right to the letter; {@code recall}, the share of the right ones that were read; {@code lines}, their harmonic mean,
 * 1 where nothing is wrong, missed or over; {@code pictures}, the share of pictures where that is so.
 */
public final class LineAccuracy implements Metric {
  static final String NAME = "accuracy of lines";

  private int pictures;
  private int faultless;
  private int expected;
  private int read;
  private int right;

  @Override
  public void add(Prediction prediction, Label label) {
    if (!(prediction instanceof Prediction.Lines(var found))) {
      throw Comparisons.mismatch(NAME, prediction, "lines of text");
    }
    if (!(label instanceof Label.Lines(var picture, var lines))) {
      throw Comparisons.mismatch(NAME, label, "lines of text");
    }
    List<String> left = new LinkedList<>(
        lines.stream().filter(line -> !line.isUnreadable()).map(Label.Line::text).toList());
    List<String> texts = found.stream().filter(line -> counts(line, lines)).map(TextLine::text).toList();
    expected += left.size();
    read += texts.size();
    int same = (int) texts.stream().filter(left::remove).count();
    right += same;
    pictures++;
    faultless += left.isEmpty() && same == texts.size() ? 1 : 0;
  }

  /** Whether no unreadable line stands there. */
  private static boolean counts(TextLine read, List<Label.Line> lines) {
    Box place = read.quad().bounds();
    Point center = new Point((place.left() + place.right()) / 2, (place.top() + place.bottom()) / 2);
    return lines.stream().filter(Label.Line::isUnreadable).noneMatch(line -> holds(line.quad(), center));
  }

  private static boolean holds(Quad quad, Point point) {
    Box bounds = quad.bounds();
    return point.x() >= bounds.left() && point.x() <= bounds.right()
        && point.y() >= bounds.top() && point.y() <= bounds.bottom();
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("lines", share(2 * right, read + expected));
    values.put("precision", share(right, read));
    values.put("recall", share(right, expected));
    values.put("pictures", share(faultless, pictures));
    return values;
  }

  /** Of nothing, nothing is wrong. */
  private static double share(int part, int whole) {
    return whole == 0 ? 1 : (double) part / whole;
  }
}
