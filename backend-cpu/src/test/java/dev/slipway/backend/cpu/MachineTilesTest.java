package dev.slipway.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
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

  private static List<TileShape> tiles(int depth) {
    return new MachineTiles(Isa.AVX512).all(TileGrid.of(new MatrixShape(ROWS, 768, depth)));
  }
}
