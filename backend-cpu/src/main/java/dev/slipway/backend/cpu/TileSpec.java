package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;

/**
 * What a {@link TileKernel} is specialised to.
 *
 * @param vectorBits bits of one vector: 128, 256 or 512
 * @param pixels rows of the register tile: output pixels of a convolution, rows of a matrix product
 * @param blocks columns of the register tile, in vectors
 * @param inputStride bytes between the inputs of two neighbouring pixels
 * @param outputStride bytes between the outputs of two neighbouring pixels
 * @param lastLanes lanes of the last column vector that exist, 1 to the vector length; the others are not accessed
 * @param activation a cheap expression of {@code Input(RESULT)} that is stored in its place
 */
record TileSpec(
    int vectorBits, int pixels, int blocks, int inputStride, int outputStride, int lastLanes, Expression activation) {

  TileSpec {
    if (vectorBits != 128 && vectorBits != 256 && vectorBits != 512) {
      throw new IllegalArgumentException("vectorBits: " + vectorBits + " (expected: 128, 256 or 512)");
    }
    if (pixels < 1 || blocks < 1) {
      throw new IllegalArgumentException("tile: " + pixels + "x" + blocks + " (expected: at least 1x1)");
    }
    if (lastLanes < 1 || lastLanes > vectorBits / Float.SIZE) {
      throw new IllegalArgumentException(
          "lastLanes: " + lastLanes + " (expected: 1 to " + vectorBits / Float.SIZE + ")");
    }
  }

  /** Floats of one vector. */
  int lanes() {
    return vectorBits / Float.SIZE;
  }

  int vectorBytes() {
    return vectorBits / Byte.SIZE;
  }

  TileSpec withPixels(int other) {
    return new TileSpec(vectorBits, other, blocks, inputStride, outputStride, lastLanes, activation);
  }

  TileSpec withBlocks(int other) {
    return new TileSpec(vectorBits, pixels, other, inputStride, outputStride, lastLanes, activation);
  }

  TileSpec withLastLanes(int other) {
    return new TileSpec(vectorBits, pixels, blocks, inputStride, outputStride, other, activation);
  }

  TileSpec withActivation(Expression other) {
    return new TileSpec(vectorBits, pixels, blocks, inputStride, outputStride, lastLanes, other);
  }
}
