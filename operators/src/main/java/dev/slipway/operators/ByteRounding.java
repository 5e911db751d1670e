package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpSchema;
import dev.slipway.tensor.DType;
import java.util.Optional;

/**
 * How a float that counts steps of a scale becomes a byte: rounded half to even, moved by the zero point, and brought
 * into a range, which stands for saturation and for activations that only bound.
 *
 * @param zeroPoint of the byte, 0 to 255
 * @param lowest the smallest byte, 0 to {@code highest}
 * @param highest the largest byte, at most 255
 */
public record ByteRounding(int zeroPoint, int lowest, int highest) {
  private static final int LARGEST = 255;

  public ByteRounding {
    requireByte("zero point", zeroPoint);
    requireByte("lowest", lowest);
    requireByte("highest", highest);
    if (lowest > highest) {
      throw new InvalidGraphException("lowest: " + lowest + " (expected: at most highest " + highest + ")");
    }
  }

  /** The whole range. */
  public static ByteRounding saturating(int zeroPoint) {
    return new ByteRounding(zeroPoint, 0, LARGEST);
  }

  /** The byte of so many steps; NaN becomes the lowest. */
  public int round(float steps) {
    double moved = Float.isNaN(steps) ? lowest : Math.rint(steps) + zeroPoint;
    return (int) Math.clamp(moved, (double) lowest, (double) highest);
  }

  /** Adds the attributes of an output that is rounded, or, where they are left out, is float32. */
  static OpSchema.Builder declare(OpSchema.Builder schema) {
    return schema
        .attribute("y_zero_point", Kind.INT)
        .attribute("lowest", 0)
        .attribute("highest", LARGEST);
  }

  static Optional<ByteRounding> of(Attributes attributes) {
    return attributes.find("y_zero_point", Long.class).map(zeroPoint -> new ByteRounding(
        Math.toIntExact(zeroPoint),
        Math.toIntExact(attributes.integer("lowest", 0)),
        Math.toIntExact(attributes.integer("highest", LARGEST))));
  }

  Attributes addTo(Attributes attributes) {
    return attributes.with("y_zero_point", zeroPoint).with("lowest", lowest).with("highest", highest);
  }

  static DType dtype(Optional<ByteRounding> rounding) {
    return rounding.isPresent() ? DType.UINT8 : DType.FLOAT32;
  }

  static void requireByte(String name, long value) {
    if (value < 0 || value > LARGEST) {
      throw new InvalidGraphException(name + ": " + value + " (expected: 0 to " + LARGEST + ")");
    }
  }
}
