package dev.slipway.cli;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Reorder;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Layout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The reorders that stayed in a plan: what makes the value in one layout, and what wants it in another. */
final class Reorders {
  /**
   * One of them.
   *
   * @param maker node or input that the value comes from
   * @param readers nodes and outputs that it goes to
   */
  private record Entry(String name, String maker, Layout made, List<String> readers, Layout wanted, Dim bytes) {
    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", name);
      json.put("maker", maker);
      json.put("madeIn", made.toString());
      json.put("readers", readers);
      json.put("readIn", wanted.toString());
      json.put("bytes", bytes instanceof Dim.Known(long count) ? count : bytes.toString());
      return json;
    }
  }

  private final List<Entry> entries = new ArrayList<>();

  private Reorders(Graph graph) {
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Reorder(Layout wanted)) {
        ValueId from = node.inputs().getFirst();
        String maker = graph.producer(from).map(Node::name).orElse("input " + graph.value(from).name());
        entries.add(new Entry(
            node.name(),
            maker,
            graph.tensorType(from).layout(),
            readers(graph, node.output()),
            wanted,
            graph.cost(node).bytesWritten()));
      }
    }
  }

  static Reorders of(Plan.Tuned tuned) {
    return new Reorders(tuned.graph());
  }

  private static List<String> readers(Graph graph, ValueId id) {
    return Stream.concat(
            graph.consumers(id).stream().map(node -> node.name() + " (" + OperatorCounts.name(node.op()) + ")"),
            graph.outputs().entrySet().stream()
                .filter(output -> output.getValue().equals(id))
                .map(output -> "output " + output.getKey()))
        .toList();
  }

  int count() {
    return entries.size();
  }

  Table table() {
    Table table = Table.of("reorder", "made by", "in", "read by", "in", ">bytes");
    for (Entry entry : entries) {
      table.row(entry.name, entry.maker, entry.made, String.join(", ", entry.readers), entry.wanted,
          Quantity.bytes(entry.bytes));
    }
    return table;
  }

  List<Map<String, Object>> json() {
    return entries.stream().map(Entry::json).toList();
  }
}
