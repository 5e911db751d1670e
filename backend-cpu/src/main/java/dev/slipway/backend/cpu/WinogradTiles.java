package dev.slipway.backend.cpu;

/**
 * The tiles of all images of a batch, numbered image by image and row by row, and cut into blocks of equal size.
 *
 * @param shape 3 x 3, stride 1
 * @param algorithm says the size of a tile
 * @param perBlock tiles of a block; the last one may have fewer
 */
record WinogradTiles(ConvShape shape, Winograd algorithm, int perBlock) {

  /** Neighbouring tiles of one row of tiles. */
  record Strip(int image, int row, int column, int tiles) {}

  int rows() {
    return Math.ceilDiv(shape.outHeight(), algorithm.outputs());
  }

  int columns() {
    return Math.ceilDiv(shape.outWidth(), algorithm.outputs());
  }

  int count() {
    return shape.batch() * rows() * columns();
  }

  int blocks() {
    return Math.ceilDiv(count(), perBlock);
  }

  /** Tiles of one block. */
  int size(int block) {
    return Math.min(perBlock, count() - block * perBlock);
  }

  /** The longest strip from a tile on, of at most so many tiles. */
  Strip strip(int first, int most) {
    int column = first % columns();
    int row = first / columns() % rows();
    int image = first / columns() / rows();
    return new Strip(image, row, column, Math.min(most, columns() - column));
  }
}
