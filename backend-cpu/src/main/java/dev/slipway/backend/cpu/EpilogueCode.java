package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import java.lang.classfile.CodeBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Emits how a tile of accumulators reaches memory: through registers where the epilogue is cheap, else in a second pass
 * over the tile just stored, which lies in the first-level cache. That pass is a loop, because the code of a load or an
 * exponential times all accumulators is more than C1 can compile: see {@link KernelClasses}.
 */
final class EpilogueCode {
  private final TileSpec spec;
  private final CodeBuilder code;
  private final VectorCode vector;
  private final List<Integer> sides;
  private final int output;
  private final int blockStride;
  private final ExpressionCode expression;
  private final int mask;

  /**
   * Emits the constants and masks into new locals.
   *
   * @param sides locals with the addresses of the sides at the tile's first pixel and block
   * @param output local with the address of the tile
   * @param blockStride local with the bytes between two blocks of the output
   */
  EpilogueCode(
      TileSpec spec, CodeBuilder code, VectorCode vector, List<Integer> sides, int output, int blockStride) {
    this.spec = spec;
    this.code = code;
    this.vector = vector;
    this.sides = sides;
    this.output = output;
    this.blockStride = blockStride;
    expression = new ExpressionCode(spec.epilogue().expression(), code, vector);
    mask = partial(spec.blocks() - 1) ? vector.firstLanes(spec.lastLanes()) : -1;
  }

  /** Stores accumulators[pixel][block]. */
  void store(int[][] accumulators) {
    boolean inline = spec.epilogue().inline();
    for (int q = 0; q < spec.blocks(); q++) {
      int to = column(output, q);
      for (int p = 0; p < spec.pixels(); p++) {
        int value = accumulators[p][q];
        value = inline ? expression.evaluate(Map.of(FusedGroup.RESULT, value)) : value;
        code.aload(value);
        write(to, (long) p * spec.outputStride(), partial(q));
      }
    }
    if (!inline) {
      int full = partial(spec.blocks() - 1) ? spec.blocks() - 1 : spec.blocks();
      if (full > 0) {
        secondPass(0, full, false);
      }
      if (full < spec.blocks()) {
        secondPass(full, spec.blocks(), true);
      }
    }
  }

  /** Moves the sides that lie as the output does on to the next tile. */
  void advanceSides() {
    for (int i = 0; i < sides.size(); i++) {
      if (spec.epilogue().sides().get(i) == Side.FULL) {
        vector.advance(sides.get(i), (long) spec.pixels() * spec.outputStride());
      }
    }
  }

  private void secondPass(int from, int to, boolean partial) {
    int limit = intLocal(to);
    int pixels = intLocal(spec.pixels());
    vector.loop(
        from,
        limit,
        q -> {
          int out = blockAddress(output, q);
          Map<Integer, Integer> inputs = new HashMap<>();
          Map<Integer, Integer> moving = new HashMap<>();
          for (int i = 0; i < sides.size(); i++) {
            side(i, q, partial, inputs, moving);
          }
          vector.loop(
              0,
              pixels,
              _ -> {
                int at = vector.masked(out);
                inputs.put(FusedGroup.RESULT, read(at, partial));
                moving.forEach((port, address) -> inputs.put(port, read(vector.masked(address), partial)));
                code.aload(expression.evaluate(inputs));
                write(at, 0, partial);
                vector.advance(out, spec.outputStride());
                moving.values().forEach(address -> vector.advance(address, spec.outputStride()));
              });
        });
  }

  /** Reads what is the same for all pixels of block {@code q}; of other sides, makes the moving address. */
  private void side(int i, int q, boolean partial, Map<Integer, Integer> inputs, Map<Integer, Integer> moving) {
    switch (spec.epilogue().sides().get(i)) {
      case FULL -> moving.put(i, blockAddress(sides.get(i), q));
      case CHANNEL -> {
        int address = vector.longLocal();
        code.lload(sides.get(i)).iload(q).i2l().loadConstant((long) spec.vectorBytes()).lmul().ladd().lstore(address);
        inputs.put(i, read(vector.masked(address), partial));
      }
      case SCALAR -> {
        int value = vector.vectorLocal();
        vector.broadcast(vector.masked(sides.get(i)), 0);
        code.astore(value);
        inputs.put(i, value);
      }
    }
  }

  private int intLocal(int value) {
    int local = vector.intLocal();
    code.loadConstant(value).istore(local);
    return local;
  }

  /** A new local: {@code base + q * blockStride} for a block in an int local. */
  private int blockAddress(int base, int q) {
    int address = vector.longLocal();
    code.lload(blockStride).iload(q).i2l().lmul().lload(base).ladd().lstore(address);
    return address;
  }

  /** A new local: the masked address of block {@code q}. */
  private int column(int base, int q) {
    int address = vector.longLocal();
    code.lload(base);
    if (q > 0) {
      code.lload(blockStride).loadConstant((long) q).lmul().ladd();
    }
    code.lstore(address);
    return vector.masked(address);
  }

  private int read(int address, boolean partial) {
    int local = vector.vectorLocal();
    if (partial) {
      vector.loadMasked(address, 0, mask);
    } else {
      vector.load(address, 0);
    }
    code.astore(local);
    return local;
  }

  private void write(int address, long displacement, boolean partial) {
    if (partial) {
      vector.storeMasked(address, displacement, mask);
    } else {
      vector.store(address, displacement);
    }
  }

  private boolean partial(int q) {
    return q == spec.blocks() - 1 && spec.lastLanes() < spec.lanes();
  }
}
