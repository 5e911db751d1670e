package dev.slipway.onnx;

import dev.slipway.graph.InvalidGraphException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts nodes behind the producers of what they read; the order of the file stays where it serves. */
final class NodeOrder {
  private NodeOrder() {}

  /**
   * Sorts nodes topologically.
   *
   * @throws InvalidGraphException naming a node of a cycle, where there is one
   */
  static List<NodeProto> sort(List<NodeProto> nodes) {
    Map<String, Integer> producers = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String output : nodes.get(i).outputs()) {
        producers.putIfAbsent(output, i);
      }
    }
    producers.remove("");
    List<NodeProto> sorted = new ArrayList<>(nodes.size());
    boolean[] done = new boolean[nodes.size()];
    Set<Integer> open = new HashSet<>();
    Deque<Integer> stack = new ArrayDeque<>();
    for (int root = 0; root < nodes.size(); root++) {
      stack.push(root);
      while (!stack.isEmpty()) {
        int index = stack.peek();
        int missing = done[index] ? -1 : unfinished(nodes.get(index), producers, done);
        if (missing >= 0) {
          open.add(index);
          if (open.contains(missing)) {
            throw cycle(nodes.get(missing));
          }
          stack.push(missing);
          continue;
        }
        stack.pop();
        open.remove(index);
        if (!done[index]) {
          done[index] = true;
          sorted.add(nodes.get(index));
        }
      }
    }
    return sorted;
  }

  /** A producer of an input that is not sorted yet, or -1. */
  private static int unfinished(NodeProto node, Map<String, Integer> producers, boolean[] done) {
    for (String name : node.reads()) {
      Integer producer = producers.get(name);
      if (producer != null && !done[producer]) {
        return producer;
      }
    }
    return -1;
  }

  private static InvalidGraphException cycle(NodeProto node) {
    String name = node.name().isEmpty() ? "that makes " + node.outputs().getFirst() : node.name();
    return new InvalidGraphException(
        "node " + name + " (" + node.operator() + "): part of a cycle (expected: a graph without cycles)");
  }
}
