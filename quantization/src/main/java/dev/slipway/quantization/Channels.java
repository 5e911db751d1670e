package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import java.util.function.IntConsumer;

/**
 * An array seen by the channels along one axis.
 *
 * @param values row-major
 * @param count channels
 * @param inner elements of one channel that lie together
 */
record Channels(float[] values, int count, int inner) {

  static Channels of(Tensor tensor, int axis) {
    long inner = 1;
    for (int i = axis + 1; i < tensor.rank(); i++) {
      inner *= tensor.dim(i);
    }
    return new Channels(tensor.toFloats(), Math.toIntExact(tensor.dim(axis)), Math.toIntExact(inner));
  }

  int channelOf(int index) {
    return index / inner % count;
  }

  /** The indices of the elements of a channel, in order. */
  void forEach(int channel, IntConsumer action) {
    for (int start = channel * inner; start < values.length; start += count * inner) {
      for (int i = start; i < start + inner; i++) {
        action.accept(i);
      }
    }
  }

  /** The largest magnitude in a channel. */
  float magnitude(int channel) {
    float largest = 0;
    for (int start = channel * inner; start < values.length; start += count * inner) {
      for (int i = start; i < start + inner; i++) {
        largest = Math.max(largest, Math.abs(values[i]));
      }
    }
    return largest;
  }
}
