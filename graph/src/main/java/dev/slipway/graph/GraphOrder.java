package dev.slipway.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
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
    // A node and the one that it replaces may have one name.
    Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Node> sorted = new ArrayList<>(nodes.size());
    Deque<Node> stack = new ArrayDeque<>();
    for (Node root : nodes) {
      stack.push(root);
      while (!stack.isEmpty()) {
        Node node = stack.peek();
        if (done.contains(node)) {
          stack.pop();
          continue;
        }
        boolean ready = true;
        open.add(node);
        for (ValueId input : node.inputs()) {
          Node producer = producers.get(input);
          if (producer != null && !done.contains(producer)) {
            if (open.contains(producer)) {
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
          open.remove(node);
          done.add(node);
          sorted.add(node);
        }
      }
    }
    return sorted;
  }
}
