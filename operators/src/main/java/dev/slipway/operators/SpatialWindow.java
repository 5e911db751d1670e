package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where the windows of a convolution or a pooling lie: one number for each spatial axis, pads first those at the
 * beginning, then those at the end. Empty lists stand for the defaults: stride 1, dilation 1, no pad.
 *
 * @param kernel the window's size; empty where a convolution takes it from its weights
 */
public record SpatialWindow(
    AutoPad autoPad, List<Long> kernel, List<Long> strides, List<Long> dilations, List<Long> pads, boolean ceilMode) {

  /** How the pads are given. */
  public enum AutoPad {
    /** Explicitly. */
    NOTSET,
    /** Such that the output has ceil(input / stride) elements, the odd one at the end. */
    SAME_UPPER,
    /** The same, the odd one at the beginning. */
    SAME_LOWER,
    /** None. */
    VALID
  }

  public SpatialWindow {
    kernel = List.copyOf(kernel);
    strides = List.copyOf(strides);
    dilations = List.copyOf(dilations);
    pads = List.copyOf(pads);
    requirePositive("kernel_shape", kernel);
    requirePositive("strides", strides);
    requirePositive("dilations", dilations);
  }

  static SpatialWindow of(Attributes attributes) {
    return new SpatialWindow(
        autoPad(attributes.string("auto_pad", "NOTSET")),
        attributes.integers("kernel_shape", List.of()),
        attributes.integers("strides", List.of()),
        attributes.integers("dilations", List.of()),
        attributes.integers("pads", List.of()),
        attributes.flag("ceil_mode"));
  }

  /** The attributes {@code auto_pad}, {@code kernel_shape}, {@code strides}, {@code dilations} and {@code pads}. */
  Attributes attributes() {
    Attributes attributes = Attributes.of("auto_pad", autoPad.name());
    attributes = kernel.isEmpty() ? attributes : attributes.with("kernel_shape", kernel);
    attributes = strides.isEmpty() ? attributes : attributes.with("strides", strides);
    attributes = dilations.isEmpty() ? attributes : attributes.with("dilations", dilations);
    return pads.isEmpty() ? attributes : attributes.with("pads", pads);
  }

  /** The same window with the kernel's size, and every list as long as there are axes. */
  public SpatialWindow complete(List<Long> kernelShape) {
    int axes = kernelShape.size();
    return new SpatialWindow(
        autoPad,
        kernelShape,
        orOnes("strides", strides, axes),
        orOnes("dilations", dilations, axes),
        pads.isEmpty() ? Collections.nCopies(2 * axes, 0L) : requireLength("pads", pads, 2 * axes),
        ceilMode);
  }

  /** The same window with explicit pads. */
  public SpatialWindow withPads(List<Long> explicit) {
    return new SpatialWindow(AutoPad.NOTSET, kernel, strides, dilations, explicit, ceilMode);
  }

  /** Elements that the window of an axis spans, dilation included. */
  public long extent(int axis) {
    return (kernel.get(axis) - 1) * dilations.get(axis) + 1;
  }

  /** Pads for an input of these spatial sizes; this window must be complete. */
  public long[] resolvePads(long[] input) {
    int axes = kernel.size();
    long[] resolved = new long[2 * axes];
    for (int i = 0; i < axes; i++) {
      switch (autoPad) {
        case NOTSET -> {
          resolved[i] = pads.get(i);
          resolved[i + axes] = pads.get(i + axes);
        }
        case VALID -> {}
        case SAME_UPPER, SAME_LOWER -> {
          long outputs = Math.ceilDiv(input[i], strides.get(i));
          long total = Math.max(0, (outputs - 1) * strides.get(i) + extent(i) - input[i]);
          long smaller = total / 2;
          resolved[i] = autoPad == AutoPad.SAME_UPPER ? smaller : total - smaller;
          resolved[i + axes] = total - resolved[i];
        }
      }
    }
    return resolved;
  }

  /** Spatial sizes of the output for spatial sizes of the input; this window must be complete. */
  public Shape output(Shape input) {
    List<Dim> dims = new ArrayList<>();
    int axes = kernel.size();
    for (int i = 0; i < axes; i++) {
      Dim size = input.dim(i);
      long stride = strides.get(i);
      dims.add(switch (autoPad) {
        case SAME_UPPER, SAME_LOWER -> size.ceilDiv(stride);
        case VALID -> ceilMode
            ? size.minus(extent(i)).ceilDiv(stride).plus(1)
            : size.minus(extent(i)).floorDiv(stride).plus(1);
        case NOTSET -> explicit(size, i, stride, axes);
      });
      if (dims.getLast() instanceof Dim.Known(long result) && result < 0) {
        throw new InvalidGraphException(
            "spatial size: " + size + " (expected: at least the window's " + extent(i) + ")");
      }
    }
    return Shape.of(dims);
  }

  private Dim explicit(Dim size, int axis, long stride, int axes) {
    Dim padded = size.plus(pads.get(axis) + pads.get(axis + axes)).minus(extent(axis));
    if (!ceilMode) {
      return padded.floorDiv(stride).plus(1);
    }
    Dim rounded = padded.ceilDiv(stride).plus(1);
    // A window that would start in the padding at the end is left out.
    if (rounded instanceof Dim.Known(long count) && size instanceof Dim.Known(long input)) {
      return Dim.of((count - 1) * stride >= input + pads.get(axis) ? count - 1 : count);
    }
    return rounded.min(size.plus(pads.get(axis)).ceilDiv(stride));
  }

  static AutoPad autoPad(String text) {
    for (AutoPad value : AutoPad.values()) {
      if (value.name().equals(text)) {
        return value;
      }
    }
    throw new InvalidGraphException(
        "attribute auto_pad: " + text + " (expected: NOTSET, SAME_UPPER, SAME_LOWER or VALID)");
  }

  private static List<Long> orOnes(String name, List<Long> list, int length) {
    return list.isEmpty() ? Collections.nCopies(length, 1L) : requireLength(name, list, length);
  }

  private static List<Long> requireLength(String name, List<Long> list, int length) {
    if (list.size() != length) {
      throw new InvalidGraphException("attribute " + name + ": " + list + " (expected: " + length + " numbers)");
    }
    return list;
  }

  private static void requirePositive(String name, List<Long> list) {
    for (long value : list) {
      if (value < 1) {
        throw new InvalidGraphException("attribute " + name + ": " + list + " (expected: numbers >= 1)");
      }
    }
  }
}
