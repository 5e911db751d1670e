package dev.slipway.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Copies a box of elements between two strided layouts: what transposes, slices, concatenations, broadcasts and pads
 * come down to. Axes of size 1 vanish and axes that lie behind each other on both sides merge, so that the inner loop
 * is as long as the layouts allow. Immutable and thread-safe.
 */
final class StridedCopy {
  /** Shorter runs are copied element by element: a bulk copy costs about ten nanoseconds to begin. */
  private static final long SHORTEST_RUN_BYTES = 64;

  private static final double NANOS_PER_RUN = 10;
  private static final double NANOS_PER_BYTE = 0.1;
  private static final double NANOS_PER_ELEMENT = 1;

  /** What one loop may walk through several times, an element of each stride at a time: it stays in a cache. */
  private static final long CACHED_BYTES = 256 << 10;

  /** Rows and columns of a matrix of 32 bits that are worth transposing in blocks. */
  private static final int LEAST_TRANSPOSED = 8;

  private final int elementBytes;
  private final long[] sizes;
  private final long[] from;
  private final long[] to;
  private final long fromOffset;
  private final long toOffset;
  private final boolean empty;
  /** Whether the two innermost axes are a matrix whose rows lie in the source, its columns in the target. */
  private final boolean transposes;

  /** A size, and the strides in bytes. */
  private record Axis(long size, long from, long to) {}

  /**
   * @param elementBytes 1, 2, 4 or 8
   * @param sizes of the box
   * @param fromStrides in elements; 0 repeats an element
   * @param toStrides in elements
   * @param fromOffset element of the source where the box begins
   * @param toOffset element of the target where the box begins
   */
  StridedCopy(int elementBytes, long[] sizes, long[] fromStrides, long[] toStrides, long fromOffset, long toOffset) {
    this.fromOffset = fromOffset * elementBytes;
    this.toOffset = toOffset * elementBytes;
    List<Axis> axes = new ArrayList<>();
    boolean none = false;
    for (int i = 0; i < sizes.length; i++) {
      none |= sizes[i] == 0;
      if (sizes[i] != 1) {
        append(axes, new Axis(sizes[i], fromStrides[i] * elementBytes, toStrides[i] * elementBytes));
      }
    }
    if (axes.isEmpty()) {
      axes.add(new Axis(1, elementBytes, elementBytes));
    }
    this.elementBytes = widen(axes, elementBytes);
    moveLongestInside(axes);
    transposes = moveMatrixInside(axes);
    this.empty = none;
    this.sizes = axes.stream().mapToLong(Axis::size).toArray();
    this.from = axes.stream().mapToLong(Axis::from).toArray();
    this.to = axes.stream().mapToLong(Axis::to).toArray();
  }

  /** The bytes of what is copied at once: of short runs two elements, or four, as long as that leaves none over. */
  private static int widen(List<Axis> axes, int elementBytes) {
    int bytes = elementBytes;
    Axis last = axes.getLast();
    while (bytes < Long.BYTES && last.from() == bytes && last.to() == bytes && last.size() % 2 == 0) {
      last = new Axis(last.size() / 2, 2 * last.from(), 2 * last.to());
      bytes *= 2;
    }
    axes.removeLast();
    if (last.size() > 1 || axes.isEmpty()) {
      axes.add(last);
    }
    return bytes;
  }

  /** Merges an axis with the one outside of it where both sides step through them as one. */
  private static void append(List<Axis> axes, Axis inner) {
    if (!axes.isEmpty()) {
      Axis outer = axes.getLast();
      if (outer.from() == inner.from() * inner.size() && outer.to() == inner.to() * inner.size()) {
        axes.removeLast();
        axes.add(new Axis(outer.size() * inner.size(), inner.from(), inner.to()));
        return;
      }
    }
    axes.add(inner);
  }

  /** Unless the inner loop copies runs, makes it the longest that caches allow: of rows of two elements the rows. */
  private void moveLongestInside(List<Axis> axes) {
    Axis longest = axes.getLast();
    if (isRun(longest.size(), longest.from(), longest.to())) {
      return;
    }
    for (Axis axis : axes) {
      long span = axis.size() * Math.max(Math.abs(axis.from()), axis.to());
      if (axis.size() > longest.size() && span <= CACHED_BYTES) {
        longest = axis;
      }
    }
    axes.remove(longest);
    axes.add(longest);
  }

  /** Makes rows and columns of a matrix the innermost axes where elements of one or four bytes change places. */
  private boolean moveMatrixInside(List<Axis> axes) {
    int one = elementBytes;
    Axis last = axes.getLast();
    Optional<Axis> columns = axes.stream().filter(axis -> axis.from() == one && axis.to() != one).findFirst();
    Optional<Axis> rows = axes.stream().filter(axis -> axis.to() == one && axis.from() != one).findFirst();
    if (one != Byte.BYTES && one != Integer.BYTES
        || isRun(last.size(), last.from(), last.to())
        || columns.isEmpty()
        || rows.isEmpty()
        || one == Integer.BYTES && Math.min(columns.get().size(), rows.get().size()) < LEAST_TRANSPOSED) {
      return false;
    }
    axes.remove(columns.get());
    axes.remove(rows.get());
    axes.add(rows.get());
    axes.add(columns.get());
    return true;
  }

  /** Runs on the pool; the segments may be confined to the caller's thread. */
  void run(WorkerPool pool, MatrixMoves moves, MemorySegment source, MemorySegment target) {
    if (empty) {
      return;
    }
    long at = AddressSpace.address(source, end(from, fromOffset), "input") + fromOffset;
    long into = AddressSpace.address(target, end(to, toOffset), "output") + toOffset;
    int units = (int) Math.min(sizes[0], Chunks.wanted(nanos(), pool.threads()));
    pool.run(units, (unit, _) -> {
      long first = sizes[0] * unit / units;
      long count = sizes[0] * (unit + 1) / units - first;
      copy(moves, 0, count, at + first * from[0], into + first * to[0]);
    });
  }

  /** The offset behind the last byte of the box. */
  private long end(long[] strides, long offset) {
    long end = offset + elementBytes;
    for (int i = 0; i < sizes.length; i++) {
      end += Math.max(0, (sizes[i] - 1) * strides[i]);
    }
    return end;
  }

  private double nanos() {
    double elements = Arrays.stream(sizes).asDoubleStream().reduce(1, (a, b) -> a * b);
    double runs = elements / sizes[sizes.length - 1];
    return copiesRuns()
        ? runs * NANOS_PER_RUN + elements * elementBytes * NANOS_PER_BYTE
        : elements * NANOS_PER_ELEMENT;
  }

  /** Whether the inner loop is a bulk copy. */
  private boolean copiesRuns() {
    int last = sizes.length - 1;
    return isRun(sizes[last], from[last], to[last]);
  }

  private boolean isRun(long size, long step, long stepInto) {
    return step == elementBytes && stepInto == elementBytes && size * elementBytes >= SHORTEST_RUN_BYTES;
  }

  private void copy(MatrixMoves moves, int axis, long count, long at, long into) {
    if (transposes && axis == sizes.length - 2) {
      transpose(moves, axis, count, at, into);
      return;
    }
    if (axis == sizes.length - 1) {
      inner(count, from[axis], to[axis], at, into);
      return;
    }
    for (long i = 0; i < count; i++) {
      copy(moves, axis + 1, sizes[axis + 1], at + i * from[axis], into + i * to[axis]);
    }
  }

  private void transpose(MatrixMoves moves, int axis, long rows, long at, long into) {
    long columns = sizes[axis + 1];
    if (elementBytes == Byte.BYTES) {
      ByteTransposition.run(at, from[axis], into, to[axis + 1], rows, columns);
    } else {
      moves.transpose(at, from[axis], into, to[axis + 1], Math.toIntExact(rows), Math.toIntExact(columns));
    }
  }

  private void inner(long count, long step, long stepInto, long at, long into) {
    if (copiesRuns()) {
      MemorySegment.copy(AddressSpace.ALL, at, AddressSpace.ALL, into, count * elementBytes);
      return;
    }
    switch (elementBytes) {
      case 1 -> {
        for (long i = 0; i < count; i++) {
          byte element = AddressSpace.ALL.get(AddressSpace.BYTE, AddressSpace.at(at + i * step));
          AddressSpace.ALL.set(AddressSpace.BYTE, AddressSpace.at(into + i * stepInto), element);
        }
      }
      case 2 -> {
        for (long i = 0; i < count; i++) {
          AddressSpace.setShort(into + i * stepInto, AddressSpace.getShort(at + i * step));
        }
      }
      case 4 -> {
        for (long i = 0; i < count; i++) {
          AddressSpace.setInt(into + i * stepInto, AddressSpace.getInt(at + i * step));
        }
      }
      default -> {
        for (long i = 0; i < count; i++) {
          AddressSpace.setLong(into + i * stepInto, AddressSpace.getLong(at + i * step));
        }
      }
    }
  }
}
