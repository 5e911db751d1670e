package dev.slipway.onnx;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Small models as bytes, right and wrong ones alike. */
final class ModelBytes {
  private final WireWriter graph = new WireWriter().string(2, "test");
  private final WireWriter functions = new WireWriter();
  private long opset = 17;
  private long ir = 8;

  static ModelBytes of() {
    return new ModelBytes();
  }

  ModelBytes opset(long version) {
    opset = version;
    return this;
  }

  ModelBytes ir(long version) {
    ir = version;
    return this;
  }

  /** Dimensions are numbers, names, or {@code ?}. */
  ModelBytes input(String name, DType dtype, Object... dims) {
    graph.message(11, info(name, dtype, dims));
    return this;
  }

  ModelBytes output(String name) {
    graph.message(12, new WireWriter().string(1, name));
    return this;
  }

  ModelBytes initializer(String name, Tensor tensor) {
    graph.message(5, tensor(name, tensor));
    return this;
  }

  ModelBytes initializer(WireWriter tensor) {
    graph.message(5, tensor);
    return this;
  }

  ModelBytes sparse(WireWriter tensor) {
    graph.message(15, tensor);
    return this;
  }

  ModelBytes node(WireWriter node) {
    graph.message(1, node);
    return this;
  }

  ModelBytes node(String name, String type, String inputs, String outputs, WireWriter... attributes) {
    return node(ModelBytes.nodeOf(name, type, inputs, outputs, attributes));
  }

  ModelBytes function(WireWriter function) {
    functions.message(25, function);
    return this;
  }

  byte[] bytes() {
    WireWriter model = new WireWriter().varint(1, ir).string(2, "test").message(7, graph);
    model.message(8, opset("", opset)).message(8, opset("custom", 1));
    byte[] head = model.toByteArray();
    byte[] tail = functions.toByteArray();
    byte[] all = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, all, head.length, tail.length);
    return all;
  }

  /** Inputs and outputs separated by spaces; {@code _} is an absent one. A type may have a domain before a colon. */
  static WireWriter nodeOf(String name, String type, String inputs, String outputs, WireWriter... attributes) {
    WireWriter node = new WireWriter();
    split(inputs).forEach(input -> node.string(1, input));
    split(outputs).forEach(output -> node.string(2, output));
    int colon = type.indexOf(':');
    node.string(3, name).string(4, type.substring(colon + 1));
    for (WireWriter attribute : attributes) {
      node.message(5, attribute);
    }
    return colon < 0 ? node : node.string(7, type.substring(0, colon));
  }

  static WireWriter integer(String name, long value) {
    return new WireWriter().string(1, name).varint(3, value).varint(20, 2);
  }

  static WireWriter real(String name, float value) {
    return new WireWriter().string(1, name).fixed32(2, value).varint(20, 1);
  }

  static WireWriter string(String name, String value) {
    return new WireWriter().string(1, name).string(4, value).varint(20, 3);
  }

  static WireWriter integers(String name, long... values) {
    WireWriter attribute = new WireWriter().string(1, name).varint(20, 7);
    for (long value : values) {
      attribute.varint(8, value);
    }
    return attribute;
  }

  static WireWriter reals(String name, float... values) {
    WireWriter attribute = new WireWriter().string(1, name).varint(20, 6);
    for (float value : values) {
      attribute.fixed32(7, value);
    }
    return attribute;
  }

  static WireWriter graph(String name, ModelBytes body) {
    return new WireWriter().string(1, name).message(6, body.graph).varint(20, 5);
  }

  /** An attribute of a function's node that stands for one of the call. */
  static WireWriter reference(String name, String of, long kind) {
    return new WireWriter().string(1, name).varint(20, kind).string(21, of);
  }

  static WireWriter tensor(String name, Tensor tensor) {
    WireWriter out = new WireWriter();
    for (long dim : tensor.dims()) {
      out.varint(1, dim);
    }
    return out.varint(2, tensor.dtype().code()).string(8, name).bytes(9, tensor.data().asSlice(0, tensor.type().bytes()));
  }

  static WireWriter info(String name, DType dtype, Object... dims) {
    WireWriter shape = new WireWriter();
    for (Object dim : dims) {
      shape.message(1, switch (dim) {
        case Integer size -> new WireWriter().varint(1, size);
        case String symbol when !symbol.equals("?") -> new WireWriter().string(2, symbol);
        default -> new WireWriter();
      });
    }
    WireWriter tensor = new WireWriter().varint(1, dtype.code()).message(2, shape);
    return new WireWriter().string(1, name).message(2, new WireWriter().message(1, tensor));
  }

  static WireWriter opset(String domain, long version) {
    return new WireWriter().string(1, domain).varint(2, version);
  }

  private static List<String> split(String names) {
    return names.isEmpty() ? List.of()
        : List.of(names.split(" ")).stream().map(name -> name.equals("_") ? "" : name).toList();
  }
}
