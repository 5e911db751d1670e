package dev.slipway.operators;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/** Inputs that hold one number, as a scalar or as a vector of one element. */
final class ScalarInput {
  private ScalarInput() {}

  /** A size that an input gives, of at least {@code least}; a new symbol where it is not known. */
  static Dim size(InferenceContext in, int port, String name, long least) {
    requireOne(in, port, name);
    Optional<DimVector> vector = in.dims(port);
    if (vector.isEmpty()) {
      return in.freshDim(name);
    }
    Dim size = vector.get().values().getFirst();
    if (size instanceof Dim.Known(long known) && known < least) {
      throw new InvalidGraphException(name + ": " + known + " (expected: >= " + least + ")");
    }
    return size;
  }

  /** Refuses an input that cannot hold exactly one number. */
  static void requireOne(InferenceContext in, int port, String name) {
    Shape shape = in.tensor(port).shape();
    if (shape.ranked() && (shape.rank() > 1 || shape.isKnown() && shape.elementCount() != 1)) {
      throw new InvalidGraphException(name + ": " + in.tensor(port) + " (expected: one number)");
    }
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
