package dev.slipway.conformance;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Interpreter;
import dev.slipway.tensor.Datum;
import java.util.List;

/** A way to run a graph: the reference interpreter, or an engine of some backend. */
@FunctionalInterface
public interface Execution {

  /**
   * Runs a graph once.
   *
   * @param inputs one for each input of the graph, in order
   * @return one for each output, in order
   */
  List<Datum> run(Graph graph, List<Datum> inputs);

  /** The reference evaluation of every operator. */
  static Execution reference() {
    return (graph, inputs) -> new Interpreter().run(graph, inputs);
  }
}
