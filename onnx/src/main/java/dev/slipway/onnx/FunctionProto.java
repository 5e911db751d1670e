package dev.slipway.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A function of the model, which calls of it are replaced by.
 *
 * @param defaults attributes that a call may leave out
 */
record FunctionProto(
    Key key,
    List<String> inputs,
    List<String> outputs,
    List<String> attributes,
    List<AttributeProto> defaults,
    List<NodeProto> nodes,
    Map<String, Long> opsets) {

  /** What a call names. */
  record Key(String domain, String name, String overload) {}

  static FunctionProto read(WireReader in) {
    String name = "";
    String domain = "";
    String overload = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    List<String> attributes = new ArrayList<>();
    List<AttributeProto> defaults = new ArrayList<>();
    List<NodeProto> nodes = new ArrayList<>();
    Map<String, Long> opsets = new HashMap<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.string();
        case 4 -> inputs.add(in.string());
        case 5 -> outputs.add(in.string());
        case 6 -> attributes.add(in.string());
        case 7 -> nodes.add(NodeProto.read(in.message()));
        case 9 -> ModelProto.readOpset(in.message(), opsets);
        case 10 -> domain = in.string();
        case 11 -> defaults.add(AttributeProto.read(in.message()));
        case 13 -> overload = in.string();
        default -> in.skip();
      }
    }
    Key key = new Key(domain.equals("ai.onnx") ? "" : domain, name, overload);
    return new FunctionProto(key, inputs, outputs, attributes, defaults, nodes, opsets);
  }
}
