package dev.slipway.graph;

import dev.slipway.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;

/** Which output axes come from which input axes: what structured pruning and axis moves need to know. */
public sealed interface AxisFlow {

  /** Every axis of the first input is the same axis of the first output; opaque where the rank is not known. */
  static AxisFlow identity(Shape input) {
    return input.ranked()
        ? new Links(IntStream.range(0, input.rank()).mapToObj(axis -> Link.of(0, axis, 0, axis)).toList())
        : new Opaque("the rank is not known");
  }

  /** These axes and no others. */
  static AxisFlow links(Link... links) {
    return new Links(List.of(links));
  }

  /** Numpy broadcasting: axes correspond from the last one on. */
  record Broadcast() implements AxisFlow {}

  /** Listed pairs; an axis that is not listed is consumed or created. */
  record Links(List<Link> links) implements AxisFlow {
    public Links {
      links = List.copyOf(links);
    }
  }

  /** Nothing is known. */
  record Opaque(String reason) implements AxisFlow {}

  /** Element i of the input axis becomes element i + offset of the output axis. */
  record Link(int input, int inputAxis, int output, int outputAxis, long offset) {
    public static Link of(int input, int inputAxis, int output, int outputAxis) {
      return new Link(input, inputAxis, output, outputAxis, 0);
    }
  }
}
