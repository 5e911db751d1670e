package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;

/**
 * What a {@link TileKernel} is specialised to.
 *
 * @param vectorBits bits of one vector: 128, 256 or 512
 * @param shape the register tile
 * @param input how pixels lie in the input
 * @param output how pixels lie in the output, and in sides that lie as the output does
 * @param lastLanes lanes of the last column vector that exist, 1 to the vector length; the others are not accessed
 * @param epilogue what is stored in place of the sum
 * @param fetchedAhead which part of the next panel's weights every tile moves into a near cache, as one of so many; 0
 *     for none
 * @param fetchesResults whether a tile moves the lines of its results and sides into the nearest cache while it sums
 * @param segmentSteps the steps of every segment where all have the same few; else 0
 */
record TileSpec(
    int vectorBits,
    TileShape shape,
    Strides input,
    Strides output,
    int lastLanes,
    Epilogue epilogue,
    int fetchedAhead,
    boolean fetchesResults,
    int segmentSteps) {

  /**
   * Bytes between neighbours.
   *
   * @param pixel from a pixel to the next of its row
   * @param row from a row of pixels to the next; of no meaning where there is only one row
   * @param block from a vector of channels to the next; of no meaning in the input
   */
  record Strides(int pixel, int row, int block) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Strides strides
          && pixel == strides.pixel && row == strides.row && block == strides.block;
    }

    @Override
    public int hashCode() {
      return (pixel * 31 + row) * 31 + block;
    }

    @Override
    public String toString() {
      return pixel + "/" + row + "/" + block;
    }
  }

  TileSpec {
    if (vectorBits != 128 && vectorBits != 256 && vectorBits != 512) {
      throw new IllegalArgumentException("vectorBits: " + vectorBits + " (expected: 128, 256 or 512)");
    }
    if (lastLanes < 1 || lastLanes > vectorBits / Float.SIZE) {
      throw new IllegalArgumentException(
          "lastLanes: " + lastLanes + " (expected: 1 to " + vectorBits / Float.SIZE + ")");
    }
  }

  /** With weights and results that a cache holds. */
  TileSpec(int vectorBits, TileShape shape, Strides input, Strides output, int lastLanes, Epilogue epilogue) {
    this(vectorBits, shape, input, output, lastLanes, epilogue, 0, false, 0);
  }

  /** A tile of one row and, where it has several blocks, no distance between them. */
  TileSpec(
      int vectorBits, int pixels, int blocks, int inputStride, int outputStride, int lastLanes, Expression activation) {
    this(
        vectorBits,
        new TileShape(pixels, blocks),
        new Strides(inputStride, 0, 0),
        new Strides(outputStride, 0, 0),
        lastLanes,
        Epilogue.of(activation));
  }

  /** Pixels of one row of the tile. */
  int pixels() {
    return shape.pixels();
  }

  int blocks() {
    return shape.blocks();
  }

  /** Bytes between the inputs of two neighbouring pixels. */
  int inputStride() {
    return input.pixel();
  }

  /** Bytes between the outputs of two neighbouring pixels. */
  int outputStride() {
    return output.pixel();
  }

  /** The expression that is stored. */
  Expression activation() {
    return epilogue.expression();
  }

  /** Bytes from the first pixel of the tile to another of its pixels, row by row. */
  int offset(Strides strides, int pixel) {
    return pixel / shape.pixels() * strides.row() + pixel % shape.pixels() * strides.pixel();
  }

  /** Floats of one vector. */
  int lanes() {
    return vectorBits / Float.SIZE;
  }

  int vectorBytes() {
    return vectorBits / Byte.SIZE;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TileSpec spec
        && vectorBits == spec.vectorBits
        && lastLanes == spec.lastLanes
        && fetchedAhead == spec.fetchedAhead
        && fetchesResults == spec.fetchesResults
        && segmentSteps == spec.segmentSteps
        && shape.equals(spec.shape)
        && input.equals(spec.input)
        && output.equals(spec.output)
        && epilogue.equals(spec.epilogue);
  }

  @Override
  public int hashCode() {
    return ((shape.hashCode() * 31 + input.hashCode()) * 31 + output.hashCode()) * 31 + epilogue.hashCode() + lastLanes;
  }

  /** All of it, as it names the code that is generated from it. */
  @Override
  public String toString() {
    return vectorBits + " bits, " + shape + " from " + input + " to " + output + ", last " + lastLanes + ", " + epilogue
        + ", ahead " + fetchedAhead + (fetchesResults ? ", results" : "") + ", segments " + segmentSteps;
  }

  TileSpec withShape(TileShape other) {
    return new TileSpec(
        vectorBits, other, input, output, lastLanes, epilogue, fetchedAhead, fetchesResults, segmentSteps);
  }

  TileSpec withPixels(int other) {
    return withShape(new TileShape(shape.rows(), other, shape.blocks()));
  }

  TileSpec withRows(int other) {
    return withShape(new TileShape(other, shape.pixels(), shape.blocks()));
  }

  TileSpec withBlocks(int other) {
    return withShape(new TileShape(shape.rows(), shape.pixels(), other));
  }

  TileSpec withLastLanes(int other) {
    return new TileSpec(
        vectorBits, shape, input, output, other, epilogue, fetchedAhead, fetchesResults, segmentSteps);
  }

  TileSpec withEpilogue(Epilogue other) {
    return new TileSpec(
        vectorBits, shape, input, output, lastLanes, other, fetchedAhead, fetchesResults, segmentSteps);
  }

  TileSpec withFetchedAhead(int tiles) {
    return new TileSpec(
        vectorBits, shape, input, output, lastLanes, epilogue, tiles, fetchesResults, segmentSteps);
  }

  TileSpec withFetchedResults() {
    return new TileSpec(
        vectorBits, shape, input, output, lastLanes, epilogue, fetchedAhead, true, segmentSteps);
  }

  TileSpec withSegmentSteps(int steps) {
    return new TileSpec(
        vectorBits, shape, input, output, lastLanes, epilogue, fetchedAhead, fetchesResults, steps);
  }
}
