package dev.slipway.onnx;

import dev.slipway.tensor.SlipwayException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A model as the file has it.
 *
 * @param opsets the version of each domain; ONNX's own domain is empty
 * @param metadata what the file tells of itself, by the names of the specification
 */
record ModelProto(
    GraphProto graph,
    Map<String, Long> opsets,
    Map<FunctionProto.Key, FunctionProto> functions,
    Map<String, String> metadata) {
  private static final long OLDEST_IR = 3;

  static ModelProto read(ModelSource source) {
    WireReader in = new WireReader(source);
    long ir = 0;
    Optional<GraphProto> graph = Optional.empty();
    Map<String, Long> opsets = new HashMap<>();
    Map<FunctionProto.Key, FunctionProto> functions = new HashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, String> properties = new LinkedHashMap<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> ir = in.varint();
        case 2 -> metadata.put("producer_name", in.string());
        case 3 -> metadata.put("producer_version", in.string());
        case 4 -> metadata.put("domain", in.string());
        case 5 -> metadata.put("model_version", Long.toString(in.varint()));
        case 6 -> metadata.put("doc_string", in.string());
        case 7 -> graph = Optional.of(GraphProto.read(in.message()));
        case 8 -> readOpset(in.message(), opsets);
        case 14 -> readProperty(in.message(), properties);
        case 25 -> {
          FunctionProto function = FunctionProto.read(in.message());
          functions.put(function.key(), function);
        }
        default -> in.skip();
      }
    }
    String file = source.file();
    if (graph.isEmpty()) {
      throw new SlipwayException(
          file + ": no graph (expected: an ONNX model; the file is empty, cut off, or no model)");
    }
    if (ir < OLDEST_IR) {
      throw new SlipwayException(file + ": IR version: " + ir + " (expected: at least " + OLDEST_IR
          + "; convert the model with a newer ONNX)");
    }
    if (opsets.isEmpty()) {
      throw new SlipwayException(file + ": no opset (expected: the opset_import that an ONNX model has)");
    }
    metadata.put("ir_version", Long.toString(ir));
    metadata.put("opset", opsets.getOrDefault("", 0L).toString());
    properties.forEach(metadata::putIfAbsent);
    return new ModelProto(graph.get(), opsets, functions, metadata);
  }

  static void readOpset(WireReader in, Map<String, Long> opsets) {
    String domain = "";
    long version = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> domain = in.string();
        case 2 -> version = in.varint();
        default -> in.skip();
      }
    }
    opsets.put(domain.equals("ai.onnx") ? "" : domain, version);
  }

  private static void readProperty(WireReader in, Map<String, String> properties) {
    String key = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.string();
        case 2 -> value = in.string();
        default -> in.skip();
      }
    }
    properties.put(key, value);
  }
}
