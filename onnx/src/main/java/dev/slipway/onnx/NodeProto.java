package dev.slipway.onnx;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A node as the file has it; absent optional inputs and outputs have empty names. */
record NodeProto(
    String name,
    String domain,
    String type,
    String overload,
    List<String> inputs,
    List<String> outputs,
    List<AttributeProto> attributes) {

  static NodeProto read(WireReader in) {
    String name = "";
    String domain = "";
    String type = "";
    String overload = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    List<AttributeProto> attributes = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> inputs.add(in.string());
        case 2 -> outputs.add(in.string());
        case 3 -> name = in.string();
        case 4 -> type = in.string();
        case 5 -> attributes.add(AttributeProto.read(in.message()));
        case 7 -> domain = in.string();
        case 8 -> overload = in.string();
        default -> in.skip();
      }
    }
    trim(inputs);
    trim(outputs);
    return new NodeProto(name, domain.equals("ai.onnx") ? "" : domain, type, overload, inputs, outputs, attributes);
  }

  /** Drops absent values at the end. */
  private static void trim(List<String> names) {
    while (!names.isEmpty() && names.getLast().isEmpty()) {
      names.removeLast();
    }
  }

  /** The names that this node reads, those that its subgraphs take from outside included. */
  Set<String> reads() {
    Set<String> reads = new LinkedHashSet<>(inputs);
    reads.addAll(captures());
    reads.remove("");
    return reads;
  }

  /** The names that the subgraphs take from outside, in the order of their first use. */
  Set<String> captures() {
    Set<String> captures = new LinkedHashSet<>();
    for (GraphProto graph : subgraphs()) {
      captures.addAll(graph.free());
    }
    return captures;
  }

  List<GraphProto> subgraphs() {
    List<GraphProto> graphs = new ArrayList<>();
    for (AttributeProto attribute : attributes) {
      switch (attribute.value().orElse("")) {
        case GraphProto graph -> graphs.add(graph);
        case List<?> list -> list.forEach(element -> {
          if (element instanceof GraphProto graph) {
            graphs.add(graph);
          }
        });
        default -> {}
      }
    }
    return graphs;
  }

  /** The operator as messages name it. */
  String operator() {
    return domain.isEmpty() ? type : domain + "." + type;
  }
}
