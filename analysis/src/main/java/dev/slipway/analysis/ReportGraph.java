package dev.slipway.analysis;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A graph as the report's page draws it. Nodes and tensors are named by their positions in the lists.
 *
 * @param note what this stage of the model is
 * @param inputs tensors
 * @param outputs tensors by the name of the output
 */
record ReportGraph(
    String title,
    String note,
    List<Vertex> nodes,
    List<Edge> tensors,
    List<Integer> inputs,
    Map<String, Integer> outputs,
    List<RepeatedBlocks.Block> blocks) {

  /**
   * A node.
   *
   * @param operator a fused group as its operators, joined by +
   * @param members names and operators of the nodes in a fused group
   * @param shape of the first output, {@code 64×56×56} without a batch of one
   * @param precision element type of the first output
   * @param flops a number, or an expression over symbols; so are bytes
   * @param tactic what makes its kernel, with its tuning
   * @param millis what it takes in a run, or took when its tactic was chosen
   * @param share percent of a run
   * @param roofline percent of its roof that it reaches, where that is known
   * @param bound what keeps it from being faster than its roof
   * @param rate FLOP/s of the algorithm that runs
   * @param error largest difference from what is expected, relative to the largest magnitude
   */
  record Vertex(
      String name,
      String operator,
      OperatorKind kind,
      Map<String, String> attributes,
      List<Port> inputs,
      List<Port> outputs,
      List<String> members,
      String shape,
      String precision,
      Object flops,
      Object bytes,
      Optional<String> tactic,
      Optional<Double> millis,
      Optional<Double> share,
      Optional<Double> roofline,
      Optional<String> bound,
      Optional<Double> rate,
      Optional<Double> error) {}

  /** What a node reads or writes, by the name that the operator has for it. */
  record Port(String name, int tensor) {}

  /**
   * A value.
   *
   * @param producer a node; -1 for inputs and constants
   * @param weights position among the report's statistics of constants
   * @param elements those of a small constant
   */
  record Edge(String name, String type, int producer, Optional<Integer> weights, Optional<String> elements) {}
}
