package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;
import java.util.Locale;

/** Steps in a line of text each, as plans keep them: {@code letterbox 416 416 top_left 114 114 114 bilinear}. */
final class StepText {
  private StepText() {}

  static String print(ImageStep step) {
    return switch (step) {
      case ImageStep.Resize(int width, int height, Interpolation by) -> join("resize", width, height, by);
      case ImageStep.ResizeShortSide(int side, Interpolation by) -> join("resize-short-side", side, by);
      case ImageStep.CenterCrop(int width, int height) -> join("center-crop", width, height);
      case ImageStep.Pad(int left, int top, int right, int bottom, Color color) ->
          join("pad", left, top, right, bottom, color.red(), color.green(), color.blue());
      case ImageStep.Letterbox(int width, int height, var anchor, Color color, Interpolation by) ->
          join("letterbox", width, height, anchor, color.red(), color.green(), color.blue(), by);
    };
  }

  private static String join(Object... words) {
    StringBuilder text = new StringBuilder();
    for (Object word : words) {
      text.append(text.isEmpty() ? "" : " ").append(word instanceof Enum<?> one ? lower(one) : word);
    }
    return text.toString();
  }

  /** @throws SlipwayException where it is not what {@link #print} gives */
  static ImageStep parse(String text) {
    String[] words = text.split(" ");
    try {
      return switch (words[0]) {
        case "resize" -> new ImageStep.Resize(number(words, 1), number(words, 2), interpolation(words[3]));
        case "resize-short-side" -> new ImageStep.ResizeShortSide(number(words, 1), interpolation(words[2]));
        case "center-crop" -> new ImageStep.CenterCrop(number(words, 1), number(words, 2));
        case "pad" ->
            new ImageStep.Pad(number(words, 1), number(words, 2), number(words, 3), number(words, 4), color(words, 5));
        case "letterbox" -> new ImageStep.Letterbox(
            number(words, 1),
            number(words, 2),
            one(ImageStep.Letterbox.Anchor.class, words[3]),
            color(words, 4),
            interpolation(words[7]));
        default -> throw new SlipwayException("step: " + text + " (expected: resize, resize-short-side, center-crop,"
            + " pad or letterbox, with its numbers)");
      };
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new SlipwayException("step: " + text + " (expected: all of its numbers)", e);
    }
  }

  private static int number(String[] words, int index) {
    return Integer.parseInt(words[index]);
  }

  private static Color color(String[] words, int index) {
    return new Color(number(words, index), number(words, index + 1), number(words, index + 2));
  }

  private static Interpolation interpolation(String word) {
    return one(Interpolation.class, word);
  }

  static String lower(Enum<?> one) {
    return one.name().toLowerCase(Locale.ROOT);
  }

  /** The constant of this name in lower case. */
  static <E extends Enum<E>> E one(Class<E> type, String word) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> lower(constant).equals(word))
        .findFirst()
        .orElseThrow(() -> new SlipwayException(type.getSimpleName() + ": " + word + " (expected: one of "
            + Arrays.stream(type.getEnumConstants()).map(StepText::lower).toList() + ")"));
  }
}
