package dev.slipway.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Neighbouring pixels of a row of output that {@link WindowCode} computes at once.
 *
 * @param first the column of the first pixel
 * @param taps for each pixel the kernel columns inside the image
 * @param repeat so many such tiles follow each other
 */
record WindowTile(int first, List<WindowSpec.Taps> taps, int repeat) {

  WindowTile {
    taps = List.copyOf(taps);
  }

  /** Tiles of nearly equal length that cover a row, each at most so long. */
  static List<WindowTile> row(WindowSpec spec, int longest) {
    int width = spec.shape().outWidth();
    int length = Math.ceilDiv(width, Math.ceilDiv(width, longest));
    List<WindowTile> tiles = new ArrayList<>();
    for (int first = 0; first < width; first += length) {
      int end = Math.min(first + length, width);
      List<WindowSpec.Taps> taps = IntStream.range(first, end).mapToObj(spec::columnTaps).toList();
      if (!tiles.isEmpty() && tiles.getLast().taps().equals(taps)) {
        tiles.add(tiles.removeLast().repeated());
      } else {
        tiles.add(new WindowTile(first, taps, 1));
      }
    }
    return tiles;
  }

  private WindowTile repeated() {
    return new WindowTile(first, taps, repeat + 1);
  }

  int pixels() {
    return taps.size();
  }
}
