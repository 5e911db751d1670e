package dev.slipway.graph;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An integer scalar or vector whose elements are known as dimensions: the values of shape arithmetic. */
public record DimVector(List<Dim> values, boolean scalar) {

  /** Longer vectors are data, not shapes. */
  private static final int LONGEST = 64;

  public DimVector {
    values = List.copyOf(values);
  }

  public static DimVector scalar(Dim value) {
    return new DimVector(List.of(value), true);
  }

  public static DimVector of(List<Dim> values) {
    return new DimVector(values, false);
  }

  /** The elements of a short integer tensor of rank 0 or 1; empty for any other. */
  public static Optional<DimVector> of(Tensor tensor) {
    if (!tensor.dtype().isInteger() || tensor.rank() > 1 || tensor.elementCount() > LONGEST) {
      return Optional.empty();
    }
    List<Dim> values = new ArrayList<>();
    for (long value : tensor.toLongs()) {
      values.add(Dim.of(value));
    }
    return Optional.of(new DimVector(values, tensor.rank() == 0));
  }

  /** The elements as numbers, where all are known. */
  public Optional<long[]> known() {
    long[] sizes = new long[values.size()];
    for (int i = 0; i < sizes.length; i++) {
      if (!(values.get(i) instanceof Dim.Known(long size))) {
        return Optional.empty();
      }
      sizes[i] = size;
    }
    return Optional.of(sizes);
  }
}
