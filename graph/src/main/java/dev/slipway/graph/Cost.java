package dev.slipway.graph;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Map;

/**
 * What one evaluation costs, symbolic where shapes are.
 *
 * @param flops arithmetic operations on elements; a multiply-add counts two
 * @param macs multiply-adds of products: convolutions, products of matrices, attention; two of the flops each
 * @param bytesRead bytes of the inputs
 * @param bytesWritten bytes of the outputs
 */
public record Cost(Dim flops, Dim macs, Dim bytesRead, Dim bytesWritten) {

  public static final Cost ZERO = new Cost(Dim.ZERO, Dim.ZERO, Dim.ZERO, Dim.ZERO);

  /** So many operations, and every input read and every output written once. */
  public static Cost of(Dim flops, List<TensorType> in, List<TensorType> out) {
    return new Cost(flops, Dim.ZERO, bytes(in), bytes(out));
  }

  /** So many multiply-adds of products, so many more operations, and every input read and every output written once. */
  public static Cost products(Dim macs, Dim more, List<TensorType> in, List<TensorType> out) {
    return new Cost(macs.times(2).plus(more), macs, bytes(in), bytes(out));
  }

  /** So many operations for each element of the first output. */
  public static Cost elementwise(List<TensorType> in, List<TensorType> out, int operations) {
    Dim elements = out.isEmpty() || !out.getFirst().shape().ranked() ? Dim.ZERO : out.getFirst().shape().elements();
    return of(elements.times(operations), in, out);
  }

  /** Reads of the first input no more than it writes, the other inputs whole, and computes nothing. */
  public static Cost selection(List<TensorType> in, List<TensorType> out) {
    return new Cost(Dim.ZERO, Dim.ZERO, bytes(in.subList(1, in.size())).plus(bytes(out)), bytes(out));
  }

  /** This cost with more operations. */
  public Cost plusFlops(Dim more) {
    return new Cost(flops.plus(more), macs, bytesRead, bytesWritten);
  }

  /** Moves data and computes nothing. */
  public static Cost movement(List<TensorType> in, List<TensorType> out) {
    return of(Dim.ZERO, in, out);
  }

  public Cost plus(Cost other) {
    return new Cost(
        flops.plus(other.flops),
        macs.plus(other.macs),
        bytesRead.plus(other.bytesRead),
        bytesWritten.plus(other.bytesWritten));
  }

  /** This cost with symbols replaced by the sizes that are given for them. */
  public Cost bind(Map<String, Long> sizes) {
    return new Cost(flops.bind(sizes), macs.bind(sizes), bytesRead.bind(sizes), bytesWritten.bind(sizes));
  }

  private static Dim bytes(List<TensorType> types) {
    Dim sum = Dim.ZERO;
    for (TensorType type : types) {
      Shape shape = type.shape();
      if (shape.ranked()) {
        sum = sum.plus(shape.elements().times(type.dtype().bits()).ceilDiv(8));
      }
    }
    return sum;
  }
}
