package dev.slipway.graph;

import java.util.List;

/** Which output axes come from which input axes: what structured pruning and axis moves need to know. */
public sealed interface AxisFlow {

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
