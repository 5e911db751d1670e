package dev.slipway.operators;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.slipway.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Copies elements between contiguous tensors of one element type, the packed and the complex ones included. */
final class ElementCopy {
  private ElementCopy() {}

  /** Copies one element. */
  static void copy(Tensor from, long index, Tensor to, long toIndex) {
    switch (from.dtype().bits()) {
      case 8 -> to.data().set(JAVA_BYTE, toIndex, from.data().get(JAVA_BYTE, index));
      case 16 -> to.data().set(JAVA_SHORT_UNALIGNED, toIndex * 2, from.data().get(JAVA_SHORT_UNALIGNED, index * 2));
      case 32 -> to.data().set(JAVA_INT_UNALIGNED, toIndex * 4, from.data().get(JAVA_INT_UNALIGNED, index * 4));
      case 64 -> to.data().set(JAVA_LONG_UNALIGNED, toIndex * 8, from.data().get(JAVA_LONG_UNALIGNED, index * 8));
      default -> copy(from, index, to, toIndex, 1);
    }
  }

  /** Copies a run of elements. */
  static void copy(Tensor from, long index, Tensor to, long toIndex, long count) {
    int bits = from.dtype().bits();
    if (bits >= 8) {
      long bytes = bits / 8;
      MemorySegment.copy(from.data(), index * bytes, to.data(), toIndex * bytes, count * bytes);
      return;
    }
    for (long i = 0; i < count; i++) {
      setBits(to.data(), (toIndex + i) * bits, bits, bits(from.data(), (index + i) * bits, bits));
    }
  }

  /** Writes the first element of a tensor to every element of another. */
  static void fill(Tensor to, Tensor value) {
    long count = to.elementCount();
    for (long i = 0; i < count; i++) {
      copy(value, 0, to, i);
    }
  }

  /** Sets all bytes to 0, which is 0 in every element type. */
  static void clear(Tensor tensor) {
    tensor.data().asSlice(0, tensor.type().bytes()).fill((byte) 0);
  }

  private static int bits(MemorySegment data, long bit, int width) {
    return data.get(JAVA_BYTE, bit >> 3) >> (bit & 7) & (1 << width) - 1;
  }

  private static void setBits(MemorySegment data, long bit, int width, int value) {
    int shift = (int) (bit & 7);
    int mask = (1 << width) - 1 << shift;
    int old = data.get(JAVA_BYTE, bit >> 3);
    data.set(JAVA_BYTE, bit >> 3, (byte) (old & ~mask | value << shift));
  }
}
