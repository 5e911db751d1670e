package dev.slipway.cli;

import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Random values for inputs: floats from 0 to 1, bools, and the integers 0 and 1, which are indices of nearly
 * everything.
 */
final class RandomInputs {
  private RandomInputs() {}

  /** One value for each input of these types, whose shapes must be known. */
  static Map<String, Datum> of(Map<String, ValueType> types, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Datum> values = new LinkedHashMap<>();
    types.forEach((name, type) -> values.put(name, of(name, type, random)));
    return values;
  }

  private static Tensor of(String name, ValueType type, SplittableRandom random) {
    if (!(type instanceof TensorType tensorType) || tensorType.dtype().bits() == 0) {
      throw new SlipwayException(
          "input " + name + ": " + type + " (expected: a tensor; random values of this type are not made)");
    }
    Tensor tensor = Tensor.allocate(tensorType);
    for (long i = 0; i < tensor.elementCount(); i++) {
      if (tensor.dtype().isFloat() || tensor.dtype().isComplex()) {
        tensor.setDouble(i, random.nextDouble());
      } else {
        tensor.setLong(i, random.nextInt(2));
      }
    }
    return tensor;
  }
}
