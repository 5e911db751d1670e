package dev.slipway.backend.cpu;

import dev.slipway.tensor.TensorType;

/**
 * How the heads of a tensor lie in memory: batch × heads × length × size, or batch × length × (heads · size).
 *
 * @param rowElements from one position to the next
 * @param headElements from one head to the next
 */
record AttentionHeads(int batch, int count, int length, int size, int rowElements, int headElements) {

  /**
   * Those of a tensor of three or four axes.
   *
   * @param heads of a tensor of three
   */
  static AttentionHeads of(TensorType type, long heads) {
    int[] dims = Requests.dims(type);
    if (dims.length == 4) {
      return new AttentionHeads(dims[0], dims[1], dims[2], dims[3], dims[3], dims[2] * dims[3]);
    }
    int count = Math.toIntExact(heads);
    return new AttentionHeads(dims[0], count, dims[1], dims[2] / count, dims[2], dims[2] / count);
  }

  int rowBytes() {
    return rowElements * Float.BYTES;
  }

  /** Bytes to a position of a head. */
  long offset(int sequence, int head, int position) {
    return ((long) sequence * count * length * size + (long) head * headElements + (long) position * rowElements)
        * Float.BYTES;
  }

  long bytes() {
    return (long) batch * count * length * size * Float.BYTES;
  }
}
