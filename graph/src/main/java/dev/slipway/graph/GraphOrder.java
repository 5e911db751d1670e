package dev.slipway.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Topological order that keeps the given order where it can. */
public final class GraphOrder {
  private GraphOrder() {}

  /**
   * Sorts nodes so that each stands behind the producers of its inputs.
   *
   * @throws InvalidGraphException naming a node of the cycle, where there is one
   */
  public static List<Node> sort(List<Node> nodes) {
    Map<ValueId, Node> producers = new HashMap<>();
    for (Node node : nodes) {
      for (ValueId output : node.outputs()) {
        producers.put(output, node);
      }
    }
    producers.remove(ValueId.ABSENT);
    Set<String> done = new HashSet<>();
    Set<String> open = new HashSet<>();
    List<Node> sorted = new ArrayList<>(nodes.size());
    Deque<Node> stack = new ArrayDeque<>();
    for (Node root : nodes) {
      stack.push(root);
      while (!stack.isEmpty()) {
        Node node = stack.peek();
        if (done.contains(node.name())) {
          stack.pop();
          continue;
        }
        boolean ready = true;
        open.add(node.name());
        for (ValueId input : node.inputs()) {
          Node producer = producers.get(input);
          if (producer != null && !done.contains(producer.name())) {
            if (open.contains(producer.name())) {
              throw new InvalidGraphException(
                  "node " + producer.name() + ": part of a cycle (expected: a graph without cycles)");
            }
            stack.push(producer);
            ready = false;
            break;
          }
        }
        if (ready) {
          stack.pop();
          open.remove(node.name());
          done.add(node.name());
          sorted.add(node);
        }
      }
    }
    return sorted;
  }
}
