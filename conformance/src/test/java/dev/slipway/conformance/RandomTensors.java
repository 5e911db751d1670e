package dev.slipway.conformance;

import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Inputs of given shapes, the same in every run. */
final class RandomTensors {
  /** Words of the BERT vocabulary: no special tokens below. */
  private static final int FIRST_WORD = 1000;
  private static final int WORDS = 28000;

  private RandomTensors() {}

  /** float32 from {@code low} to {@code high}. */
  static Tensor uniform(double low, double high, long... dims) {
    Random random = new Random(Arrays.hashCode(dims));
    float[] values = new float[(int) Arrays.stream(dims).reduce(1, Math::multiplyExact)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return Tensor.of(values, dims);
  }

  /** The three inputs of a BERT encoder; the last third of every row but the first is padding. */
  static Map<String, Tensor> sentences(int batch, int length) {
    Random random = new Random(31L * batch + length);
    long[] ids = new long[batch * length];
    long[] mask = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      boolean word = i < length || i % length < length - length / 3;
      ids[i] = word ? FIRST_WORD + random.nextInt(WORDS) : 0;
      mask[i] = word ? 1 : 0;
    }
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("input_ids", Tensor.of(ids, batch, length));
    inputs.put("attention_mask", Tensor.of(mask, batch, length));
    inputs.put("token_type_ids", Tensor.of(new long[ids.length], batch, length));
    return inputs;
  }
}
