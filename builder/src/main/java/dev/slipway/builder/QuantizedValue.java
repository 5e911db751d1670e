package dev.slipway.builder;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A float value of a quantised graph that its engine has as bytes: {@code (byte - zeroPoint) * step}. A tuned graph
 * keeps these in its metadata, for those who look inside of a run.
 *
 * @param value the name of the floats in the graph that was built
 * @param bytes the name of the unsigned bytes in the tuned graph
 */
public record QuantizedValue(String value, String bytes, float step, int zeroPoint) {
  private static final String KEY = "slipway.bytes ";

  /** Those of a tuned graph. */
  public static List<QuantizedValue> of(Graph graph) {
    List<QuantizedValue> values = new ArrayList<>();
    for (Map.Entry<String, String> entry : graph.metadata().entrySet()) {
      String[] parts = entry.getValue().split(" ", 3);
      if (entry.getKey().startsWith(KEY) && parts.length == 3) {
        values.add(new QuantizedValue(
            entry.getKey().substring(KEY.length()), parts[2], Float.parseFloat(parts[0]), Integer.parseInt(parts[1])));
      }
    }
    return values;
  }

  String key() {
    return KEY + value;
  }

  String text() {
    return step + " " + zeroPoint + " " + bytes;
  }

  /** The floats that bytes stand for. */
  public Tensor dequantize(Tensor tensor) {
    Tensor floats = Tensor.allocate(TensorType.of(DType.FLOAT32, tensor.dims()));
    for (long i = 0; i < tensor.elementCount(); i++) {
      floats.setDouble(i, (float) (tensor.getLong(i) - zeroPoint) * step);
    }
    return floats;
  }
}
