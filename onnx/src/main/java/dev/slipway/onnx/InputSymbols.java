package dev.slipway.onnx;

import dev.slipway.tensor.Dim;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Gives the dimensions of graph inputs their symbols. Exporters reuse a name for sizes that differ (an attention mask
 * declared {@code [batch, batch]}), so a name means one size only where it stands on the same axis; on another axis
 * it becomes {@code batch_1}. A dimension without a name gets the symbol {@code input_axis}.
 */
final class InputSymbols {
  /** Names that exporters write for sizes that they do not know. */
  private static final Set<String> UNKNOWN = Set.of("", "?", "-1", "None", "*");

  private record Place(String name, int axis) {}

  private final Set<String> used;
  private final Map<Place, Dim> symbols = new HashMap<>();
  private final Map<String, Integer> firstAxis = new HashMap<>();

  /**
   * @param used symbols that are taken; those given are added
   */
  InputSymbols(Set<String> used) {
    this.used = used;
  }

  Dim symbol(String input, TypeProto.DimProto dim, int axis) {
    if (UNKNOWN.contains(dim.name())) {
      return unique(plain(input) + "_" + axis);
    }
    int first = firstAxis.computeIfAbsent(dim.name(), name -> axis);
    return symbols.computeIfAbsent(new Place(dim.name(), axis),
        place -> unique(axis == first ? plain(dim.name()) : plain(dim.name()) + "_" + axis));
  }

  private Dim unique(String wanted) {
    String name = wanted;
    for (int i = 1; !used.add(name); i++) {
      name = wanted + "_" + i;
    }
    return Dim.symbol(name);
  }

  /** The name with what is no letter, digit or underscore replaced, so that it reads as one symbol in expressions. */
  private static String plain(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9_]", "_");
    return plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? "d" + plain : plain;
  }
}
