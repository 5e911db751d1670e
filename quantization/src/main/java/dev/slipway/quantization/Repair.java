package dev.slipway.quantization;

import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What makes a quantised model more accurate without training. */
public enum Repair {
  /** Cross-layer equalisation: channels between two layers get like ranges. */
  EQUALIZE("equalize"),
  /** SmoothQuant: matrix products take over what is wide in their inputs. */
  SMOOTH("smooth"),
  /** Weights are rounded such that the error of their layer is small, not each weight's. */
  ROUND("round"),
  /** Biases take back what quantisation moves the mean of a channel. */
  CORRECT_BIAS("bias");

  private final String label;

  Repair(String label) {
    this.label = label;
  }

  /** The name on the command line. */
  public String label() {
    return label;
  }

  /**
   * The repairs of these names, or of {@code all} or {@code none}.
   *
   * @throws SlipwayException for another name
   */
  public static Set<Repair> parse(List<String> names) {
    Set<Repair> repairs = EnumSet.noneOf(Repair.class);
    for (String name : names) {
      switch (name) {
        case "all" -> repairs.addAll(EnumSet.allOf(Repair.class));
        case "none" -> { }
        default -> repairs.add(named(name));
      }
    }
    return repairs;
  }

  private static Repair named(String name) {
    return Arrays.stream(values())
        .filter(repair -> repair.label.equals(name))
        .findFirst()
        .orElseThrow(() -> new SlipwayException("repair: " + name + " (expected: all, none or some of "
            + Arrays.stream(values()).map(Repair::label).toList() + ")"));
  }
}
