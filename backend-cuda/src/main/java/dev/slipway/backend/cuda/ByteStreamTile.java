package dev.slipway.backend.cuda;

import dev.slipway.backend.TuningChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the warpgroups of a block compute at once, each for itself, with weights that they share.
 *
 * @param units warpgroups of a block
 * @param parts of 64 rows that a warpgroup has at once
 * @param columns of the block
 * @param depth bytes of a row in a step, 64 or 128
 * @param stages steps that are on their way from memory, and the one that is computed
 */
record ByteStreamTile(int units, int parts, int columns, int depth, int stages) {
  private static final int WARPGROUP_THREADS = 128;
  private static final int PART_ROWS = 64;
  private static final int SHALLOW = 64;
  private static final int DEEP = 128;

  /** What registers suffice for. */
  private record Form(int units, int parts, int columns) {}

  /** The best first. */
  private static final List<Form> FOR_PIXELS =
      List.of(new Form(4, 1, 128), new Form(3, 1, 128), new Form(4, 1, 64), new Form(3, 2, 64));

  private static final List<Form> FOR_WINDOWS = List.of(
      new Form(3, 2, 64), new Form(2, 2, 128), new Form(3, 1, 128), new Form(4, 1, 64), new Form(2, 4, 64));

  /** Those for a product whose windows have so many taps over so many channels, whether their data fit or not. */
  static List<ByteStreamTile> all(long channels, long taps, long outputs) {
    int depth = taps == 1 && channels % DEEP == 0 ? DEEP : SHALLOW;
    List<Integer> stages = taps > 1 ? List.of(2) : channels <= depth ? List.of(4, 3) : List.of(3);
    List<ByteStreamTile> tiles = new ArrayList<>();
    for (Form form : taps > 1 ? FOR_WINDOWS : FOR_PIXELS) {
      for (int count : stages) {
        tiles.add(new ByteStreamTile(form.units(), form.parts(), form.columns(), depth, count));
      }
    }
    return tiles.stream().filter(tile -> tile.columns() <= ByteConstants.rows(outputs)).toList();
  }

  int rows() {
    return parts * PART_ROWS;
  }

  int threads() {
    return units * WARPGROUP_THREADS;
  }

  TuningChoice choice() {
    return TuningChoice.of(Map.of(
        "units", units, "parts", parts, "columns", columns, "depth", depth, "stages", stages));
  }

  static ByteStreamTile of(TuningChoice choice) {
    return new ByteStreamTile(
        choice.get("units"), choice.get("parts"), choice.get("columns"), choice.get("depth"), choice.get("stages"));
  }
}
