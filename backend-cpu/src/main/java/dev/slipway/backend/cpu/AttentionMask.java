package dev.slipway.backend.cpu;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;

/**
 * A mask seen as batch × heads × queries × keys.
 *
 * @param batch elements from one to the next; 0 where it broadcasts
 * @param open whether elements of bool say which keys a query sees; else they are added to scores
 */
record AttentionMask(long batch, long head, long query, boolean open, long bytes) {
  static AttentionMask of(TensorType type) {
    int[] dims = Requests.dims(type);
    long[] strides = new long[4];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[4 - dims.length + i] = dims[i] == 1 ? 0 : stride;
      stride *= dims[i];
    }
    return new AttentionMask(strides[0], strides[1], strides[2], type.dtype() == DType.BOOL, type.bytes());
  }

  /** Bytes to the first key of a query. */
  long offset(int sequence, int head, int query) {
    return (sequence * batch + head * this.head + query * this.query) * (open ? 1 : Float.BYTES);
  }

  boolean isSameForAllQueries() {
    return query == 0;
  }
}
