package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/** Inputs that hold one number, as a scalar or as a vector of one element. */
final class ScalarInput {
  private ScalarInput() {}

  /** A size that an input gives, of at least {@code least}; a new symbol where it is not known. */
  static Dim size(InferenceContext in, int port, String name, long least) {
    Optional<DimVector> vector = in.dims(port);
    if (vector.isEmpty()) {
      return in.freshDim(name);
    }
    if (vector.get().values().size() != 1) {
      throw new InvalidGraphException(name + ": " + vector.get().values() + " (expected: one number)");
    }
    Dim size = vector.get().values().getFirst();
    if (size instanceof Dim.Known(long known) && known < least) {
      throw new InvalidGraphException(name + ": " + known + " (expected: >= " + least + ")");
    }
    return size;
  }

  /** The number of an input. */
  static long integer(ReferenceContext ctx, int port) {
    return one(ctx.input(port), port).getLong(0);
  }

  /** The number of an input. */
  static double real(ReferenceContext ctx, int port) {
    return one(ctx.input(port), port).getDouble(0);
  }

  private static Tensor one(Tensor tensor, int port) {
    if (tensor.elementCount() != 1) {
      throw new SlipwayException("input " + port + ": " + tensor.type() + " (expected: one number)");
    }
    return tensor;
  }
}
