package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rule that splits a data set, written {@code every:10}: what it takes can calibrate, the rest can evaluate.
 *
 * @param divisor items whose number divides by it are taken
 */
public record Selection(By by, int divisor) {
  private static final Pattern FORM = Pattern.compile("(every|class):([1-9]\\d{0,8})");

  /** Which number of an item decides. */
  public enum By {
    /** Its position, from 0: {@code every:10}. */
    POSITION,
    /** The index of its class: {@code class:10}. */
    CATEGORY
  }

  /**
   * Reads the text form.
   *
   * @param option for the message
   */
  public static Selection parse(String option, String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new SlipwayException(option + ": " + text + " (expected: every:N, the items whose position divides by N, or"
          + " class:N, those whose class does)");
    }
    return new Selection(
        matcher.group(1).equals("every") ? By.POSITION : By.CATEGORY, Integer.parseInt(matcher.group(2)));
  }

  /** Whether the item at a position of a data set is taken. */
  public IntPredicate on(Dataset dataset) {
    return switch (by) {
      case POSITION -> index -> index % divisor == 0;
      case CATEGORY -> index -> category(dataset, index) % divisor == 0;
    };
  }

  private static int category(Dataset dataset, int index) {
    return dataset.category(index).orElseThrow(() -> new SlipwayException("data set " + dataset.name()
        + ": no classes (expected: every:N, since class:N goes by the class of an item)"));
  }
}
