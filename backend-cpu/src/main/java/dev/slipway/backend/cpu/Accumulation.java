package dev.slipway.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Ways to make one number of many; each has loops of its own, as C2 compiles a loop over a way that varies badly. */
enum Accumulation {
  SUM {
    @Override
    float row(long from, int count) {
      int whole = count / Memory.LANES;
      FloatVector a = tail(from, count, whole);
      FloatVector b = Lanes.zero();
      for (int i = 0; i + 1 < whole; i += 2) {
        a = a.add(vector(from, i));
        b = b.add(vector(from, i + 1));
      }
      b = whole % 2 == 1 ? b.add(vector(from, whole - 1)) : b;
      return Lanes.sum(a.add(b));
    }

    @Override
    void columns(long from, long[] offsets, int lanes, long to) {
      VectorMask<Float> mask = Lanes.first(lanes);
      FloatVector sum = Lanes.zero();
      for (long offset : offsets) {
        sum = sum.add(Lanes.load(from + offset, mask));
      }
      Lanes.store(sum, to, mask);
    }

    @Override
    float combine(float a, float b) {
      return a + b;
    }
  },

  /** The sum of absolute values. */
  MAGNITUDES {
    @Override
    float row(long from, int count) {
      int whole = count / Memory.LANES;
      FloatVector sum = tail(from, count, whole).abs();
      for (int i = 0; i < whole; i++) {
        sum = sum.add(vector(from, i).abs());
      }
      return Lanes.sum(sum);
    }

    @Override
    void columns(long from, long[] offsets, int lanes, long to) {
      VectorMask<Float> mask = Lanes.first(lanes);
      FloatVector sum = Lanes.zero();
      for (long offset : offsets) {
        sum = sum.add(Lanes.load(from + offset, mask).abs());
      }
      Lanes.store(sum, to, mask);
    }

    @Override
    float combine(float a, float b) {
      return a + b;
    }
  },

  /** The sum of squares. */
  SQUARES {
    @Override
    float row(long from, int count) {
      int whole = count / Memory.LANES;
      FloatVector last = tail(from, count, whole);
      FloatVector a = last.mul(last);
      FloatVector b = Lanes.zero();
      for (int i = 0; i + 1 < whole; i += 2) {
        FloatVector x = vector(from, i);
        FloatVector y = vector(from, i + 1);
        a = x.fma(x, a);
        b = y.fma(y, b);
      }
      FloatVector odd = whole % 2 == 1 ? vector(from, whole - 1) : Lanes.zero();
      return Lanes.sum(odd.fma(odd, a).add(b));
    }

    @Override
    void columns(long from, long[] offsets, int lanes, long to) {
      VectorMask<Float> mask = Lanes.first(lanes);
      FloatVector sum = Lanes.zero();
      for (long offset : offsets) {
        FloatVector x = Lanes.load(from + offset, mask);
        sum = x.fma(x, sum);
      }
      Lanes.store(sum, to, mask);
    }

    @Override
    float combine(float a, float b) {
      return a + b;
    }
  },

  MAX {
    @Override
    float row(long from, int count) {
      int whole = count / Memory.LANES;
      float result = Float.NEGATIVE_INFINITY;
      for (int i = whole * Memory.LANES; i < count; i++) {
        result = Math.max(result, Memory.get(from + (long) i * Float.BYTES));
      }
      FloatVector best = Lanes.all(result);
      for (int i = 0; i < whole; i++) {
        best = best.max(vector(from, i));
      }
      return best.reduceLanes(VectorOperators.MAX);
    }

    @Override
    void columns(long from, long[] offsets, int lanes, long to) {
      VectorMask<Float> mask = Lanes.first(lanes);
      FloatVector best = Lanes.all(Float.NEGATIVE_INFINITY);
      for (long offset : offsets) {
        best = best.max(Lanes.load(from + offset, mask));
      }
      Lanes.store(best, to, mask);
    }

    @Override
    float combine(float a, float b) {
      return Math.max(a, b);
    }
  },

  MIN {
    @Override
    float row(long from, int count) {
      int whole = count / Memory.LANES;
      float result = Float.POSITIVE_INFINITY;
      for (int i = whole * Memory.LANES; i < count; i++) {
        result = Math.min(result, Memory.get(from + (long) i * Float.BYTES));
      }
      FloatVector best = Lanes.all(result);
      for (int i = 0; i < whole; i++) {
        best = best.min(vector(from, i));
      }
      return best.reduceLanes(VectorOperators.MIN);
    }

    @Override
    void columns(long from, long[] offsets, int lanes, long to) {
      VectorMask<Float> mask = Lanes.first(lanes);
      FloatVector best = Lanes.all(Float.POSITIVE_INFINITY);
      for (long offset : offsets) {
        best = best.min(Lanes.load(from + offset, mask));
      }
      Lanes.store(best, to, mask);
    }

    @Override
    float combine(float a, float b) {
      return Math.min(a, b);
    }
  },

  PRODUCT {
    @Override
    float row(long from, int count) {
      int whole = count / Memory.LANES;
      float result = 1;
      for (int i = whole * Memory.LANES; i < count; i++) {
        result *= Memory.get(from + (long) i * Float.BYTES);
      }
      FloatVector product = Lanes.all(1);
      for (int i = 0; i < whole; i++) {
        product = product.mul(vector(from, i));
      }
      return result * Lanes.product(product);
    }

    @Override
    void columns(long from, long[] offsets, int lanes, long to) {
      VectorMask<Float> mask = Lanes.first(lanes);
      FloatVector product = Lanes.all(1);
      for (long offset : offsets) {
        product = product.mul(Lanes.load(from + offset, mask));
      }
      Lanes.store(product, to, mask);
    }

    @Override
    float combine(float a, float b) {
      return a * b;
    }
  };

  /** The result for elements that lie behind each other. */
  abstract float row(long from, int count);

  /**
   * The results for neighbouring columns.
   *
   * @param offsets from {@code from} to each element of the first column, in bytes
   * @param lanes columns, at most those of a vector
   */
  abstract void columns(long from, long[] offsets, int lanes, long to);

  /** The result for two results. */
  abstract float combine(float a, float b);

  private static FloatVector vector(long from, int index) {
    return Memory.load(from + (long) index * Memory.VECTOR_BYTES);
  }

  /** What is behind the whole vectors, and zeros. */
  private static FloatVector tail(long from, int count, int whole) {
    return Lanes.load(from + (long) whole * Memory.VECTOR_BYTES, Lanes.first(count - whole * Memory.LANES));
  }
}
