package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MachineTilesTest {
  private static final int ROWS = 128;

  @ParameterizedTest
  @ValueSource(ints = {1024, 3072})
  void limitsRowsThatFallIntoTheSameSet(int depth) {
    assertThat(tiles(depth)).allMatch(tile -> tile.pixels() <= 9);
  }

  @ParameterizedTest
  @ValueSource(ints = {384, 768, 1536, 3073})
  void allowsRowsThatFallIntoSeveralSets(int depth) {
    assertThat(tiles(depth)).anyMatch(tile -> tile.pixels() > 9);
  }

  @ParameterizedTest
  @CsvSource({"1, 4096, 1", "4, 768, 2", "8, 64, 8", "9, 4096, 8"})
  void keepsPanelsSmallWhereFewRowsUseThem(int rows, int depth, int blocks) {
    List<TileShape> all = new MachineTiles(Isa.AVX512).all(TileGrid.of(new MatrixShape(rows, 4096, depth + 1)));
    assertThat(all.stream().mapToInt(TileShape::blocks).max()).hasValue(blocks);
  }

  private static List<TileShape> tiles(int depth) {
    return new MachineTiles(Isa.AVX512).all(TileGrid.of(new MatrixShape(ROWS, 768, depth)));
  }
}
